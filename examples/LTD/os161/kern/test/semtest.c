/* Semaphores: somebody else takes what a thread was woken for. */
#include <lib.h>
#include <thread.h>
#include <synch.h>
#include <test.h>

static struct semaphore *apples;
static volatile int done;

static void
eater(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	P(apples);
	done++;
}

int
semtest(void)
{
	struct thread *one, *two;
	int wrong, spl;

	apples = sem_create("apples", 0);
	KASSERT(apples != NULL);
	done = 0;
	one = test_fork("eater 1", eater, 1);
	test_wait_asleep(one);
	two = test_fork("eater 2", eater, 2);
	test_wait_asleep(two);
	/* With interrupts off, the eater that V wakes cannot run before P. */
	spl = splhigh();
	V(apples);
	P(apples);
	splx(spl);
	while (done == 0 && one->t_state != S_SLEEP)
		thread_yield();
	V(apples);
	V(apples);
	wrong = test_wait("eaters", &done, 2);
	sem_destroy(apples);
	return wrong;
}
