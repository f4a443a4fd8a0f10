#ifndef HEAP_H
#define HEAP_H

enum { HEAP_SIZE = 512 };

struct block {
    unsigned size; // with this header
    struct block *next;
};

extern struct block *free_list; // by address
extern unsigned in_use;

struct block *heap_take(unsigned size);
void heap_give(struct block *block);

#endif
