#ifndef LIB_H
#define LIB_H

#include <types.h>

void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void badassert(const char *expression, const char *file, int line) __attribute__((noreturn));

#define KASSERT(expression) ((expression) ? (void)0 : badassert(#expression, __FILE__, __LINE__))

size_t strlen(const char *string);
int strcmp(const char *left, const char *right);
char *strcpy(char *to, const char *from);
void *memset(void *block, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void *kmalloc(size_t size);
void kfree(void *block);
size_t kheap_used(void);

#define PAGE_SIZE 4096
void *alloc_page(void);
void free_page(void *page);
bool is_page(const void *block);

#endif
