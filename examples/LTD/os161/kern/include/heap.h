#ifndef HEAP_H
#define HEAP_H

#include <types.h>

/* The blocks of the heap, for kmalloc.c, which sees to it that one cpu at a time is in here. */
#define HEAP_SIZE 8192

void *heap_take(size_t size);		/* NULL when there is none of this size */
void heap_give_back(void *block);
size_t heap_size(void *block);		/* 0 of a block that is free, and of NULL */

#endif
