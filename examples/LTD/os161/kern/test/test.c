/* What the tests share. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <test.h>

static struct lock *test_lock;

int visitors, items;

int
test_run(int (*test)(void))
{
	int wrong;

	if (test_lock == NULL)
		test_lock = lock_create("test");
	KASSERT(test_lock != NULL);
	lock_acquire(test_lock);
	wrong = test();
	lock_release(test_lock);
	return wrong;
}

struct thread *
test_fork(const char *name, void (*entry)(void *, unsigned long), unsigned long number)
{
	struct thread *t;

	if (thread_fork(name, entry, NULL, number, &t) != 0)
		panic("%s: thread_fork failed", name);
	return t;
}

int
test_wait(const char *what, volatile int *done, int wanted)
{
	while (*done < wanted && runqueue_count > 0)
		thread_yield();
	if (*done >= wanted)
		return 0;
	kprintf("%s: %d of %d\n", what, *done, wanted);
	return 1;
}

void
test_wait_asleep(struct thread *t)
{
	while (t->t_state != S_SLEEP)
		thread_yield();
}

void
room_enter(void)
{
	visitors++;
	thread_yield();
}

void
room_leave(void)
{
	visitors--;
}

void
buffer_put(void)
{
	items++;
}

void
buffer_take(void)
{
	items--;
}
