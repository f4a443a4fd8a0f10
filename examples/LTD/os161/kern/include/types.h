#ifndef TYPES_H
#define TYPES_H

typedef unsigned char uint8_t;
typedef unsigned int uint32_t;
typedef unsigned int size_t;
typedef unsigned int vaddr_t;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

#endif
