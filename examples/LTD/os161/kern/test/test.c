/* What the tests share.
 *
 * DexCommandLine(['tt3;sy2;sy3;q'])
 * DexWatch('visitors', 'items', 'curthread->t_curspl', on_line=ref('over'))
 * DexWatch('visitors', on_line=ref('in'))
 * DexWatch('items', on_line=ref('put'))
 * DexWatch('items', on_line=ref('taken'))
 *
 * DexVerify(Henceforth(Expect('visitors', '<=', 1)), name='one visitor at a time is in the room')
 * DexVerify(Henceforth(And(Expect('items', '>=', 0), Expect('items', '<=', 2))),
 *           name='the buffer holds no less than nothing and no more than its size')
 * DexVerify(Henceforth(Expect('curthread->t_curspl', 0)), name='a test leaves interrupts on')
 */
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
	return wrong; // DexLabel('over')
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
	while (t->t_state != S_SLEEP && runqueue_count > 0)
		thread_yield();
}

void
room_enter(void)
{
	visitors++;
	thread_yield(); // DexLabel('in')
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
} // DexLabel('put')

void
buffer_take(void)
{
	items--;
} // DexLabel('taken')
