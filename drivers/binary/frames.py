"""Where a frame's canonical address is, and where its caller's registers are: a kernel's call frame table, read ahead.

A debugger unwinds a frame to learn its address, which takes longer than all the rest of a stop. Most rows of the table
say that it is a register's value plus a number, and that the return address is at a fixed distance from it (DWARF 5,
section 6.4). Rows that say anything else are left to gdb.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.callframe import FDE, CallFrameInfo

from drivers.binary.lines import LineTable

#: From this address on: the register (DWARF's number; NOWHERE where the row says something else) and what to add to it
#: for the canonical frame address; and where the address to return to and the frame pointer are kept, as distances from
#: that. None: still in their registers. The last two are for an exception's frame: where it keeps the return address of
#: the code that it interrupted, which may not have saved it yet, and its stack pointer (None: that is the address).
Row = tuple[int, int, int, int | None, int | None, int | None, int | None]

NOWHERE = -1
_LINK, _FRAME_POINTER, _STACK_POINTER = 31, 30, 29  # MIPS
_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """A function's rows, sorted by address."""

    start: int
    end: int
    rows: tuple[Row, ...]


def read_frames(table: LineTable) -> list[Entry]:
    """The entries of `.debug_frame`, and of `.eh_frame` where OS/161 has its exception handler's; sorted by address."""
    if not table.units:
        return []
    dwarf = table.units[0].cu.dwarfinfo
    found: dict[int, Entry] = {}
    for read in (_read_entries, _read_exception_entries):
        try:
            entries = [entry for fde in read(dwarf) if (entry := _read_entry(fde)) is not None]
        except (DWARFError, ELFError):  # a table that is damaged tells nothing
            continue
        for entry in entries:
            found.setdefault(entry.start, entry)
    return [found[start] for start in sorted(found)]


def find_bases(entries: Iterable[Entry], addresses: Iterable[int]) -> dict[int, tuple[int, int]]:
    """For each address where it is known: the register, and what to add to it for the canonical frame address."""
    found = {}
    pending = iter(entries)
    entry = next(pending, None)
    for address in sorted(addresses):
        while entry is not None and entry.end <= address:
            entry = next(pending, None)
        if entry is not None and entry.start <= address:
            row = next(row for row in reversed(entry.rows) if row[0] <= address)
            if row[1] != NOWHERE:
                found[address] = (row[1], row[2])
    return found


class _Table(CallFrameInfo):
    """pyelftools' reader, which stops at an augmentation of `.debug_frame`: `S` alone, without any data.

    GNU as writes it for `.cfi_signal_frame`, by which a kernel marks its exception handler.
    """

    def _parse_cie_augmentation(self, header: Any, structs: Any) -> Any:
        if header.get("augmentation") == b"S":
            return b"", {}
        return super()._parse_cie_augmentation(header, structs)


def _read_exception_entries(dwarf: Any) -> list[Any]:
    if not dwarf.has_EH_CFI():
        return []
    return [entry for entry in dwarf.EH_CFI_entries() if isinstance(entry, FDE)]


def _read_entries(dwarf: Any) -> list[Any]:
    if not dwarf.has_CFI():
        return []
    section = dwarf.debug_frame_sec
    table = _Table(stream=section.stream, size=section.size, address=section.address, base_structs=dwarf.structs)
    return [entry for entry in table.get_entries() if isinstance(entry, FDE)]


def _read_entry(fde: Any) -> Entry | None:
    is_exception = b"S" in (fde.cie["augmentation"] or b"")
    back = int(fde.cie["return_address_register"])
    if not is_exception and back != _LINK:
        return None
    rows = [_read_row(row, back, is_exception) for row in fde.get_decoded().table]
    start = int(fde["initial_location"]) & _WORD
    return Entry(start, start + int(fde["address_range"]), tuple(rows)) if rows else None


def _read_row(row: Any, back: int, is_exception: bool) -> Row:
    rule = row["cfa"]
    saved = [row.get(register) for register in (back, _FRAME_POINTER, _LINK, _STACK_POINTER)]
    pc = int(row["pc"]) & _WORD
    is_plain = rule is not None and rule.expr is None
    if not is_plain or any(place is not None and place.type not in ("OFFSET", "SAME_VALUE") for place in saved):
        return (pc, NOWHERE, 0, None, None, None, None)
    at_back, at_pointer, at_link, at_stack = (
        int(p.arg) if p is not None and p.type == "OFFSET" else None for p in saved
    )
    if is_exception and (at_back is None or at_link is None):
        return (pc, NOWHERE, 0, None, None, None, None)
    if not is_exception:
        at_link = at_stack = None
    return (pc, int(rule.reg), int(rule.offset), at_back, at_pointer, at_link, at_stack)
