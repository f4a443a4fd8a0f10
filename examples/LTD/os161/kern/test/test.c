/* What the tests share. */
#include <lib.h>
#include <thread.h>
#include <test.h>

#define TURNS 40

void
test_fork(const char *name, void (*entry)(void *, unsigned long), unsigned long number)
{
	if (thread_fork(name, entry, NULL, number, NULL) != 0)
		panic("%s: thread_fork failed", name);
}

int
test_wait(const char *what, volatile int *done, int wanted)
{
	for (int turn = 0; turn < TURNS && *done < wanted; turn++)
		thread_yield();
	if (*done >= wanted)
		return 0;
	kprintf("%s: %d of %d\n", what, *done, wanted);
	return 1;
}
