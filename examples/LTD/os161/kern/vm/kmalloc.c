/* The kernel heap. A block of a page comes from the page allocator; smaller ones are cut from the heap's own.
 *
 * DexCommandLine(['km1;q'])
 * DexVerify(ForEach('block', Henceforth(Implies(Entered('free_block'), WeakNext(Weak(Not(Entered('free_block')),
 *                                               At(ref('allocated'))))))),
 *           name='a block is freed once at most')
 * DexVerify(ForEach('block', Precedence(At(ref('allocated')), Entered('free_block'))),
 *           name='only what was allocated is freed')
 * DexVerify(Henceforth(Implies(At(ref('allocated')), Expect('(unsigned)block % 8', 0))), name='blocks are aligned')
 * DexVerify(Henceforth(Expect('used', '<=', 8192)), name='no more is in use than there is')
 */
#include <lib.h>
#include <spinlock.h>
#include <heap.h>

static struct spinlock heap_lock = SPINLOCK_INITIALIZER;
static size_t used;

/* NULL when there is no block of this size. */
void *
kmalloc(size_t size)
{
	void *block;

	if (size == PAGE_SIZE)
		return alloc_page();
	spinlock_acquire(&heap_lock);
	block = heap_take(size);
	used += heap_size(block);
	spinlock_release(&heap_lock);
	return block; // DexLabel('allocated')
}

static void
free_block(void *block)
{
	spinlock_acquire(&heap_lock);
	used -= heap_size(block);
	heap_give_back(block);
	spinlock_release(&heap_lock);
}

void
kfree(void *block)
{
	if (is_page(block))
		free_page(block);
	else if (block != NULL)
		free_block(block);
}

size_t
kheap_used(void)
{
	return used;
}
