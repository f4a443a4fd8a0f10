#ifndef SYNCH_H
#define SYNCH_H

#include <types.h>
#include <spinlock.h>

struct wchan;
struct thread;

struct semaphore {
	const char *sem_name;
	struct wchan *sem_wchan;
	struct spinlock sem_lock;
	int sem_count;
};

struct semaphore *sem_create(const char *name, int count);
void sem_destroy(struct semaphore *sem);
void P(struct semaphore *sem);
void V(struct semaphore *sem);

/* A sleep lock. Who releases it hands it to the thread that has waited longest. */
struct lock {
	const char *lk_name;
	struct wchan *lk_wchan;
	struct spinlock lk_lock;
	struct thread *lk_holder;
	unsigned lk_turns;		/* how often it was acquired */
};

struct lock *lock_create(const char *name);
void lock_destroy(struct lock *lock);
void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);
bool lock_do_i_hold(struct lock *lock);

struct cv {
	const char *cv_name;
	struct wchan *cv_wchan;
	struct spinlock cv_lock;
};

struct cv *cv_create(const char *name);
void cv_destroy(struct cv *cv);
void cv_wait(struct cv *cv, struct lock *lock);
void cv_signal(struct cv *cv, struct lock *lock);
void cv_broadcast(struct cv *cv, struct lock *lock);

#endif
