/* Wait channels: where threads sleep until somebody wakes them, first come, first served.
 *
 * DexCommandLine(['wt;q'])
 * DexVerify(ForEach('curthread->t_name', Response(At(ref('sleeps')), At(ref('awake')))),
 *           name='every sleeper is woken')
 * DexVerify(Henceforth(Implies(Or(At(ref('wakes one')), At(ref('wakes all'))), Expect('t->t_state', 'S_SLEEP'))),
 *           name='only who sleeps is woken')
 * DexVerify(Henceforth(Implies(Entered('wchan_sleep'), Expect('curcpu->c_spinlocks', 1))),
 *           name='nobody sleeps with a second spinlock')
 */
#include <lib.h>
#include <spl.h>
#include <spinlock.h>
#include <thread.h>
#include <wchan.h>
#include "opt-bug_lostwake.h"
#include "opt-bug_starve.h"

struct wchan {
	const char *wc_name;
	struct threadlist wc_threads;
};

struct wchan *
wchan_create(const char *name)
{
	struct wchan *wc = kmalloc(sizeof *wc);

	if (wc == NULL)
		return NULL;
	wc->wc_name = name;
	threadlist_init(&wc->wc_threads);
	return wc;
}

void
wchan_destroy(struct wchan *wc)
{
	KASSERT(wc->wc_threads.tl_head == NULL);
	kfree(wc);
}

bool
wchan_isempty(struct wchan *wc, struct spinlock *lk)
{
	KASSERT(spinlock_do_i_hold(lk));
	return wc->wc_threads.tl_head == NULL;
}

void
wchan_add(struct wchan *wc, struct thread *t)
{
	t->t_wchan_name = wc->wc_name;
#if OPT_BUG_STARVE
	threadlist_addhead(&wc->wc_threads, t);
#else
	threadlist_addtail(&wc->wc_threads, t);
#endif
}

void
wchan_sleep(struct wchan *wc, struct spinlock *lk)
{
	KASSERT(!curthread->t_in_interrupt);
	KASSERT(spinlock_do_i_hold(lk) && curcpu->c_spinlocks == 1);
	thread_sleep(wc, lk); // DexLabel('sleeps')
	spinlock_acquire(lk); // DexLabel('awake')
}

struct thread *
wchan_wakeone(struct wchan *wc, struct spinlock *lk)
{
	struct thread *t;

	KASSERT(spinlock_do_i_hold(lk));
	t = threadlist_remhead(&wc->wc_threads);
	if (t != NULL) {
#if OPT_BUG_LOSTWAKE
		threadlist_init(&wc->wc_threads);
#endif
		t->t_wchan_name = NULL; // DexLabel('wakes one')
		thread_make_runnable(t);
	}
	return t;
}

void
wchan_wakeall(struct wchan *wc, struct spinlock *lk)
{
	struct thread *t;

	KASSERT(spinlock_do_i_hold(lk));
	while ((t = threadlist_remhead(&wc->wc_threads)) != NULL) {
		t->t_wchan_name = NULL; // DexLabel('wakes all')
		thread_make_runnable(t);
	}
}
