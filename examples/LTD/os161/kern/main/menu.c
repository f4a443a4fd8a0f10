/* The boot menu: commands from the boot arguments, then from the console. */
#include <lib.h>
#include <machine.h>
#include <thread.h>
#include <synch.h>
#include <test.h>

#define LINE_SIZE 128

struct command {
	const char *name;
	int (*function)(void);
	bool is_test;		/* runs in a thread of its own */
	const char *help;
};

static int cmd_help(void);

static const struct command commands[] = {
	{ "tt1", threadtest, true, "threads come and go" },
	{ "tt2", preempttest, true, "threads that never yield" },
	{ "tt3", prioritytest, true, "priorities" },
	{ "sl", spinlocktest, true, "spinlocks and preemption" },
	{ "wt", wchantest, true, "wait channels" },
	{ "sy1", semtest, true, "semaphores" },
	{ "sy2", locktest, true, "locks" },
	{ "sy3", cvtest, true, "condition variables" },
	{ "sy4", fairtest, true, "nobody waits for ever" },
	{ "km1", heaptest, true, "the kernel heap" },
	{ "ck", clocktest, true, "sleeping until the clock ticks" },
	{ "panic", cmd_panic, false, "the kernel gives up" },
	{ "hang", cmd_hang, false, "never comes back" },
	{ "?", cmd_help, false, "this list" },
	{ "q", cmd_quit, false, "switches the system off" },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static struct semaphore *command_done;
static int result;

static int
cmd_help(void)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		kprintf("%s: %s\n", commands[i].name, commands[i].help);
	return 0;
}

static void
run_test(void *data, unsigned long number)
{
	const struct command *command = data;

	(void)number;
	result = test_run(command->function);
	V(command_done);
}

static void
run(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (!commands[i].is_test) {
			result = commands[i].function();
		} else if (thread_fork(name, run_test, (void *)&commands[i], 0, NULL) != 0) {
			result = 1;
		} else {
			P(command_done);
		}
		if (result != 0)
			kprintf("%s: something was wrong\n", name);
		return;
	}
	kprintf("%s: no such command; ? lists them\n", name);
}

/* Runs the commands of a line, which ';' separates. Spaces between them are passed over. */
static void
run_line(const char *line)
{
	char name[LINE_SIZE];

	while (*line != '\0') {
		unsigned length = 0;

		for (; *line != '\0' && *line != ';'; line++) {
			if (*line != ' ')
				name[length++] = *line;
		}
		name[length] = '\0';
		if (*line == ';')
			line++;
		if (length > 0)
			run(name);
	}
}

static void
read_line(char *line)
{
	unsigned length = 0;
	int ch;

	kprintf("command (? for help): ");
	while ((ch = getch()) != '\r' && ch != '\n') {
		if (ch < ' ' || length == LINE_SIZE - 1)
			continue;
		line[length++] = ch;
		putch(ch);
	}
	line[length] = '\0';
	putch('\n');
}

void
menu(const char *arguments)
{
	char line[LINE_SIZE];

	command_done = sem_create("command done", 0);
	KASSERT(command_done != NULL);
	run_line(arguments);
	for (;;) {
		read_line(line);
		run_line(line);
	}
}
