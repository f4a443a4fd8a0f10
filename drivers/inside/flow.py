"""Which probes tell nothing, by the machine code between them: those that another one always comes just before.

A line's table has a row for each part of a statement, and a function has one for its prologue. Where the code runs
straight from one row of a line to the next, `StepFilter` of the agent takes the second stop for a part of the
first; where it runs straight from a function's entry to its first line, one stop can stand for both. Each stop
that is spared is a step sooner, so the agent asks this before it sets its probes.

Where anything is unclear (computed jumps, inlined code) every probe is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from drivers.inside.steps import BODY, ENTRY

#: Address, length and text (AT&T syntax) of a machine instruction.
Instruction = tuple[int, int, str]

_NUMBER = re.compile(r"0x[0-9a-f]+")
_SIGN = 0xFFFFFFFF00000000  # what gdb adds to addresses with the highest bit of 32
_PREFIXES = r"(?:(?:notrack|bnd|repz|repnz|rep|repe|repne|data16|addr32|lock|cs|ds|es|fs|gs|ss|rex\S*) +)*"
_COMPUTED = re.compile(_PREFIXES + r"l?jmp[a-z]* +\*")
# What does not go on with the next instruction, or not in this activation: a call's callee has probes of its own, it
# may return here more than once (setjmp) or never, and what follows it is where the next probe tells of the return.
_BREAK = re.compile(_PREFIXES + r"(?:l?jmp|l?call|l?ret|iret|ud|hlt|int|sys|\(bad\)|x(?:begin|abort)|enclu|vm|rsm)")

# The same on MIPS, where all that branches, jumps or traps begins with one of these letters, and hardly anything else
# does; the instruction after it is still executed. `jr` to another register than $ra is a computed jump.
_MIPS_COMPUTED = re.compile(r"jr(?:\.\w+)?\s+(?!ra\b)")
_MIPS_BREAK = re.compile(r"[bjt]|eret|deret|syscall|sdbbp|wait")

_RETURN = re.compile(_PREFIXES + r"retq?$")
_MEMORY = re.compile(r"\([^)]*\)")
_BASE = re.compile(r"%(?:[re]?bp|bpl)\b|\b(?:enter|leave)")


def thin_out(
    probes: Sequence[Any],
    pieces: list[list[list[Instruction]]],
    is_own: Callable[[int], bool],
    *,
    is_mips: bool = False,
) -> dict[int, int]:
    """The probes to set, as address -> role; all addresses are those of the running program.

    `probes`: [address, role, path, line, …] each. `pieces`: the instructions
    of each piece of each function that has probes. `is_own`: whether the code
    at an address is of the function itself, not of one that is inlined there.
    `is_mips`: the text is of that processor, where addresses in it lack the sign.
    """
    roles = {probe[0]: probe[1] for probe in probes}
    places = {probe[0]: (probe[2], probe[3]) for probe in probes}
    targets = _find_targets(pieces)
    if is_mips:
        targets |= {_SIGN | target for target in targets}
    computed = _MIPS_COMPUTED if is_mips else _COMPUTED
    for body in pieces:
        if any(computed.match(text) for piece in body for _, _, text in piece):
            continue
        for piece in body:
            _thin_out_piece(piece, roles, places, targets, is_own, is_mips)
    return roles


def find_framed(pieces: list[list[list[Instruction]]]) -> set[int]:
    """Where `%rbp` holds the frame's base, as a compiler without optimisation does it (x86-64).

    There the canonical frame address is `%rbp` + 16, which is much faster to ask for than gdb's frame is. `pieces`:
    the instructions of each function's pieces; only a function of one piece is looked at.
    """
    found: set[int] = set()
    targets = _find_targets(pieces)
    for body in pieces:
        code = body[0]
        if len(body) != 1 or len(code) < 3:
            continue
        start = 1 if code[0][2].startswith("endbr64") else 0
        texts = [re.sub(r"\s+", " ", text).strip() for _, _, text in code]
        if texts[start : start + 2] != ["push %rbp", "mov %rsp,%rbp"] or code[start + 1][0] in targets:
            continue
        rest = range(start + 2, len(code))
        leaving = {i + 1 for i in rest if texts[i] in ("leave", "leaveq", "pop %rbp")}
        if any(i >= len(code) or not _RETURN.match(texts[i]) or code[i][0] in targets for i in leaving):
            continue
        if any(_BASE.search(_MEMORY.sub("", texts[i])) and i + 1 not in leaving for i in rest):
            continue
        found.update(code[i][0] for i in rest if i not in leaving)
    return found


def _find_targets(pieces: list[list[list[Instruction]]]) -> set[int]:
    # Whatever number an instruction names may be a place to jump to: a branch, or an address that is stored.
    return {
        int(number, 16) for body in pieces for piece in body for _, _, text in piece for number in _NUMBER.findall(text)
    }


def _thin_out_piece(
    piece: list[Instruction],
    roles: dict[int, int],
    places: dict[int, tuple[str, int]],
    targets: set[int],
    is_own: Callable[[int], bool],
    is_mips: bool,
) -> None:
    breaks = _MIPS_BREAK if is_mips else _BREAK
    is_delayed = False  # the instruction before was a branch, which comes after this one
    line: tuple[str, int] | None = None  # of the probe that was passed last on the way straight to here
    entry: int | None = None  # a mark that was passed, and no other probe since
    expected = None
    for address, length, text in piece:
        if address != expected or address in targets:
            line = entry = None
        expected = address + length
        role = roles.get(address)
        if role is not None:
            if not is_own(address):
                line = entry = None
            elif role == ENTRY:
                line, entry = None, address
            elif entry is not None:
                del roles[entry]
                roles[address] = role | BODY
                line, entry = places[address], None
            elif line == places[address] and not role & ENTRY:
                del roles[address]
            else:
                line = places[address]
        is_break = breaks.match(text) is not None
        if is_break or is_delayed:
            line = entry = None
        is_delayed = is_mips and is_break
