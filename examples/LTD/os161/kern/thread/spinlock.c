/* Spinlocks: interrupts stay off while one is held. */
#include <lib.h>
#include <spl.h>
#include <spinlock.h>
#include <thread.h>
#include "opt-bug_spinirq.h"

void
spinlock_init(struct spinlock *splk)
{
	splk->splk_lock = 0;
	splk->splk_holder = NULL;
}

void
spinlock_acquire(struct spinlock *splk)
{
	splraise(IPL_NONE, IPL_HIGH);
	KASSERT(splk->splk_holder != curcpu);
	while (spinlock_data_testandset(&splk->splk_lock) != 0)
		continue;
	splk->splk_holder = curcpu;
	curcpu->c_spinlocks++;
}

void
spinlock_release(struct spinlock *splk)
{
	KASSERT(splk->splk_holder == curcpu);
#if OPT_BUG_SPINIRQ
	spllower(IPL_HIGH, IPL_NONE);
#endif
	splk->splk_holder = NULL;
	curcpu->c_spinlocks--;
	splk->splk_lock = 0;
#if !OPT_BUG_SPINIRQ
	spllower(IPL_HIGH, IPL_NONE);
#endif
}

bool
spinlock_do_i_hold(struct spinlock *splk)
{
	return splk->splk_holder == curcpu;
}
