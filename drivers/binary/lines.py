"""Which source lines of a binary have code, and at which addresses: its DWARF line tables, read by pyelftools.

Only the compilation units that mention a wanted file are read any further than their header, because start-up
time counts. Addresses are those of the file: the load bias of a position-independent executable is not in them.
(DWARF 5, section 6.2, "Line Number Information".)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.constants import P_FLAGS
from elftools.elf.elffile import ELFFile

from drivers.base import DriverError


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the line table that begins a statement, the last one of its address."""

    address: int
    path: str
    line: int
    column: int
    # Several rows with one address: the lines of those that are hidden by this one.
    earlier: tuple[int, ...] = ()


@dataclass(slots=True)
class Unit:
    """A compilation unit: its source files (by number in its line program), and its rows, read when wanted."""

    cu: Any
    directory: str
    files: dict[int, str]
    #: The addresses that hold code: rows of functions that the linker left out lie elsewhere.
    code: list[tuple[int, int]]
    _rows: list[Row] | None = field(default=None, repr=False)

    def rows(self) -> list[Row]:
        """Sorted by address."""
        if self._rows is None:
            self._rows = _read_rows(self.cu, self.files, self.code)
        return self._rows


class LineTable:
    """The line table of one ELF file, which is `elf` in pyelftools. `entry` is the address of its entry point."""

    def __init__(self, units: list[Unit], entry: int, has_debug_info: bool, elf: Any) -> None:
        self.units = units
        self.entry = entry
        self.has_debug_info = has_debug_info
        self.elf = elf

    @classmethod
    def read(cls, binary: Path) -> LineTable:
        """Raises DriverError when there is no such file, or when it is no ELF file or a damaged one."""
        try:
            content = binary.read_bytes()
        except OSError as error:
            raise DriverError(f"{binary}: cannot be read: {error.strerror}") from error
        if content[:4] != b"\x7fELF":
            raise DriverError(f"{binary} is not an ELF file: give a program that a C compiler linked")
        try:
            elf = ELFFile(BytesIO(content))
            entry = int(elf["e_entry"])
            if not elf.has_dwarf_info():
                return cls([], entry, has_debug_info=False, elf=elf)
            code = [
                (segment["p_vaddr"], segment["p_vaddr"] + segment["p_memsz"])
                for segment in elf.iter_segments("PT_LOAD")
                if segment["p_flags"] & P_FLAGS.PF_X
            ]
            dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False, follow_links=False)
            units = [unit for cu in dwarf.iter_CUs() if (unit := _read_unit(dwarf, cu, code)) is not None]
        except (ELFError, DWARFError) as error:
            raise DriverError(f"{binary}: its debug information cannot be read: {error}") from error
        return cls(units, entry, has_debug_info=bool(units), elf=elf)

    def files(self) -> set[str]:
        """The absolute, normalised paths of all source files that the line tables mention."""
        return {path for unit in self.units for path in unit.files.values()}

    def units_of(self, path: str) -> Iterator[tuple[Unit, str]]:
        """The units that mention the file, each with the file's path as it stands there.

        A path that matches none as it is written is compared by what it links to.
        """
        path = os.path.normpath(path)
        found = [(unit, path) for unit in self.units if path in unit.files.values()]
        if not found:
            real = os.path.realpath(path)
            aliases = {other for other in self.files() if os.path.realpath(other) == real}
            found = [
                (unit, other) for unit in self.units for other in dict.fromkeys(unit.files.values()) if other in aliases
            ]
        return iter(found)

    def lines_with_code(self, path: str | os.PathLike[str]) -> list[int]:
        """Sorted. Empty for a file that the binary was not built from."""
        lines: set[int] = set()
        for unit, alias in self.units_of(os.fspath(path)):
            for row in unit.rows():
                if row.path == alias:
                    lines.add(row.line)
                    lines.update(row.earlier)
        return sorted(lines)


def _read_unit(dwarf: Any, cu: Any, code: list[tuple[int, int]]) -> Unit | None:
    """None for a unit without a line program."""
    top = cu.get_top_DIE()
    program = dwarf.line_program_for_CU(cu)
    if program is None:
        return None
    attribute = top.attributes.get("DW_AT_comp_dir")
    directory = _text(attribute.value) if attribute else "/"
    return Unit(cu, directory, dict(_name_files(program.header, directory)), code)


def _name_files(header: Any, directory: str) -> Iterable[tuple[int, str]]:
    # Until DWARF 4 files and directories count from 1 and directory 0 is the compilation's; since DWARF 5 both
    # count from 0 and directory 0 is listed (DWARF 5, section 6.2.4, items 11 and 19).
    is_new = header["version"] >= 5
    directories = [_text(name) for name in header["include_directory"]]
    if not is_new:
        directories.insert(0, directory)
    for number, entry in enumerate(header["file_entry"], start=0 if is_new else 1):
        place = directories[entry.dir_index] if entry.dir_index < len(directories) else directory
        yield number, os.path.normpath(os.path.join(directory, place, _text(entry.name)))  # noqa: PTH118 - hot


def _read_rows(cu: Any, files: dict[int, str], code: list[tuple[int, int]]) -> list[Row]:
    rows: dict[int, Row] = {}
    last: tuple[int, int] | None = None  # file and line of the last row that counts
    line = 0
    is_split = False
    for entry in cu.dwarfinfo.line_program_for_CU(cu).get_entries():
        state = entry.state
        if state is None:
            continue
        if state.end_sequence:
            last = None
            continue
        # A line that has several basic blocks (it has discriminators) counts as one, as it does for gdb's `step`
        # (dwarf_record_line_p in gdb's dwarf2/read.c): its further rows begin no statement of their own.
        is_split = state.discriminator != 0 or (is_split and state.line == line)
        line = state.line
        if is_split and last == (state.file, line):
            continue
        last = (state.file, line)
        path = files.get(state.file)
        if not state.is_stmt or line == 0 or path is None:
            continue
        if not any(low <= state.address < high for low, high in code):
            continue
        before = rows.get(state.address)
        earlier = (*before.earlier, before.line) if before else ()
        rows[state.address] = Row(state.address, path, line, state.column, earlier)
    return [rows[address] for address in sorted(rows)]


def _text(value: bytes | str) -> str:
    return os.fsdecode(value)
