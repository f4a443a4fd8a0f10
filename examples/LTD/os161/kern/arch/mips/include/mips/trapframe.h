#ifndef MIPS_TRAPFRAME_H
#define MIPS_TRAPFRAME_H

/* What exception.S saves on the stack: the offsets of a trapframe, for C and the assembler. */
#define TF_REGISTERS 16			/* after the four words that the o32 ABI wants: $1 to $31 */
#define TF_LO 140
#define TF_HI 144
#define TF_STATUS 148
#define TF_CAUSE 152
#define TF_EPC 156
#define TF_VADDR 160
#define TF_SIZE 168

/* CP0 registers and their bits. The lowest bits of Status differ: an R3000 keeps a stack of three pairs of bits
 * there, a MIPS32 its exception level. Both have bit 0 for all interrupts, bits 8 to 15 for each, 28 for CP0 itself.
 */
#define C0_VADDR $8
#define C0_COUNT $9
#define C0_COMPARE $11
#define C0_STATUS $12
#define C0_CAUSE $13
#define C0_EPC $14
#define C0_PRID $15
#define STATUS_IE 0x1
#define STATUS_LEVELS 0x1f
#define STATUS_START 0x10000000
#define CAUSE_CODE 0x7c
#define IRQ_LAMEBUS 0x0400		/* in Cause and Status */
#define IRQ_TIMER 0x8000
#define PRID_SYS161 0xa1

#ifndef __ASSEMBLER__
struct trapframe {
	unsigned tf_arguments[4];
	unsigned tf_registers[31];
	unsigned tf_lo, tf_hi, tf_status, tf_cause, tf_epc, tf_vaddr, tf_pad;
};
#endif

#endif
