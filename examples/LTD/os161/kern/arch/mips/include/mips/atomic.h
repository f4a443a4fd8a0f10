#ifndef MIPS_ATOMIC_H
#define MIPS_ATOMIC_H

typedef unsigned spinlock_data_t;

/* Sets the word to 1 and returns what it was. ll and sc came with MIPS II; both machines have them. */
static inline spinlock_data_t
spinlock_data_testandset(volatile spinlock_data_t *word)
{
	spinlock_data_t before, stored;

	do {
		__asm volatile(
			".set push; .set mips2; .set noreorder;"
			"ll %0, 0(%2); li %1, 1; sc %1, 0(%2); nop;"
			".set pop"
			: "=&r" (before), "=&r" (stored) : "r" (word) : "memory");
	} while (stored == 0);
	return before;
}

#endif
