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

from drivers.gdb.lines import LineTable

#: From this address on: the register (DWARF's number) and what to add to it for the canonical frame address; and where
#: the return address and the frame pointer are kept, as distances from that. None: still in their registers.
Row = tuple[int, int, int, int | None, int | None]

_RETURN_ADDRESS, _FRAME_POINTER = 31, 30  # MIPS


@dataclass(frozen=True, slots=True)
class Entry:
    """A function's rows, sorted by address."""

    start: int
    end: int
    rows: tuple[Row, ...]


def read_frames(table: LineTable) -> list[Entry]:
    """The entries of `.debug_frame` that hold plain rows only, sorted by address."""
    if not table.units or not table.units[0].cu.dwarfinfo.has_CFI():
        return []
    try:
        found = [entry for fde in _read_entries(table.units[0].cu.dwarfinfo) if (entry := _read_entry(fde)) is not None]
    except (DWARFError, ELFError):  # a table that is damaged tells nothing
        return []
    return sorted(found, key=lambda entry: entry.start)


def find_bases(entries: Iterable[Entry], addresses: Iterable[int]) -> dict[int, tuple[int, int]]:
    """For each address where it is known: the register, and what to add to it for the canonical frame address."""
    found = {}
    pending = iter(entries)
    entry = next(pending, None)
    for address in sorted(addresses):
        while entry is not None and entry.end <= address:
            entry = next(pending, None)
        if entry is not None and entry.start <= address:
            _, register, distance, _, _ = max(row for row in entry.rows if row[0] <= address)
            found[address] = (register, distance)
    return found


class _Table(CallFrameInfo):
    """pyelftools' reader, which stops at an augmentation of `.debug_frame`: `S` alone, without any data.

    GNU as writes it for `.cfi_signal_frame`, by which a kernel marks its exception handler.
    """

    def _parse_cie_augmentation(self, header: Any, structs: Any) -> Any:
        if header.get("augmentation") == b"S":
            return b"", {}
        return super()._parse_cie_augmentation(header, structs)


def _read_entries(dwarf: Any) -> list[Any]:
    section = dwarf.debug_frame_sec
    table = _Table(stream=section.stream, size=section.size, address=section.address, base_structs=dwarf.structs)
    return [entry for entry in table.get_entries() if isinstance(entry, FDE)]


def _read_entry(fde: Any) -> Entry | None:
    # What an exception interrupted is no caller: its own rules apply.
    if b"S" in (fde.cie["augmentation"] or b"") or not fde["address_range"]:
        return None
    rows = []
    for row in fde.get_decoded().table:
        rule = row["cfa"]
        if rule is None or rule.expr is not None:
            return None
        saved = [_saved_at(row, register) for register in (_RETURN_ADDRESS, _FRAME_POINTER)]
        if any(place is _ELSEWHERE for place in saved):
            return None
        rows.append((int(row["pc"]), int(rule.reg), int(rule.offset), saved[0], saved[1]))
    start = int(fde["initial_location"])
    return Entry(start, start + int(fde["address_range"]), tuple(rows)) if rows else None


_ELSEWHERE: Any = object()


def _saved_at(row: Any, register: int) -> Any:
    rule = row.get(register)
    if rule is None or rule.type == "SAME_VALUE":
        return None
    return int(rule.arg) if rule.type == "OFFSET" else _ELSEWHERE
