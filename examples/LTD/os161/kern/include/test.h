#ifndef TEST_H
#define TEST_H

#include <types.h>

struct thread;

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

/* Runs one test; no two at a time. */
int test_run(int (*test)(void));

/* Starts a thread of a test; panics when there is no memory. */
struct thread *test_fork(const char *name, void (*entry)(void *, unsigned long), unsigned long number);

/* Lets others run until `*done` is at least `wanted`. Returns 1, and says so, when they all sleep before it is. */
int test_wait(const char *what, volatile int *done, int wanted);

/* Lets others run until this thread sleeps, or nobody is ready. */
void test_wait_asleep(struct thread *t);

/* A room for one visitor at a time, and a buffer for two items: who uses them has to see to that. */
#define BUFFER_SIZE 2
extern int visitors, items;
void room_enter(void);
void room_leave(void);
void buffer_put(void);
void buffer_take(void);

#endif
