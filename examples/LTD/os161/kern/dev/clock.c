/* The timer that both processors have: it interrupts HZ times a second, so that no thread runs for ever. */
#include <lib.h>
#include <machine.h>
#include <thread.h>
#include <wchan.h>

#define HZ 100
#define CYCLES_SYS161 (25000000 / HZ)
#define CYCLES_MALTA (160000000 / HZ)

static struct wchan *ticks;
static struct spinlock ticks_lock = SPINLOCK_INITIALIZER;
static volatile unsigned sleepers;

static void
rearm(void)
{
	mips_timer_set(is_sys161 ? CYCLES_SYS161 : CYCLES_MALTA);
}

void
clock_bootstrap(void)
{
	ticks = wchan_create("ticks");
	KASSERT(ticks != NULL);
	rearm();
}

/* Called by the interrupt. Inside a spinlock nothing that spinlocks guard may be touched: that tick is lost. */
void
hardclock(void)
{
	rearm();
	curcpu->c_hardclocks++;
	if (curcpu->c_spinlocks > 0)
		return;
	if (sleepers > 0) {
		spinlock_acquire(&ticks_lock);
		wchan_wakeall(ticks, &ticks_lock);
		spinlock_release(&ticks_lock);
	}
	if (!curcpu->c_isidle && !runqueue_isempty())
		thread_yield();
}

/* Sleeps until the timer has interrupted so often. */
void
clocksleep(unsigned count)
{
	unsigned end;

	spinlock_acquire(&ticks_lock);
	end = curcpu->c_hardclocks + count;
	sleepers++;
	while ((int)(end - curcpu->c_hardclocks) > 0)
		wchan_sleep(ticks, &ticks_lock);
	sleepers--;
	spinlock_release(&ticks_lock);
}
