// An allocator with one free list, in a file of its own: what is given back is merged with its free neighbours.
// The first block that fits is taken; a block's payload begins behind its header.
#include "heap.h"

#include <stddef.h>

static _Alignas(struct block) char memory[HEAP_SIZE] = {0};

struct block *free_list;
unsigned in_use;

// DexVerify(Henceforth(Implies(At(ref('merged')), Expect('left->next == 0 || (char *)left + left->size < (char *)left->next'))),
//           name='neighbours in the free list neither overlap nor touch')
// DexVerify(Henceforth(Implies(At(ref('given')), Expect('free_list->next == 0 || free_list < free_list->next'))),
//           name='the free list is sorted by address')
// DexVerify(ForEach('block', Henceforth(Implies(At(ref('taken')), Next(Weak(Not(At(ref('taken'))), Entered('heap_give')))))),
//           name='no block is taken that is in use')
// DexVerify(Henceforth(Expect('in_use', '<=', 512)), name='never more in use than there is')
// DexVerify(Eventually(Henceforth(And(Expect('in_use', 0), Expect('free_list->size', 512)))),
//           name='in the end the heap is in one piece again')

static void heap_init(void)
{
    free_list = (struct block *)memory;
    *free_list = (struct block){.size = HEAP_SIZE, .next = NULL};
}

static void merge(struct block *left)
{
    struct block *right = left->next;
    if (right != NULL && (char *)left + left->size == (char *)right) {
        left->size += right->size;
        left->next = right->next;
    }
} // DexLabel('merged')

static struct block *split(struct block *block, unsigned size)
{
    struct block *rest = (struct block *)((char *)block + size);
    *rest = (struct block){.size = block->size - size, .next = block->next};
    block->size = size;
    return rest;
}

struct block *heap_take(unsigned size)
{
    if (free_list == NULL && in_use == 0)
        heap_init();
    size = (size + 2 * sizeof(struct block) - 1) / sizeof(struct block) * sizeof(struct block);
    struct block **link = &free_list;
    while (*link != NULL && (*link)->size < size)
        link = &(*link)->next;
    struct block *block = *link;
    if (block == NULL)
        return NULL;
    *link = block->size > size ? split(block, size) : block->next;
    in_use += block->size; // DexLabel('taken')
    return block;
}

void heap_give(struct block *block)
{
    struct block *before = NULL, **link = &free_list;
    in_use -= block->size;
    for (; *link != NULL && *link < block; link = &(*link)->next)
        before = *link;
    block->next = *link;
    *link = block;
    merge(block);
    if (before != NULL)
        merge(before);
} // DexLabel('given')
