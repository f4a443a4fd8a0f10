"""Where a frame's canonical address is: the rows of the call frame table (DWARF 5, section 6.4) that say so plainly.

A debugger unwinds a frame to learn its address, which takes longer than all the rest of a stop. Most rows of the table
say that it is a register's value plus a number, and a register can be had for less.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.callframe import FDE, CallFrameInfo

from drivers.gdb.lines import LineTable

#: DWARF's number of a register, and what to add to it.
Base = tuple[int, int]


def find_bases(table: LineTable, addresses: Iterable[int]) -> dict[int, Base]:
    """For each address where it is known: how to get the canonical address of the frame of the code there."""
    if not table.units:
        return {}
    dwarf = table.units[0].cu.dwarfinfo
    if not dwarf.has_CFI():
        return {}
    try:
        entries = sorted(
            (entry for entry in _read_entries(dwarf) if isinstance(entry, FDE)),
            key=lambda entry: int(entry["initial_location"]),
        )
        return _look_up(entries, addresses)
    except (DWARFError, ELFError):  # a table that is damaged tells nothing
        return {}


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
    return list(table.get_entries())


def _look_up(entries: list[Any], addresses: Iterable[int]) -> dict[int, Base]:
    starts = [int(entry["initial_location"]) for entry in entries]
    decoded: dict[int, list[Any]] = {}
    found: dict[int, Base] = {}
    for address in addresses:
        number = bisect_right(starts, address) - 1
        if number < 0 or address >= starts[number] + int(entries[number]["address_range"]):
            continue
        if number not in decoded:
            decoded[number] = entries[number].get_decoded().table
        rows = [row for row in decoded[number] if row["pc"] <= address]
        rule = rows[-1]["cfa"] if rows else None
        if rule is not None and rule.expr is None:
            found[address] = (int(rule.reg), int(rule.offset))
    return found
