#ifndef SPINLOCK_H
#define SPINLOCK_H

#include <types.h>
#include <mips/atomic.h>

struct cpu;

struct spinlock {
	volatile spinlock_data_t splk_lock;	/* 1: taken */
	struct cpu *splk_holder;		/* by which cpu */
};

#define SPINLOCK_INITIALIZER { 0, NULL }

void spinlock_init(struct spinlock *splk);
void spinlock_acquire(struct spinlock *splk);
void spinlock_release(struct spinlock *splk);
bool spinlock_do_i_hold(struct spinlock *splk);

#endif
