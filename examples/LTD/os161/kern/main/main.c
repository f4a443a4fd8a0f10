/* From the first line of C to the menu. */
#include <lib.h>
#include <machine.h>
#include <thread.h>

void
kmain(void)
{
	machine_bootstrap();
	thread_bootstrap();
	mips_vectors_install();
	clock_bootstrap();
	kprintf("A teaching kernel, on %s\n", is_sys161 ? "System/161" : "QEMU");
	spllower(IPL_HIGH, IPL_NONE);
	menu(boot_arguments());
}
