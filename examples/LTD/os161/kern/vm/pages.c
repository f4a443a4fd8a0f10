/* Pages of physical memory, for stacks and for the heap. A small fixed number: the kernel needs no more. */
#include <lib.h>
#include <spl.h>

#define PAGES 24

static char pages[PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool is_taken[PAGES];

/* NULL when there is none left. */
void *
alloc_page(void)
{
	void *page = NULL;
	int spl = splhigh();

	for (unsigned i = 0; i < PAGES && page == NULL; i++) {
		if (!is_taken[i]) {
			is_taken[i] = true;
			page = pages[i];
		}
	}
	splx(spl);
	return page;
}

bool
is_page(const void *block)
{
	return (const char *)block >= pages[0] && (const char *)block < pages[PAGES];
}

void
free_page(void *page)
{
	unsigned i = ((char *)page - pages[0]) / PAGE_SIZE;

	KASSERT(is_page(page) && is_taken[i]);
	is_taken[i] = false;
}
