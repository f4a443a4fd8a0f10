/* Condition variables: a producer and two consumers share a buffer. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <test.h>
#include "opt-bug_cvif.h"

#define EACH 3

static struct lock *buffer;
static struct cv *not_empty, *not_full;
static volatile int done;
static int without_lock;

/* Nobody may touch the buffer without the lock, so that is made sure. */
static void
wait_for(struct cv *condition)
{
	cv_wait(condition, buffer);
	if (!lock_do_i_hold(buffer)) {
		without_lock++;
		lock_acquire(buffer);
	}
}

static void
consumer(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	for (int i = 0; i < EACH; i++) {
		lock_acquire(buffer);
#if OPT_BUG_CVIF
		if (items == 0)
			wait_for(not_empty);
#else
		while (items == 0)
			wait_for(not_empty);
#endif
		buffer_take();
		cv_signal(not_full, buffer);
		lock_release(buffer);
	}
	done++;
}

static void
produce(void)
{
	lock_acquire(buffer);
	while (items == BUFFER_SIZE)
		wait_for(not_full);
	buffer_put();
	cv_broadcast(not_empty, buffer);
	lock_release(buffer);
}

int
cvtest(void)
{
	struct thread *one, *two;
	int wrong;

	buffer = lock_create("buffer");
	not_empty = cv_create("not empty");
	not_full = cv_create("not full");
	KASSERT(buffer != NULL && not_empty != NULL && not_full != NULL);
	done = 0;
	without_lock = 0;
	one = test_fork("consumer 1", consumer, 1);
	test_wait_asleep(one);
	two = test_fork("consumer 2", consumer, 2);
	test_wait_asleep(two);
	/* One item wakes both consumers: one of them gets it. The other items come faster than they are taken. */
	produce();
	while (done == 0 && (one->t_state != S_SLEEP || two->t_state != S_SLEEP))
		thread_yield();
	for (int i = 1; i < 2 * EACH; i++)
		produce();
	wrong = test_wait("consumers", &done, 2);
	if (without_lock > 0)
		kprintf("cv_wait returned %d times without the lock\n", without_lock);
	cv_destroy(not_full);
	cv_destroy(not_empty);
	lock_destroy(buffer);
	return wrong || without_lock > 0 || items != 0;
}
