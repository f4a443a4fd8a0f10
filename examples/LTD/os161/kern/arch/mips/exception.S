/* Exceptions. Everything is saved in a trapframe on the stack of the interrupted thread, since all threads are in the
 * kernel. The unwinding information describes the trapframe, so that a debugger sees through an interrupt. */
#include <mips/trapframe.h>

	.cfi_sections .debug_frame
	.set noreorder
	.set noat

	.text

/* Copied to the vectors, where there is room for 32 instructions. */
	.globl exception_vector, exception_vector_end
exception_vector:
	la $k0, exception_entry
	jr $k0
	nop
exception_vector_end:

	.globl exception_entry
	.type exception_entry, @function
	.ent exception_entry
exception_entry:
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 66		/* no register of its own: the place of EPC below */
	.cfi_def_cfa 29, 0
	.cfi_undefined 66
	addiu $sp, $sp, -TF_SIZE
	.cfi_def_cfa_offset TF_SIZE
.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30,31
	sw $\n, TF_REGISTERS + 4 * (\n - 1)($sp)
	.cfi_offset \n, TF_REGISTERS + 4 * (\n - 1) - TF_SIZE
.endr
	addiu $t0, $sp, TF_SIZE
	sw $t0, TF_REGISTERS + 4 * 28($sp)
	mflo $t0
	sw $t0, TF_LO($sp)
	mfhi $t0
	sw $t0, TF_HI($sp)
	mfc0 $t0, C0_STATUS
	mfc0 $t1, C0_CAUSE
	mfc0 $t2, C0_EPC
	mfc0 $t3, C0_VADDR
	sw $t0, TF_STATUS($sp)
	sw $t1, TF_CAUSE($sp)
	sw $t2, TF_EPC($sp)
	.cfi_offset 66, TF_EPC - TF_SIZE
	sw $t3, TF_VADDR($sp)

	/* Out of the exception level, with interrupts off: the handler may switch to a thread that is in no exception. */
	li $t1, ~STATUS_LEVELS
	and $t0, $t0, $t1
	mtc0 $t0, C0_STATUS
	nop
	nop
	nop
	jal mips_trap
	move $a0, $sp

	lw $t0, TF_LO($sp)
	lw $t1, TF_HI($sp)
	mtlo $t0
	mthi $t1
	lw $t0, TF_STATUS($sp)
	lw $k1, TF_EPC($sp)
	mtc0 $t0, C0_STATUS		/* both kinds: interrupts stay off up to the return */
	nop
	nop
	nop
.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,28,30,31
	lw $\n, TF_REGISTERS + 4 * (\n - 1)($sp)
.endr
	mfc0 $k0, C0_PRID
	addiu $sp, $sp, TF_SIZE
	.cfi_def_cfa_offset 0
	xori $k0, $k0, PRID_SYS161
	bnez $k0, 1f
	nop
	jr $k1				/* R3000: rfe in the delay slot pops Status */
	.set push
	.set mips1
	rfe
	.set pop
1:
	.set push
	.set mips32
	mtc0 $k1, C0_EPC
	nop
	nop
	nop
	eret
	.set pop
	.cfi_endproc
	.end exception_entry
	.size exception_entry, . - exception_entry
