/* What becomes of an exception: the timer's interrupt is handled, anything else is the end. */
#include <lib.h>
#include <thread.h>
#include <machine.h>
#include <mips/trapframe.h>

static const char *const names[] = {
	"interrupt", "TLB modification", "TLB miss on a load", "TLB miss on a store", "misaligned load",
	"misaligned store", "bus error on an instruction", "bus error on data", "system call", "breakpoint",
	"illegal instruction", "coprocessor unusable", "arithmetic overflow",
};

void
mips_trap(struct trapframe *tf)
{
	unsigned code = (tf->tf_cause & CAUSE_CODE) >> 2;

	if (code != 0) {
		const char *name = code < sizeof names / sizeof names[0] ? names[code] : "unknown exception";

		cpu_irqoff();
		panic("%s at 0x%x, address 0x%x", name, tf->tf_epc, tf->tf_vaddr);
	}
	/* The hardware has turned interrupts off: the thread's own level has to say so, too. */
	KASSERT(curthread->t_curspl == IPL_NONE);
	curthread->t_curspl = IPL_HIGH;
	curthread->t_iplhigh_count++;
	curthread->t_in_interrupt = true;
	if (tf->tf_cause & tf->tf_status & (IRQ_TIMER | IRQ_LAMEBUS))
		hardclock();
	curthread->t_in_interrupt = false;
	curthread->t_iplhigh_count--;
	curthread->t_curspl = IPL_NONE;
}
