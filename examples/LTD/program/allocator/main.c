// The allocator's user: a queue of jobs that take and give back memory in no particular order.
#include "heap.h"

#include <stdio.h>

// DexVerify(Response(Returned('heap_take'), Entered('heap_give')), name='what is taken is given back')
static unsigned work(struct block *block)
{
    char *text = (char *)(block + 1);
    unsigned room = block->size - sizeof *block, filled = 0;
    while (filled < room && filled < 3)
        text[filled++] = 'x';
    return filled;
}

int main(void)
{
    struct block *a = heap_take(100), *b = heap_take(40), *c = heap_take(60);
    unsigned filled = work(a) + work(b) + work(c);
    heap_give(a);
    heap_give(b);
    struct block *d = heap_take(120);
    filled += work(d);
    heap_give(c);
    heap_give(d);
    printf("%u bytes written\n", filled);
    return 0;
}
