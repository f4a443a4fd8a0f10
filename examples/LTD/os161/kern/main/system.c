/* The menu's commands that end the kernel, or show what happens when nothing does. */
#include <lib.h>
#include <machine.h>

int
cmd_quit(void)
{
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
