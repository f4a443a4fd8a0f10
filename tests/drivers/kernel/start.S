# Malta's firmware comes here with argc in a0 and argv in a1; argv[1] is the boot string.
        .set noreorder
        .text
        .globl _start
        .ent _start
_start: mfc0 $8, $12
        la $9, ~0x00400004      # no boot-time vectors, no error level
        and $8, $8, $9
        mtc0 $8, $12
        ehb
        la $29, stack_top - 32
        lw $4, 4($5)
        la $25, kmain
        move $31, $0
        jr $25
        nop
        .end _start

# exit_machine(status): UHI operation 1, which the emulator takes for the end.
        .globl exit_machine
        .ent exit_machine
exit_machine:
        li $25, 1
        sdbbp 1
1:      b 1b
        nop
        .end exit_machine

        .bss
        .align 3
        .space 16384
stack_top:
