/* The heap: two threads use it side by side; then it runs full. */
#include <lib.h>
#include <thread.h>
#include <test.h>
#include "opt-bug_doublefree.h"

#define ROUNDS 2
#define BLOCKS 3
#define TOO_LARGE 3000		/* for three of them */

static volatile int done;

static void
allocating(void *data, unsigned long number)
{
	(void)data;
	for (int round = 0; round < ROUNDS; round++) {
		char *mine = kmalloc(16 * (number + round));

		KASSERT(mine != NULL);
		memset(mine, number, 16);
		thread_yield();
		KASSERT(mine[0] == (char)number && mine[15] == (char)number);
		kfree(mine);
	}
	done++;
}

/* Allocates all the blocks, or none: returns 0 or -1. */
static int
fill(void *blocks[BLOCKS])
{
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = kmalloc(TOO_LARGE);
		if (blocks[i] != NULL)
			continue;
		while (i-- > 0) {
			kfree(blocks[i]);
#if !OPT_BUG_DOUBLEFREE
			blocks[i] = NULL;
#endif
		}
		return -1;
	}
	return 0;
}

int
heaptest(void)
{
	void *blocks[BLOCKS] = { NULL };
	size_t before;
	int wrong;

	done = 0;
	test_fork("allocating 1", allocating, 1);
	test_fork("allocating 2", allocating, 2);
	wrong = test_wait("allocating", &done, 2);
	before = kheap_used();
	wrong |= fill(blocks) == 0;
	for (int i = 0; i < BLOCKS; i++)
		kfree(blocks[i]);
	return wrong || kheap_used() != before;
}
