/* The interrupt level of the present thread. There are two levels only: interrupts on, interrupts off. */
#include <lib.h>
#include <spl.h>
#include <thread.h>
#include <machine.h>

/* Each raise is undone by one spllower, as spinlocks nest. */
void
splraise(int from, int to)
{
	KASSERT(from == IPL_NONE && to == IPL_HIGH);
	cpu_irqoff();
	curthread->t_curspl = IPL_HIGH;
	curthread->t_iplhigh_count++;
}

void
spllower(int from, int to)
{
	KASSERT(from == IPL_HIGH && to == IPL_NONE);
	KASSERT(curthread->t_iplhigh_count > 0);
	if (--curthread->t_iplhigh_count > 0)
		return;
	curthread->t_curspl = IPL_NONE;
	cpu_irqon();
}

int
splhigh(void)
{
	int before = curthread->t_curspl;

	splraise(IPL_NONE, IPL_HIGH);
	return before;
}

int
splx(int level)
{
	int before = curthread->t_curspl;

	if (level == IPL_HIGH) {
		KASSERT(curthread->t_iplhigh_count > 1);
		curthread->t_iplhigh_count--;
	} else {
		KASSERT(curthread->t_iplhigh_count == 1);
		spllower(IPL_HIGH, IPL_NONE);
	}
	return before;
}
