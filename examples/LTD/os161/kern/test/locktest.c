/* Locks: a room for one at a time, an account, and threads that come again and again. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <test.h>
#include "opt-bug_nolock.h"
#include "opt-bug_nounlock.h"
#include "opt-bug_release.h"

#define ROUNDS 2
#define FAIR_ROUNDS 4

static struct lock *room, *account, *desk;
static volatile int done;
static bool is_closed;
static int balance;

static struct lock *
create(struct lock *lock, const char *name)
{
	if (lock == NULL)
		lock = lock_create(name);
	KASSERT(lock != NULL);
	return lock;
}

static void
visitor(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	for (int round = 0; round < ROUNDS; round++) {
		lock_acquire(room);
		room_enter();
		room_leave();
		lock_release(room);
	}
	done++;
}

static void
passer_by(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	if (is_closed) {
#if OPT_BUG_RELEASE
		lock_release(room);
#endif
		done++;
		return;
	}
#if !OPT_BUG_NOLOCK
	lock_acquire(room);
#endif
	room_enter();
	room_leave();
#if !OPT_BUG_NOLOCK
	lock_release(room);
#endif
	done++;
}

/* Returns 0, or -1 when there is not enough. */
static int
withdraw(int amount)
{
	lock_acquire(account);
	if (amount > balance) {
#if !OPT_BUG_NOUNLOCK
		lock_release(account);
#endif
		return -1;
	}
	balance -= amount;
	lock_release(account);
	return 0;
}

int
locktest(void)
{
	struct thread *t;
	int wrong;

	room = create(room, "room");
	account = create(account, "account");
	done = 0;
	is_closed = false;
	test_fork("visitor 1", visitor, 1);
	test_fork("visitor 2", visitor, 2);
	wrong = test_wait("visitors", &done, 2);

	/* One who comes while somebody is in the room has to wait. */
	lock_acquire(room);
	room_enter();
	t = test_fork("passer-by 1", passer_by, 1);
	while (done == 2 && t->t_state != S_SLEEP)
		thread_yield();
	room_leave();
	lock_release(room);
	wrong |= test_wait("passers-by", &done, 3);

	/* One who comes when the room is closed goes away again. */
	lock_acquire(room);
	is_closed = true;
	test_fork("passer-by 2", passer_by, 2);
	wrong |= test_wait("passers-by", &done, 4);
	lock_release(room);

	balance = 10;
	wrong |= withdraw(7) != 0;
	wrong |= withdraw(7) == 0;
	return wrong;
}

static void
customer(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	lock_acquire(desk);
	for (int round = 1; round < FAIR_ROUNDS; round++) {
		int spl;

		thread_yield();
		/* Back into the line at once: with interrupts off nobody can come in between. */
		spl = splhigh();
		lock_release(desk);
		lock_acquire(desk);
		splx(spl);
	}
	lock_release(desk);
	done++;
}

int
fairtest(void)
{
	desk = create(desk, "desk");
	done = 0;
	/* The desk opens when all are in line. */
	lock_acquire(desk);
	test_wait_asleep(test_fork("customer 1", customer, 1));
	test_wait_asleep(test_fork("customer 2", customer, 2));
	test_wait_asleep(test_fork("customer 3", customer, 3));
	lock_release(desk);
	return test_wait("customers", &done, 3);
}
