/* The heap's blocks, in a row, each with a header before it. The first free one that is large enough is taken. */
#include <lib.h>
#include <heap.h>

#define HEADER_MAGIC 0xb10cb10c
#define SMALLEST 8

struct header {
	uint32_t h_magic;
	size_t h_size;		/* of the block, without its header */
	bool h_is_free;
	uint32_t h_pad;		/* blocks are aligned to 8 bytes */
};

static char heap[HEAP_SIZE] __attribute__((aligned(8)));

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

static struct header *
header_of(void *block)
{
	struct header *h = (struct header *)block - 1;

	KASSERT(h->h_magic == HEADER_MAGIC);
	return h;
}

void *
heap_take(size_t size)
{
	struct header *h = (struct header *)heap;

	if (h->h_magic == 0)
		header_init(h, HEAP_SIZE - sizeof *h);
	size = size < SMALLEST ? SMALLEST : (size + 7) & ~(size_t)7;
	while (!is_end(h) && !(h->h_is_free && h->h_size >= size))
		h = header_after(h);
	if (is_end(h))
		return NULL;
	if (h->h_size >= size + sizeof *h + SMALLEST) {
		size_t rest = h->h_size - size - sizeof *h;

		h->h_size = size;
		header_init(header_after(h), rest);
	}
	h->h_is_free = false;
	return h + 1;
}

/* Joins each free block with the free ones after it. */
void
heap_give_back(void *block)
{
	header_of(block)->h_is_free = true;
	for (struct header *h = (struct header *)heap; !is_end(h); h = header_after(h)) {
		while (h->h_is_free && !is_end(header_after(h)) && header_after(h)->h_is_free)
			h->h_size += sizeof *h + header_after(h)->h_size;
	}
}

size_t
heap_size(void *block)
{
	if (block == NULL || header_of(block)->h_is_free)
		return 0;
	return header_of(block)->h_size;
}
