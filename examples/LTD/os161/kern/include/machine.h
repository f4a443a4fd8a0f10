#ifndef MACHINE_H
#define MACHINE_H

#include <types.h>

/* dev/machine.c: which of the two machines this is, and what differs between them. */
extern bool is_sys161;
extern uint32_t boot_argument_count, boot_argument_vector;	/* registers a0 and a1 as the kernel was entered */

#define LAMEBUS_SLOTS 32
#define LAMEBUS_CONTROLLER 31
#define LAMEBUS_TIMER 2			/* device numbers */
#define LAMEBUS_SERIAL 4
#define LAMEBUS_TRACE 8

void machine_bootstrap(void);
const char *boot_arguments(void);
volatile uint32_t *lamebus_device(unsigned id);		/* its registers, or NULL */
void machine_poweroff(void) __attribute__((noreturn));
void machine_stop(void) __attribute__((noreturn));	/* after a panic */

/* dev/console.c */
void putch(int ch);
int getch(void);

/* dev/clock.c */
void clock_bootstrap(void);
void hardclock(void);
void timer_set(unsigned microseconds);
void clocksleep(unsigned ticks);

/* arch/mips */
struct trapframe;
void mips_trap(struct trapframe *tf);
void cpu_irqon(void);
void cpu_irqoff(void);
void cpu_idle(void);
void mips_irq_enable(uint32_t irq);
void mips_timer_set(uint32_t cycles);
uint32_t mips_prid(void);
void mips_exit(int status) __attribute__((noreturn));
void mips_vectors_install(void);

/* main */
void kmain(void) __attribute__((noreturn));
void menu(const char *arguments) __attribute__((noreturn));
int cmd_quit(void);
int cmd_panic(void);
int cmd_hang(void);

#endif
