/* Spinlocks: interrupts stay off while one is held.
 *
 * Spinlocks are everywhere, so only the lines that matter are watched.
 *
 * DexCommandLine(['sl;wt;q'])
 * DexWatch('splk', 'splk->splk_holder', 'curcpu->c_spinlocks', 'curthread->t_curspl', on_line=ref('acquired'))
 * DexWatch('splk', 'splk->splk_holder', 'curcpu->c_spinlocks', 'curthread->t_curspl', from_line=ref('release'),
 *          to_line=ref('released'))
 *
 * DexVerify(Henceforth(Implies(Expect('curcpu->c_spinlocks', '>', 0), Expect('curthread->t_curspl', 1))),
 *           name='interrupts are off while a spinlock is held')
 * DexVerify(ForEach('splk', Response(Expect('splk->splk_holder'), Expect('splk->splk_holder', 'NULL'))),
 *           name='every spinlock that is acquired is released')
 */
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
} // DexLabel('acquired')

void
spinlock_release(struct spinlock *splk)
{
	KASSERT(splk->splk_holder == curcpu); // DexLabel('release')
#if OPT_BUG_SPINIRQ
	spllower(IPL_HIGH, IPL_NONE);
#endif
	splk->splk_holder = NULL;
	curcpu->c_spinlocks--;
	splk->splk_lock = 0; // DexLabel('released')
#if !OPT_BUG_SPINIRQ
	spllower(IPL_HIGH, IPL_NONE);
#endif
}

bool
spinlock_do_i_hold(struct spinlock *splk)
{
	return splk->splk_holder == curcpu;
}
