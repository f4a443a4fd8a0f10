/* The disk of cache.c and xfail_cache.c. The comment below makes its lines steps, too. */
#include "disk.h"

static int blocks[8];

int disk_read(int block)
{
    return blocks[block]; // DexLabel('read')
}

void disk_write(int block, int data)
{
    blocks[block] = data; // DexLabel('written')
}
