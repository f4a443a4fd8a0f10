/* Wait channels and spinlocks. */
#include <lib.h>
#include <machine.h>
#include <thread.h>
#include <wchan.h>
#include <test.h>

#define SLEEPERS 3
#define ROUNDS 3
#define SPINS 20000
#define SOON 10			/* microseconds: less than the spins take */

static struct spinlock lk = SPINLOCK_INITIALIZER;
static struct wchan *bed;
static volatile int done, counter;

static void
sleeper(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	spinlock_acquire(&lk);
	wchan_sleep(bed, &lk);
	done++;
	spinlock_release(&lk);
}

/* The sleepers are woken one by one, then all together. */
int
wchantest(void)
{
	static const char *const names[2][SLEEPERS] = {
		{ "sleeper 1", "sleeper 2", "sleeper 3" }, { "sleeper 4", "sleeper 5", "sleeper 6" },
	};
	bool is_empty = false;

	bed = wchan_create("bed");
	KASSERT(bed != NULL);
	for (int together = 0; together < 2; together++) {
		done = 0;
		for (unsigned i = 0; i < SLEEPERS; i++)
			test_wait_asleep(test_fork(names[together][i], sleeper, i));
		for (int i = 0; i < (together ? 1 : SLEEPERS); i++) {
			spinlock_acquire(&lk);
			if (together)
				wchan_wakeall(bed, &lk);
			else
				wchan_wakeone(bed, &lk);
			is_empty = wchan_isempty(bed, &lk);
			spinlock_release(&lk);
		}
		if (test_wait("sleepers", &done, SLEEPERS) != 0 || !is_empty)
			return 1;
	}
	wchan_destroy(bed);
	return 0;
}

static void
spin(void)
{
	for (volatile int i = 0; i < SPINS; i++)
		continue;
}

/* Long enough between reading and writing that the timer comes: the spinlock has to keep it away. */
static void
counting(void *data, unsigned long number)
{
	(void)data;
	(void)number;
	for (int round = 0; round < ROUNDS; round++) {
		int before;

		spinlock_acquire(&lk);
		before = counter;
		timer_set(SOON);
		spin();
		counter = before + 1;
		spinlock_release(&lk);
		thread_yield();
	}
	done++;
}

int
spinlocktest(void)
{
	int wrong;

	done = 0;
	counter = 0;
	test_fork("counting 1", counting, 1);
	test_fork("counting 2", counting, 2);
	wrong = test_wait("counting", &done, 2);
	return wrong || counter != 2 * ROUNDS;
}
