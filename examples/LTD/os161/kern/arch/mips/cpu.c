/* The processor's own registers, and the way out of QEMU. */
#include <lib.h>
#include <thread.h>
#include <machine.h>
#include <mips/trapframe.h>

#define TEXT(x) TEXT_(x)
#define TEXT_(x) #x

/* The nops let a MIPS32 act upon what was written before the next instruction. */
#define READ_C0(reg) ({ uint32_t v_; __asm volatile("mfc0 %0, " TEXT(reg) "; nop" : "=r" (v_)); v_; })
#define WRITE_C0(reg, v) __asm volatile("mtc0 %0, " TEXT(reg) "; nop; nop; nop" :: "r" (v) : "memory")

#define VECTOR_TLB 0x80000000		/* both machines */
#define VECTOR_R3000 0x80000080
#define VECTOR_MIPS32 0x80000180

extern const char exception_vector[], exception_vector_end[];

void
cpu_irqon(void)
{
	WRITE_C0(C0_STATUS, READ_C0(C0_STATUS) | STATUS_IE);
}

void
cpu_irqoff(void)
{
	WRITE_C0(C0_STATUS, READ_C0(C0_STATUS) & ~STATUS_IE);
}

/* Let interrupts in, and wait for one. For thread_switch, which has them off before and after. */
void
cpu_idle(void)
{
	curthread->t_curspl = IPL_NONE;
	cpu_irqon();
	__asm volatile(".set push; .set mips32; wait; .set pop");
	cpu_irqoff();
	curthread->t_curspl = IPL_HIGH;
}

uint32_t
mips_prid(void)
{
	return READ_C0(C0_PRID);
}

void
mips_irq_enable(uint32_t irq)
{
	WRITE_C0(C0_STATUS, READ_C0(C0_STATUS) | irq);
}

/* The next timer interrupt comes after so many cycles of the timer. Ends a pending one.
 *
 * When Count has gone past Compare before that is written, the interrupt would come after 2^32 cycles: again, then.
 */
void
mips_timer_set(uint32_t cycles)
{
	do {
		WRITE_C0(C0_COUNT, 0);
		WRITE_C0(C0_COMPARE, cycles);
	} while (READ_C0(C0_COUNT) >= cycles && (READ_C0(C0_CAUSE) & IRQ_TIMER) == 0);
}

void
mips_vectors_install(void)
{
	size_t size = exception_vector_end - exception_vector;

	memcpy((void *)VECTOR_TLB, exception_vector, size);
	memcpy((void *)VECTOR_R3000, exception_vector, size);
	memcpy((void *)VECTOR_MIPS32, exception_vector, size);
}

/* The exit operation of MIPS's Unified Hosting Interface, which ends QEMU with this status. */
void
mips_exit(int status)
{
	register int a0 __asm("$4") = status;
	register int operation __asm("$25") = 1;

	__asm volatile(".set push; .set mips32; sdbbp 1; .set pop" :: "r" (a0), "r" (operation) : "memory");
	for (;;)
		continue;
}

extern const char thread_begin[];

/* The frame that switchframe_switch loads when a new thread runs for the first time: all zero but ra. */
void *
switchframe_init(uint32_t *stack)
{
	uint32_t *frame = stack + STACK_SIZE / sizeof *stack - 16;

	memset(frame, 0, 40);
	frame[9] = (uint32_t)thread_begin;
	return frame;
}
