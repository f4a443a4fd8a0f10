/* The kernel heap: blocks in a row, each with a header before it; the first free block that is large enough is taken.
 *
 * A block of a page comes from the page allocator, without a header.
 */
#include <lib.h>
#include <spinlock.h>

#define HEAP_SIZE 8192
#define HEADER_MAGIC 0xb10cb10c

struct header {
	uint32_t h_magic;
	size_t h_size;		/* of the block, without its header */
	bool h_is_free;
	uint32_t h_pad;		/* blocks are aligned to 8 bytes */
};

static char heap[HEAP_SIZE] __attribute__((aligned(8)));
static struct spinlock heap_lock = SPINLOCK_INITIALIZER;
static size_t used;

static struct header *
header_after(struct header *h)
{
	return (struct header *)((char *)(h + 1) + h->h_size);
}

static bool
is_end(struct header *h)
{
	return (char *)h >= heap + HEAP_SIZE;
}

static void
header_init(struct header *h, size_t size)
{
	h->h_magic = HEADER_MAGIC;
	h->h_size = size;
	h->h_is_free = true;
}

/* Joins each free block with the free ones after it. */
static void
join_free_blocks(void)
{
	for (struct header *h = (struct header *)heap; !is_end(h); h = header_after(h)) {
		while (h->h_is_free && !is_end(header_after(h)) && header_after(h)->h_is_free)
			h->h_size += sizeof *h + header_after(h)->h_size;
	}
}

static struct header *
find_free(size_t size)
{
	struct header *h = (struct header *)heap;

	if (h->h_magic == 0)
		header_init(h, HEAP_SIZE - sizeof *h);
	while (!is_end(h) && !(h->h_is_free && h->h_size >= size))
		h = header_after(h);
	return is_end(h) ? NULL : h;
}

/* NULL when there is no block of this size. */
void *
kmalloc(size_t size)
{
	struct header *h;

	if (size == PAGE_SIZE)
		return alloc_page();
	size = (size + 7) & ~(size_t)7;
	spinlock_acquire(&heap_lock);
	h = find_free(size);
	if (h != NULL) {
		if (h->h_size >= size + sizeof *h + 8) {
			size_t rest = h->h_size - size - sizeof *h;

			h->h_size = size;
			header_init(header_after(h), rest);
		}
		h->h_is_free = false;
		used += h->h_size;
	}
	spinlock_release(&heap_lock);
	return h != NULL ? h + 1 : NULL;
}

void
kfree(void *block)
{
	struct header *h;

	if (block == NULL)
		return;
	if (is_page(block)) {
		free_page(block);
		return;
	}
	h = (struct header *)block - 1;
	spinlock_acquire(&heap_lock);
	KASSERT(h->h_magic == HEADER_MAGIC);
	if (!h->h_is_free)
		used -= h->h_size;
	h->h_is_free = true;
	join_free_blocks();
	spinlock_release(&heap_lock);
}

size_t
kheap_used(void)
{
	return used;
}
