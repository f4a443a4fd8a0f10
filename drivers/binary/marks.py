"""Which marks are needless: the probes that only tell that a line was left, where no way leads back to it past them.

`StepFilter` (steps.py) takes a stop at the line that its activation stopped at last for a part of the same step, so
it must be told when the line was left meanwhile. A kernel's stop is dear, and most marks tell nothing, which the
machine code of the function shows. The span of a line is the addresses from its first row in the function to its
last one, and with them whatever lies between the target and the source of a backward jump that meets the span, until
none is added. A mark outside its span is never passed between two stops at the line in one activation: to come from
the span to an address above it and back, or below it and back, the run must leave some address for one that is not
above it, and so by a jump; this one has one end beyond the span and the other in it or across it, so it meets the
span, which has taken it in. A callee's code changes nothing: the run goes on behind the call.

The other thing that `StepFilter` looks at is which activation stopped last, where a call returns to a row of the line
that it was made from. Marks anywhere may decide that; where a watched line has such a row, all marks are kept.

For 32-bit MIPS, whose instructions have four bytes (MIPS32 Architecture for Programmers, volume II, 2.5). A branch
takes effect behind its delay slot. All marks of a function are kept where anything about it is unclear: computed
jumps, calls that may return twice, code that is inlined (its activations are others), several pieces, jumps into it
from elsewhere. `setjmp` and its like are known by their names.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from sys import byteorder
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS

Place = tuple[str, int]  # a source file and a line

_CLEAR_ARCHITECTURES = (0x0, 0x1, 0x5, 0x7)  # MIPS I, MIPS II, MIPS32, MIPS32r2; from release 6 on some have no slot
# EF_MIPS_ARCH_ASE: MDMX, MIPS16, microMIPS; and EF_MIPS_PIC, EF_MIPS_CPIC: there calls go through a register.
_UNCLEAR_FLAGS = 0x0F000000 | 0x2 | 0x4
_RETURNS_TWICE = re.compile(r"setjmp|vfork|getcontext|savectx")

_SPECIAL, _REGIMM, _J, _JAL, _JALX = 0, 1, 2, 3, 29
_JR, _JALR, _RETURN_REGISTER = 8, 9, 31
_BRANCHES = frozenset({4, 5, 6, 7, 20, 21, 22, 23})  # beq, bne, blez, bgtz, and their likely forms
_COPROCESSORS = frozenset({16, 17, 18, 19})
_COPROCESSOR_BRANCHES = frozenset({8, 9, 10})  # bc, and those of several conditions
_REGIMM_BRANCHES = frozenset({0, 1, 2, 3, 16, 17, 18, 19, 28, 29})
_REGIMM_CALLS = frozenset({16, 17, 18, 19})
_EXCEPTION_RETURNS = frozenset({0x42000018, 0x4200001F})  # eret, deret
_ADDS = frozenset({9, 13})  # addiu, ori: the lower half of an address


@dataclass(frozen=True, slots=True)
class Body:
    """A function's code. `is_plain`: it is of one piece, and no other function's code is in it."""

    low: int
    high: int
    is_plain: bool


class Code:
    """The machine code of an ELF file, as words, and its jumps."""

    def __init__(self, pieces: Sequence[tuple[int, array[int]]], twice: Collection[int]) -> None:
        """`pieces`: address and words of each. `twice`: the functions that may return twice."""
        self._pieces = sorted(pieces, key=lambda piece: piece[0])
        self._starts = [address for address, _ in self._pieces]
        self.twice = frozenset(twice)
        self._jumps = sorted(jump for start, words in self._pieces for jump in _find_jumps(start, words))

    def words(self, low: int, high: int) -> array[int] | None:
        """None where the file has no such code."""
        number = bisect_right(self._starts, low) - 1
        if number < 0 or (low | high) & 3 or high <= low:
            return None
        start, words = self._pieces[number]
        if high > start + 4 * len(words):
            return None
        return words[(low - start) // 4 : (high - start) // 4]

    def jumps_to(self, low: int, high: int) -> list[tuple[int, int]]:
        """(source, target) of those jumps and direct calls in the whole file that lead to low ≤ address < high."""
        first, last = bisect_left(self._jumps, (low, 0)), bisect_left(self._jumps, (high, 0))
        return [(source, target) for target, source in self._jumps[first:last]]


def read_code(elf: Any) -> Code | None:
    """None for a file of another kind, of which nothing is known here, or a damaged one. `elf`: pyelftools' ELFFile."""
    try:
        return _read_code(elf)
    except ELFError:
        return None


def _read_code(elf: Any) -> Code | None:
    if elf.elfclass != 32 or elf["e_machine"] != "EM_MIPS":
        return None
    flags = elf["e_flags"]
    symbols = elf.get_section_by_name(".symtab")
    if flags & _UNCLEAR_FLAGS or flags >> 28 not in _CLEAR_ARCHITECTURES or symbols is None:
        return None
    pieces = []
    for section in elf.iter_sections("SHT_PROGBITS"):
        if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR and not section["sh_addr"] & 3:
            content = section.data()
            words = array("I", content[: len(content) & ~3])
            if elf.little_endian != (byteorder == "little"):
                words.byteswap()
            pieces.append((section["sh_addr"], words))
    twice = {symbol["st_value"] for symbol in symbols.iter_symbols() if _RETURNS_TWICE.search(symbol.name)}
    return Code(pieces, twice - {0})


def find_needless(
    code: Code, bodies: Iterable[Body], steps: Mapping[int, Place], marks: Mapping[int, Place]
) -> set[int]:
    """Those of the marks that no step depends on.

    `bodies`: of all functions that have probes. `steps`: the probes that are recorded, with their places; `marks`: all
    others. Those of the functions' entries are among these, and have a use of their own, which is not looked at here.
    """
    places = {**marks, **steps}
    ordered = sorted(places)
    needless: set[int] = set()
    kept: set[int] = set()
    unclear = set(steps)
    for body in bodies:
        inside = ordered[bisect_left(ordered, body.low) : bisect_left(ordered, body.high)]
        others = [address for address in inside if address in marks]
        flow = _read_flow(code, body)
        if flow is None or any(address & 3 for address in inside):
            kept.update(others)
            continue
        own = {address: steps[address] for address in inside if address in steps}
        if any(_is_call_before(address, code) and _is_returned_to(address, flow, inside, places) for address in own):
            return set()
        unclear.difference_update(own)
        spans = _find_spans(own, flow)
        for address in others:
            is_between = any(low <= address and flow.first_of(address) <= high for low, high in spans)
            (kept if is_between else needless).add(address)
    if any(_is_call_before(address, code) for address in unclear):
        return set()
    return needless - kept


@dataclass(frozen=True, slots=True)
class _Flow:
    """The jumps within a function, from the end of the delay slot on, and the addresses of all delay slots."""

    jumps: list[tuple[int, int]]
    slots: frozenset[int]

    def first_of(self, address: int) -> int:
        """gdb moves a breakpoint in a delay slot to the branch (mips_adjust_breakpoint_address)."""
        return address - 4 if address in self.slots else address


def _read_flow(code: Code, body: Body) -> _Flow | None:
    """None for a function that is unclear."""
    words = code.words(body.low, body.high)
    if words is None or not body.is_plain:
        return None
    halves = {address & 0xFFFF for address in code.twice}
    slots = set()
    for address, word in zip(range(body.low, body.high, 4), words, strict=True):
        operation, function = word >> 26, word & 63
        if word in _EXCEPTION_RETURNS or operation == _JALX:
            return None
        if operation == _SPECIAL and function == _JR and (word >> 21) & 31 != _RETURN_REGISTER:
            return None
        if operation == _SPECIAL and function == _JALR and (word >> 11) & 31 != _RETURN_REGISTER:
            return None
        if operation in _ADDS and word & 0xFFFF in halves:  # to be called through a register
            return None
        target = _target(address, word)
        if target in code.twice:
            return None
        if target is not None or (operation == _SPECIAL and function in (_JR, _JALR)):
            slots.add(address + 4)
    jumps = []
    for source, target in code.jumps_to(body.low, body.high):
        if not body.low <= source < body.high:
            if target != body.low:
                return None
        elif words[(source - body.low) // 4] >> 26 != _JAL:
            jumps.append((source + 4, target))
        elif target != body.low:
            return None
    return _Flow(jumps, frozenset(slots))


def _find_spans(steps: Mapping[int, Place], flow: _Flow) -> list[tuple[int, int]]:
    rows: dict[Place, list[int]] = {}
    for address, place in steps.items():
        rows.setdefault(place, []).append(address)
    backward = [(target, source) for source, target in flow.jumps if target <= source]
    return [_grow(min(map(flow.first_of, found)), max(found), backward) for found in rows.values()]


def _grow(low: int, high: int, intervals: Iterable[tuple[int, int]]) -> tuple[int, int]:
    pending = set(intervals)
    while meeting := {interval for interval in pending if interval[0] <= high and low <= interval[1]}:
        pending -= meeting
        low = min(low, *(first for first, _ in meeting))
        high = max(high, *(last for _, last in meeting))
    return low, high


def _is_call_before(address: int, code: Code) -> bool:
    """Whether a call may return to this address."""
    words = code.words(address - 8, address - 4)
    if words is None:
        return True
    operation = words[0] >> 26
    if operation == _SPECIAL:
        return words[0] & 63 == _JALR
    return operation in (_JAL, _JALX) or (operation == _REGIMM and (words[0] >> 16) & 31 in _REGIMM_CALLS)


def _is_returned_to(address: int, flow: _Flow, inside: Sequence[int], places: Mapping[int, Place]) -> bool:
    """Whether the call before this probe may be made from the probe's own line."""
    call = address - 8
    number = bisect_right(inside, call) - 1
    if number < 0:  # the function begins here
        return False
    before = inside[number]
    if places[before] == places[address]:
        return True
    # The probe before the call is of another line: does every way to the call lead past that one?
    first = before if before in flow.slots else before + 4
    return any(first <= target <= call for _, target in flow.jumps)


def _find_jumps(start: int, words: array[int]) -> Iterator[tuple[int, int]]:
    """(target, source) of each."""
    for number, word in enumerate(words):
        if word >= 1 << 26:  # most are no SPECIAL ones
            target = _target(start + 4 * number, word)
            if target is not None:
                yield target, start + 4 * number


def _target(address: int, word: int) -> int | None:
    """Where a jump, branch or direct call leads to; None for any other instruction."""
    operation = word >> 26
    if operation in (_J, _JAL):
        return ((address + 4) & 0xF0000000) | ((word & 0x03FFFFFF) << 2)
    if (
        operation in _BRANCHES
        or (operation == _REGIMM and (word >> 16) & 31 in _REGIMM_BRANCHES)
        or (operation in _COPROCESSORS and (word >> 21) & 31 in _COPROCESSOR_BRANCHES)
    ):
        return (address + 4 + (((word & 0xFFFF) ^ 0x8000) - 0x8000) * 4) & 0xFFFFFFFF
    return None
