/* Threads that come and go, threads that never yield, priorities. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <test.h>

#define ROUNDS 2
#define SPIN_LIMIT 100000000

static volatile int done;

static void
yielder(void *data, unsigned long number)
{
	(void)data;
	for (int round = 0; round < ROUNDS; round++) {
		kprintf("%u", (unsigned)number);
		thread_yield();
	}
	done++;
}

int
threadtest(void)
{
	int wrong;

	done = 0;
	test_fork("yielder 1", yielder, 1);
	test_fork("yielder 2", yielder, 2);
	test_fork("yielder 3", yielder, 3);
	wrong = test_wait("yielders", &done, 3);
	kprintf("\n");
	return wrong;
}

static volatile unsigned whose_turn;

/* Passes the turn on without ever calling the kernel: only the timer lets the other one run. */
static void
spinner(void *data, unsigned long number)
{
	(void)data;
	for (int round = 0; round < ROUNDS; round++) {
		for (long i = 0; whose_turn % 2 != number; i++)
			KASSERT(i < SPIN_LIMIT);
		whose_turn++;
	}
	done++;
}

int
preempttest(void)
{
	unsigned before = curcpu->c_hardclocks;
	int wrong;

	done = 0;
	whose_turn = 0;
	test_fork("spinner 0", spinner, 0);
	test_fork("spinner 1", spinner, 1);
	wrong = test_wait("spinners", &done, 2);
	return wrong || curcpu->c_hardclocks == before;
}

static struct semaphore *gate;
static volatile unsigned first;

static void
runner(void *data, unsigned long number)
{
	(void)data;
	if (first == 0)
		first = number;
	P(gate);
	done++;
}

/* The second runner gets the high priority while it is on the queue of the low one: it runs first, and waits. */
int
prioritytest(void)
{
	struct thread *one, *two;
	int wrong, spl;

	if (gate == NULL)
		gate = sem_create("gate", 0);
	KASSERT(gate != NULL);
	done = 0;
	first = 0;
	spl = splhigh();
	one = test_fork("runner 1", runner, 1);
	two = test_fork("runner 2", runner, 2);
	thread_setpriority(two, PRIORITY_HIGH);
	splx(spl);
	thread_setpriority(curthread, PRIORITY_LOW);
	test_wait_asleep(one);
	test_wait_asleep(two);
	wrong = first != 2;
	V(gate);
	V(gate);
	return test_wait("runners", &done, 2) || wrong;
}
