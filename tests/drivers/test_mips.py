"""Where MIPS code goes on: what leaves the straight way, and what follows an instruction."""

from __future__ import annotations

import struct

import pytest

from drivers.inside.mips import describe
from drivers.machines.lone import next_place

HERE = 0x80010000
# Word, what gdb calls it as far as flow.py looks, and where it goes on with the registers below.
INSTRUCTIONS = [
    (0x27BDFFE8, "", HERE + 4),  # addiu sp,sp,-24
    (0x8FC30000, "", HERE + 4),  # lw v1,0(s8)
    (0x0C040025, f"jal\t{0x80100094:#x}", 0x80100094),
    (0x08004000, f"j\t{0x80010000:#x}", 0x80010000),
    (0x03E00008, "jr\tra", 0x80020000),
    (0x00400008, "jr\tr2", 5),
    (0x0040F809, "jalr", 5),
    (0x10430003, f"b\t{HERE + 16:#x}", HERE + 8),  # beq v0,v1
    (0x10420003, f"b\t{HERE + 16:#x}", HERE + 16),  # beq v0,v0
    (0x1443FFFF, f"b\t{HERE:#x}", HERE),  # bne v0,v1: to itself
    (0x1840FFFE, f"b\t{HERE - 4:#x}", HERE + 8),  # blez v0
    (0x18600003, f"b\t{HERE + 16:#x}", HERE + 16),  # blez v1, which is negative
    (0x1C40FFFE, f"b\t{HERE - 4:#x}", HERE - 4),  # bgtz v0
    (0x04600003, f"b\t{HERE + 16:#x}", HERE + 16),  # bltz v1
    (0x04610003, f"b\t{HERE + 16:#x}", HERE + 8),  # bgez v1
    (0x04110003, f"b\t{HERE + 16:#x}", HERE + 16),  # bal
    (0x50430003, f"b\t{HERE + 16:#x}", HERE + 8),  # beql v0,v1
    (0x0000000C, "break", HERE + 4),  # syscall
    (0x0005000D, "break", HERE + 4),
    (0x42000018, "break", HERE + 4),  # eret
    (0x7000003F, "break", HERE + 4),  # sdbbp
    (0x40026000, "", HERE + 4),  # mfc0 v0,c0_status
]
REGISTERS = {0: 0, 2: 5, 3: 0xFFFFFFFF, 31: 0x80020000}


@pytest.mark.parametrize(
    ("word", "text", "following"), INSTRUCTIONS, ids=[f"{word:08x}" for word, _, _ in INSTRUCTIONS]
)
def test_instruction(word: int, text: str, following: int) -> None:
    assert describe(HERE, struct.pack(">I", word)) == [(HERE, 4, text)]
    assert next_place(HERE, word, lambda number: REGISTERS.get(number, 0)) == following


def test_a_piece_of_code() -> None:
    code = struct.pack(">3I", *(word for word, _, _ in INSTRUCTIONS[:3]))
    assert [(place, text) for place, _, text in describe(HERE, code)] == [
        (HERE, ""),
        (HERE + 4, ""),
        (HERE + 8, "jal\t0x80100094"),
    ]
