/* The two machines: System/161 and QEMU's malta. What they are told at the start, and how they are switched off. */
#include <lib.h>
#include <machine.h>
#include <mips/trapframe.h>

#define LAMEBUS 0xbfe00000u			/* slot n has 64 kB from here on; uncached */
#define LAMEBUS_SLOT 0x10000u
#define LAMEBUS_CONFIG 0x400u			/* each slot's in the controller's */
#define LAMEBUS_VENDOR 1
#define CONTROLLER_POWER (0x208 / 4)
#define TRACE_STOP (0x10 / 4)

bool is_sys161;
uint32_t boot_argument_count, boot_argument_vector;

static char arguments[128];

/* System/161 hands over one string in a0. QEMU's firmware hands over a count in a0 and a vector in a1, in which the
 * kernel's own name comes first; the machine may reuse the memory, so both are copied. */
void
machine_bootstrap(void)
{
	const char *given = "";
	uint32_t *vector = (uint32_t *)boot_argument_vector;

	is_sys161 = mips_prid() == PRID_SYS161;
	if (is_sys161)
		given = (const char *)boot_argument_count;
	else if (boot_argument_count > 1)
		given = (const char *)vector[1];
	KASSERT(strlen(given) < sizeof arguments);
	strcpy(arguments, given);
}

const char *
boot_arguments(void)
{
	return arguments;
}

static volatile uint32_t *
lamebus_config(unsigned slot)
{
	return (uint32_t *)(LAMEBUS + LAMEBUS_CONTROLLER * LAMEBUS_SLOT + slot * LAMEBUS_CONFIG);
}

volatile uint32_t *
lamebus_device(unsigned id)
{
	for (unsigned slot = 0; slot < LAMEBUS_SLOTS; slot++) {
		volatile uint32_t *config = lamebus_config(slot);

		if (config[0] == LAMEBUS_VENDOR && config[1] == id)
			return (uint32_t *)(LAMEBUS + slot * LAMEBUS_SLOT);
	}
	return NULL;
}

void
machine_poweroff(void)
{
	cpu_irqoff();
	if (!is_sys161)
		mips_exit(0);
	lamebus_config(LAMEBUS_CONTROLLER)[CONTROLLER_POWER] = 0;
	for (;;)
		continue;		/* the power goes off in a moment */
}

/* Leaves the machine to its debugger where it has one; else it ends with status 1. */
void
machine_stop(void)
{
	volatile uint32_t *trace;

	if (!is_sys161)
		mips_exit(1);
	trace = lamebus_device(LAMEBUS_TRACE);
	if (trace != NULL)
		trace[TRACE_STOP] = 0;
	machine_poweroff();
}
