/* The menu's commands that end the kernel, or show what happens when nothing does. */
#include <lib.h>
#include <machine.h>
#include <thread.h>

/* Whoever is ready comes to the end of what it does first. */
int
cmd_quit(void)
{
	while (runqueue_count > 0)
		thread_yield();
	kprintf("The system is switched off.\n");
	machine_poweroff();
}

int
cmd_panic(void)
{
	panic("as you wished");
}

int
cmd_hang(void)
{
	for (;;)
		continue;
}
