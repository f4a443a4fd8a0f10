/* Semaphores, sleep locks and condition variables.
 *
 * DexCommandLine(['sy1;sy2;sy3;sy4;q'])
 *
 * DexVerify(Henceforth(Expect('sem->sem_count', '>=', 0)), name='the count of a semaphore is never negative')
 * DexVerify(Henceforth(Implies(Entered('lock_release'), Expect('lock->lk_holder', '==', expr('curthread')))),
 *           name='a lock is released by its holder only')
 * DexVerify(ForEach('lock->lk_name', Henceforth(Implies(At(ref('locked')), WeakNext(Weak(Not(At(ref('locked'))),
 *                                                       Entered('lock_release')))))),
 *           name='one thread holds a lock at a time')
 * DexVerify(ForEach('curthread->t_name', ForEach('lock->lk_name', Response(At(ref('locked')), At(ref('unlocked'))))),
 *           name='every lock that a thread acquires it releases')
 * DexVerify(ForEach('curthread->t_name', ForEach('lock->lk_name', Response(Entered('lock_acquire'),
 *                                                                           At(ref('locked'))))),
 *           name='who wants a lock gets it')
 * DexVerify(Henceforth(Implies(At(ref('locked')), Expect('lock->lk_turns - turns_before', '<=', 4))),
 *           name='a thread waits for a lock for four turns at most, its own included')
 * DexVerify(Henceforth(Implies(At(ref('waited')), Expect('lock->lk_holder', '==', expr('curthread')))),
 *           name='cv_wait returns with the lock held')
 * DexVerify(Henceforth(Implies(Or(Entered('cv_wait'), Entered('cv_signal'), Entered('cv_broadcast')),
 *                              Expect('lock->lk_holder', '==', expr('curthread')))),
 *           name='condition variables are used with the lock held')
 */
#include <lib.h>
#include <spinlock.h>
#include <thread.h>
#include <wchan.h>
#include <synch.h>
#include "opt-bug_semcount.h"
#include "opt-bug_cvlock.h"

struct semaphore *
sem_create(const char *name, int count)
{
	struct semaphore *s = kmalloc(sizeof *s);

	KASSERT(count >= 0);
	if (s == NULL)
		return NULL;
	s->sem_wchan = wchan_create(name);
	if (s->sem_wchan == NULL) {
		kfree(s);
		return NULL;
	}
	s->sem_name = name;
	s->sem_count = count;
	spinlock_init(&s->sem_lock);
	return s;
}

void
sem_destroy(struct semaphore *sem)
{
	wchan_destroy(sem->sem_wchan);
	kfree(sem);
}

void
P(struct semaphore *sem)
{
	KASSERT(!curthread->t_in_interrupt);
	spinlock_acquire(&sem->sem_lock);
#if OPT_BUG_SEMCOUNT
	if (sem->sem_count == 0)
		wchan_sleep(sem->sem_wchan, &sem->sem_lock);
#else
	while (sem->sem_count == 0)
		wchan_sleep(sem->sem_wchan, &sem->sem_lock);
#endif
	sem->sem_count--;
	spinlock_release(&sem->sem_lock);
}

void
V(struct semaphore *sem)
{
	spinlock_acquire(&sem->sem_lock);
	sem->sem_count++;
	wchan_wakeone(sem->sem_wchan, &sem->sem_lock);
	spinlock_release(&sem->sem_lock);
}

struct lock *
lock_create(const char *name)
{
	struct lock *l = kmalloc(sizeof *l);

	if (l == NULL)
		return NULL;
	l->lk_wchan = wchan_create(name);
	if (l->lk_wchan == NULL) {
		kfree(l);
		return NULL;
	}
	l->lk_name = name;
	l->lk_holder = NULL;
	l->lk_turns = 0;
	spinlock_init(&l->lk_lock);
	return l;
}

void
lock_destroy(struct lock *lock)
{
	KASSERT(lock->lk_holder == NULL);
	wchan_destroy(lock->lk_wchan);
	kfree(lock);
}

void
lock_acquire(struct lock *lock)
{
	unsigned turns_before;

	KASSERT(!curthread->t_in_interrupt && lock->lk_holder != curthread);
	spinlock_acquire(&lock->lk_lock);
	turns_before = lock->lk_turns;
	if (lock->lk_holder == NULL)
		lock->lk_holder = curthread;
	else
		wchan_sleep(lock->lk_wchan, &lock->lk_lock);
	KASSERT(lock->lk_holder == curthread);
	lock->lk_turns++;
	(void)turns_before;
	spinlock_release(&lock->lk_lock); // DexLabel('locked')
}

/* Whoever has waited longest becomes the holder at once, so that nobody can come in between. */
void
lock_release(struct lock *lock)
{
	spinlock_acquire(&lock->lk_lock);
	lock->lk_holder = wchan_wakeone(lock->lk_wchan, &lock->lk_lock);
	spinlock_release(&lock->lk_lock); // DexLabel('unlocked')
}

bool
lock_do_i_hold(struct lock *lock)
{
	return lock->lk_holder == curthread;
}

struct cv *
cv_create(const char *name)
{
	struct cv *c = kmalloc(sizeof *c);

	if (c == NULL)
		return NULL;
	c->cv_wchan = wchan_create(name);
	if (c->cv_wchan == NULL) {
		kfree(c);
		return NULL;
	}
	c->cv_name = name;
	spinlock_init(&c->cv_lock);
	return c;
}

void
cv_destroy(struct cv *cv)
{
	wchan_destroy(cv->cv_wchan);
	kfree(cv);
}

/* The lock is given up only when nobody can signal any more before this thread sleeps. */
void
cv_wait(struct cv *cv, struct lock *lock)
{
	spinlock_acquire(&cv->cv_lock);
	lock_release(lock);
	wchan_sleep(cv->cv_wchan, &cv->cv_lock);
	spinlock_release(&cv->cv_lock);
#if !OPT_BUG_CVLOCK
	lock_acquire(lock);
#endif
} // DexLabel('waited')

void
cv_signal(struct cv *cv, struct lock *lock)
{
	KASSERT(lock_do_i_hold(lock));
	spinlock_acquire(&cv->cv_lock);
	wchan_wakeone(cv->cv_wchan, &cv->cv_lock);
	spinlock_release(&cv->cv_lock);
}

void
cv_broadcast(struct cv *cv, struct lock *lock)
{
	KASSERT(lock_do_i_hold(lock));
	spinlock_acquire(&cv->cv_lock);
	wchan_wakeall(cv->cv_wchan, &cv->cv_lock);
	spinlock_release(&cv->cv_lock);
}
