/* Threads that sleep until the clock has ticked, while the cpu has nothing to do. */
#include <lib.h>
#include <machine.h>
#include <synch.h>
#include <thread.h>
#include <test.h>

static struct semaphore *woken;

static void
dozer(void *data, unsigned long number)
{
	(void)data;
	clocksleep(number);
	V(woken);
}

int
clocktest(void)
{
	unsigned before = curcpu->c_hardclocks;

	if (woken == NULL)
		woken = sem_create("woken", 0);
	KASSERT(woken != NULL);
	test_fork("dozer 1", dozer, 2);
	test_fork("dozer 2", dozer, 1);
	P(woken);
	P(woken);
	return curcpu->c_hardclocks - before < 2;
}
