// DexSources: disk.c
// A write-back cache of two pages over a disk of eight blocks: what is written reaches the disk in the end.
#include "disk.h"

#include <stdio.h>

enum { PAGES = 2 };

static struct page {
    int block, dirty, data;
    unsigned used;
} pages[PAGES] = {{.block = -1}, {.block = -1}};

static unsigned now;

// DexVerify(ForEach('block', Response(Entered('cache_write'), Entered('disk_write'))), name='what is written reaches the disk')
// DexVerify(Henceforth(Implies(Entered('disk_write'), OnStack('write_back'))), name='the disk is written in one place only')
// DexVerify(Henceforth(Implies(At('disk.c', 8), Expect('block >= 0 && block < 8'))), name='only blocks that exist')
// DexVerify(Henceforth(Implies(Returned('cache_flush'), Expect('pages[0].dirty + pages[1].dirty', 0))), name='a flush leaves nothing')
// DexVerify(Henceforth(Implies(At(ref('loaded')), Not(Expect('pages[0].block', expr('pages[1].block'))))), name='no block twice')

static void write_back(struct page *page)
{
    if (page->dirty)
        disk_write(page->block, page->data);
    page->dirty = 0;
}

static struct page *find(int block)
{
    struct page *oldest = &pages[0];
    for (int i = 0; i < PAGES; i++) {
        if (pages[i].block == block)
            return &pages[i];
        if (pages[i].used < oldest->used)
            oldest = &pages[i];
    }
    write_back(oldest);
    *oldest = (struct page){.block = block, .data = disk_read(block)};
    return oldest; // DexLabel('loaded')
}

static int cache_access(int block, int is_write, int data)
{
    struct page *page = find(block);
    page->used = ++now;
    page->dirty |= is_write;
    if (is_write)
        page->data = data;
    return page->data;
}

static void cache_write(int block, int data)
{
    cache_access(block, 1, data);
}

static int cache_read(int block)
{
    return cache_access(block, 0, 0);
}

static void cache_flush(void)
{
    for (int i = 0; i < PAGES; i++)
        write_back(&pages[i]);
}

int main(void)
{
    cache_write(1, 11);
    cache_write(2, 22);
    int sum = cache_read(1) + cache_read(2);
    cache_write(3, 33);
    cache_write(4, 44);
    sum += cache_read(4);
    cache_flush();
    printf("sum %d\n", sum);
    return 0;
}
