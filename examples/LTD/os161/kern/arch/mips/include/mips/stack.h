#ifndef MIPS_STACK_H
#define MIPS_STACK_H

#define STACK_SIZE 4096
#define STACK_MAGIC 0x5afe57ac		/* in the lowest word of every stack */

#endif
