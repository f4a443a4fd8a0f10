/* The kernel's first instructions. a0 and a1 hold the boot arguments, as dev/machine.c explains. */
#include <mips/trapframe.h>
#include <mips/stack.h>

	.cfi_sections .debug_frame
	.set noreorder

	.text
	.globl __start
	.type __start, @function
	.ent __start
__start:
	.cfi_startproc
	.cfi_undefined 31		/* nobody called this: a debugger ends the stack here */
	li $t0, STATUS_START		/* ends QEMU's state after reset, too */
	mtc0 $t0, C0_STATUS
	nop
	nop
	la $sp, bootstack_end - 24
	la $t0, bootstack
	li $t1, STACK_MAGIC
	sw $t1, 0($t0)
	la $t0, boot_argument_count
	sw $a0, 0($t0)
	la $t0, boot_argument_vector
	sw $a1, 0($t0)
	jal kmain
	nop
	break
	.cfi_endproc
	.end __start
	.size __start, . - __start

	.bss
	.align 12
	.globl bootstack
bootstack:
	.space 4096
bootstack_end:
