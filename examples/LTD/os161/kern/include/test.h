#ifndef TEST_H
#define TEST_H

#include <types.h>

/* The menu's test commands. Each returns 0, or 1 when something was not as it should be. */
int threadtest(void);
int preempttest(void);
int prioritytest(void);
int semtest(void);
int locktest(void);
int fairtest(void);
int cvtest(void);
int wchantest(void);
int spinlocktest(void);
int heaptest(void);
int clocktest(void);

/* Starts a thread of a test; panics when there is no memory. */
void test_fork(const char *name, void (*entry)(void *, unsigned long), unsigned long number);

/* Lets others run until `*done` is at least `wanted`; gives up, says so and returns 1 after some turns. */
int test_wait(const char *what, volatile int *done, int wanted);

#endif
