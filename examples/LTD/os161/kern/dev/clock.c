/* The timer: it interrupts HZ times a second, so that no thread runs for ever.
 *
 * System/161's is a device on its bus; its processor has one, too, which stands still while the processor waits.
 * Malta's is in the processor.
 */
#include <lib.h>
#include <machine.h>
#include <thread.h>
#include <wchan.h>
#include <mips/trapframe.h>

#define HZ 25
#define MICROSECONDS (1000000 / HZ)
#define CYCLES_OF_MICROSECOND 160	/* malta */
#define TIMER_INTERRUPT (0x0c / 4)	/* System/161: reading ends the interrupt, writing the time starts it */
#define TIMER_TIME (0x10 / 4)

static volatile uint32_t *timer;
static struct wchan *ticks;
static struct spinlock ticks_lock = SPINLOCK_INITIALIZER;
static volatile unsigned sleepers;

/* The next interrupt comes after this time. Ends a pending one. */
void
timer_set(unsigned microseconds)
{
	if (is_sys161) {
		(void)timer[TIMER_INTERRUPT];
		timer[TIMER_TIME] = microseconds;
	} else {
		mips_timer_set(microseconds * CYCLES_OF_MICROSECOND);
	}
}

void
clock_bootstrap(void)
{
	ticks = wchan_create("ticks");
	KASSERT(ticks != NULL);
	if (is_sys161) {
		timer = lamebus_device(LAMEBUS_TIMER);
		KASSERT(timer != NULL);
	}
	mips_irq_enable(is_sys161 ? IRQ_LAMEBUS : IRQ_TIMER);
	timer_set(MICROSECONDS);
}

/* Called by the interrupt. Inside a spinlock nothing that spinlocks guard may be touched: that tick is lost. */
void
hardclock(void)
{
	timer_set(MICROSECONDS);
	curcpu->c_hardclocks++;
	if (curcpu->c_spinlocks > 0)
		return;
	if (sleepers > 0) {
		spinlock_acquire(&ticks_lock);
		wchan_wakeall(ticks, &ticks_lock);
		spinlock_release(&ticks_lock);
	}
	if (!curcpu->c_isidle && runqueue_count > 0)
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
