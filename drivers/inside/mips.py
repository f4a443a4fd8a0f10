"""What of MIPS machine code leaves the straight way, in the words of gdb, for flow.py (MIPS32, big-endian).

For a debugger whose own words are others. Runs inside the debugger: the standard library only.
"""

from __future__ import annotations

import struct
from itertools import count

from drivers.inside.flow import Instruction

_WORD = 4
_SPECIAL, _REGIMM, _J, _JAL, _SPECIAL2 = 0, 1, 2, 3, 0x1C
_BRANCHES = frozenset([*range(4, 8), *range(0x14, 0x18)])  # beq to bgtz, and those that are likely
_COPROCESSORS = range(0x10, 0x13)
_JR, _JALR, _SDBBP = 8, 9, 0x3F
_TRAPS = frozenset([0xC, 0xD, *range(0x30, 0x37)])  # syscall, break, and the conditional ones
_RETURN_ADDRESS = 31


def describe(address: int, code: bytes) -> list[Instruction]:
    """The instructions from the address on; the text of one that goes straight on is empty."""
    words = struct.unpack(f">{len(code) // _WORD}I", code[: len(code) // _WORD * _WORD])
    return [(place, _WORD, _text(place, word)) for place, word in zip(count(address, _WORD), words, strict=False)]


def _text(address: int, word: int) -> str:
    operation, second, function = word >> 26, word >> 21 & 31, word & 63
    if operation in (_J, _JAL):
        return f"{'j' if operation == _J else 'jal'}\t{address + _WORD & 0xF0000000 | (word & 0x3FFFFFF) << 2:#x}"
    if operation in _BRANCHES or operation == _REGIMM or (operation in _COPROCESSORS and second == 8):
        offset = (word & 0xFFFF ^ 0x8000) - 0x8000
        return f"b\t{address + _WORD + (offset << 2) & 0xFFFFFFFF:#x}"
    if operation == _SPECIAL and function == _JR:
        return "jr\tra" if second == _RETURN_ADDRESS else f"jr\tr{second}"
    if operation == _SPECIAL and (function == _JALR or function in _TRAPS):
        return "jalr" if function == _JALR else "break"
    is_of_the_system = operation == _COPROCESSORS[0] and second & 0x10  # eret, wait, the TLB
    return "break" if is_of_the_system or (operation == _SPECIAL2 and function == _SDBBP) else ""
