/* Switching between threads: only what a C function expects its callee to keep has to be saved. */
	.cfi_sections .debug_frame
	.set noreorder

#define FRAME 40

	.text
/* void switchframe_switch(void **save, void **load) */
	.globl switchframe_switch
	.type switchframe_switch, @function
	.ent switchframe_switch
switchframe_switch:
	.cfi_startproc
	.cfi_def_cfa 29, 0
	addiu $sp, $sp, -FRAME
	.cfi_def_cfa_offset FRAME
.irp n, 16,17,18,19,20,21,22,23
	sw $\n, 4 * (\n - 16)($sp)
	.cfi_offset \n, 4 * (\n - 16) - FRAME
.endr
	sw $s8, 32($sp)
	.cfi_offset 30, 32 - FRAME
	sw $ra, 36($sp)
	.cfi_offset 31, 36 - FRAME
	sw $sp, 0($a0)
	lw $sp, 0($a1)			/* from here on in the other thread */
	nop
.irp n, 16,17,18,19,20,21,22,23
	lw $\n, 4 * (\n - 16)($sp)
.endr
	lw $s8, 32($sp)
	lw $ra, 36($sp)
	nop
	addiu $sp, $sp, FRAME
	.cfi_def_cfa_offset 0
	.cfi_restore 31
	.cfi_restore 30
	jr $ra
	nop
	.cfi_endproc
	.end switchframe_switch
	.size switchframe_switch, . - switchframe_switch

/* Where a new thread comes out of its first switch. */
	.globl thread_begin
	.type thread_begin, @function
	.ent thread_begin
	nop				/* a debugger looks for the caller before the return address */
thread_begin:
	.cfi_startproc
	.cfi_undefined 31		/* the outermost frame of a thread */
	jal thread_startup
	nop
	break
	.cfi_endproc
	.end thread_begin
	.size thread_begin, . - thread_begin
