/* Threads that come and go, threads that never yield, priorities. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <machine.h>
#include <test.h>

#define THREADS 3
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
	static const char *const names[THREADS] = { "yielder 0", "yielder 1", "yielder 2" };
	int wrong;

	done = 0;
	for (unsigned i = 0; i < THREADS; i++)
		test_fork(names[i], yielder, i);
	wrong = test_wait("yielders", &done, THREADS);
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

	done = 0;
	whose_turn = 0;
	test_fork("spinner 0", spinner, 0);
	test_fork("spinner 1", spinner, 1);
	while (done < 2)
		continue;
	return curcpu->c_hardclocks == before;
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
	struct thread *second;
	int wrong, spl;

	if (gate == NULL)
		gate = sem_create("gate", 0);
	KASSERT(gate != NULL);
	done = 0;
	first = 0;
	spl = splhigh();
	test_fork("runner 1", runner, 1);
	if (thread_fork("runner 2", runner, NULL, 2, &second) != 0)
		panic("runner 2: thread_fork failed");
	thread_setpriority(second, PRIORITY_HIGH);
	thread_setpriority(curthread, PRIORITY_LOW);
	splx(spl);
	thread_yield();
	wrong = first != 2;
	V(gate);
	V(gate);
	return test_wait("runners", &done, 2) || wrong;
}
