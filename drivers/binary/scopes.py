"""Functions and local variables of a compilation unit: where a function begins, where a local has no value yet.

DWARF 5, sections 3.3 (subroutines), 3.5 (lexical blocks) and 4.1 (data objects).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from elftools.dwarf.ranges import BaseAddressEntry

from drivers.binary.lines import LineTable, Row, Unit

Range = tuple[int, int]  # addresses: first, one past the last

_SCOPES = frozenset({"DW_TAG_lexical_block", "DW_TAG_inlined_subroutine", "DW_TAG_try_block", "DW_TAG_catch_block"})
_OBJECTS = frozenset({"DW_TAG_variable", "DW_TAG_formal_parameter"})
_HOLDERS = frozenset({"DW_TAG_namespace", "DW_TAG_class_type", "DW_TAG_structure_type", "DW_TAG_union_type"})
_NAMING = _SCOPES | {"DW_TAG_subprogram", "DW_TAG_enumeration_type"}
_C = frozenset({0x01, 0x02, 0x0C, 0x1D, 0x2C})  # DW_LANG_C89, _C, _C99, _C11, _C17
# A location that begins with one of these is a fixed address, so the variable is static (DWARF 5, 2.5.1.1).
_STATIC_OPERATORS = frozenset({0x03, 0xA1, 0xFB})  # DW_OP_addr, DW_OP_addrx, DW_OP_GNU_addr_index


@dataclass(slots=True)
class Function:
    """A function's code, and where each wanted local variable has not been initialised yet.

    `hidden` is for a stop at the beginning of a statement: up to that of the declaration, which is included.
    `unfinished` is for a frame in the middle of a call: to the end of the declaration's line.
    """

    entry: int
    ranges: list[Range]
    hidden: dict[str, list[Range]] = field(default_factory=dict)
    unfinished: dict[str, list[Range]] = field(default_factory=dict)


def read_functions(unit: Unit, names: Collection[str], foreign: Collection[str] = ()) -> list[Function]:
    """The functions with code of their own, with the hidden ranges of the locals that are called one of `names`.

    Those called one of `foreign` are hidden wherever no local of that name is in scope.
    """
    functions = []
    for die in _subprograms(unit.cu.get_top_DIE()):
        ranges = _ranges(unit.cu, die)
        if not ranges:
            continue
        function = Function(ranges[0][0], ranges)
        # What is nested in another function, as GNU C has it, may mean a local of that one.
        for name in foreign if die.get_parent().tag not in _SCOPES | {"DW_TAG_subprogram"} else ():
            function.hidden[name], function.unfinished[name] = list(ranges), list(ranges)
        if names:
            _hide_locals(unit, die, ranges, frozenset(names), function)
        functions.append(function)
    return functions


def is_alone(unit: Unit, function: Function) -> bool:
    """Whether it is known that no other function's code is within this one: neither inlined nor nested."""
    for die in unit.cu.get_top_DIE().iter_children():
        if die.tag == "DW_TAG_subprogram" and _ranges(unit.cu, die) == function.ranges:
            return not any(_others(die))
    return False


def _others(scope: Any) -> Iterator[Any]:
    for die in scope.iter_children():
        if die.tag in ("DW_TAG_inlined_subroutine", "DW_TAG_subprogram"):
            yield die
        elif die.has_children:
            yield from _others(die)


def foreign_names(units: Collection[Unit], names: Collection[str]) -> dict[int, set[str]]:
    """For each unit, by its id: the names of variables that are private to others or local, and unknown in this one.

    A debugger, asked for a name that is not in scope, looks for a file that has one, and takes any; last of all it
    takes the function of a library that happens to be called `read` or `index`, as the local is.
    """
    known: dict[int, set[str]] = {}
    private: set[str] = set()
    shared: set[str] = set()
    for unit in units:
        found = known.setdefault(id(unit), set())
        for die in unit.cu.get_top_DIE().iter_children():
            if die.tag == "DW_TAG_variable" and (name := _declaration(die)[0]) in names and name is not None:
                found.add(name)
                (shared if "DW_AT_external" in die.attributes else private).add(name)
    local: set[str] = set()
    for unit in units if names else ():
        local |= _local_names(unit.cu.get_top_DIE(), names, known[id(unit)])
    return {unit: (private | local) - shared - found for unit, found in known.items()}


def _local_names(parent: Any, names: Collection[str], known: set[str], *, has_members: bool | None = None) -> set[str]:
    """Which of the names locals have, at any depth. `known` gains those of all else that a name alone can mean."""
    if has_members is None:  # in C, that of a member means nothing by itself
        language = parent.attributes.get("DW_AT_language")
        has_members = language is None or language.value not in _C
    is_block = parent.tag in _SCOPES or parent.tag == "DW_TAG_subprogram"
    found: set[str] = set()
    for die in parent.iter_children():
        name = _declaration(die)[0]
        if name is not None and name in names:
            (found if is_block and die.tag in _OBJECTS else known).add(name)
        if die.has_children and (die.tag in _NAMING or (has_members and die.tag in _HOLDERS)):
            found |= _local_names(die, names, known, has_members=has_members)
    return found


def function_names(table: LineTable, path: str) -> set[str]:
    """The functions defined in the units of a source file, without namespaces and parameters; inlined ones too."""
    dies = (die for unit, _ in table.units_of(path) for die in _subprograms(unit.cu.get_top_DIE()))
    names = (_declaration(die)[0] for die in dies if "DW_AT_declaration" not in die.attributes)
    return {name for name in names if name is not None}


def uninitialised_names(table: LineTable, path: str) -> set[str]:
    """The local variables in the units of a source file that may be without a value after their declaration.

    They have no initialiser, so that there is no code on the declaration's line; or that line declares several, and
    the code may be another one's.
    """
    found: set[str] = set()
    for unit, alias in table.units_of(path):
        rows = [row for row in unit.rows() if row.path == alias]
        with_code = {line for row in rows for line in (row.line, *row.earlier)}
        for die in _subprograms(unit.cu.get_top_DIE()):
            declared = Counter(_locals(die))
            lines = Counter(line for _, line in declared)
            found |= {name for name, line in declared if line not in with_code or lines[line] > 1}
    return found


def _locals(scope: Any) -> Iterator[tuple[str, int]]:
    """The name and the declaration's line of each local variable, but for static ones."""
    for die in scope.iter_children():
        if die.tag in _SCOPES:
            yield from _locals(die)
        elif die.tag == "DW_TAG_variable" and not _is_static(die):
            name, line = _declaration(die)
            if name is not None and line is not None:
                yield name, line


def _subprograms(parent: Any) -> Iterator[Any]:
    for die in parent.iter_children():
        if die.tag == "DW_TAG_subprogram":
            yield die
            # A GNU C nested function stands inside the one around it.
            if die.has_children:
                yield from _subprograms(die)
        elif die.has_children and (die.tag in _HOLDERS or die.tag in _SCOPES):
            yield from _subprograms(die)


def _hide_locals(unit: Unit, scope: Any, ranges: list[Range], names: frozenset[str], function: Function) -> None:
    nested = []
    for die in scope.iter_children():
        if die.tag in _SCOPES:
            if die.has_children:
                nested.append(die)
        elif die.tag in _OBJECTS:
            name, line = _declaration(die)
            if name is None or name not in names:
                continue
            # The innermost declaration decides, whatever an outer one of that name would have said.
            hidden = function.hidden[name] = _cut(function.hidden.get(name, []), ranges)
            unfinished = function.unfinished[name] = _cut(function.unfinished.get(name, []), ranges)
            if die.tag == "DW_TAG_variable" and line is not None and not _is_static(die):
                found = _find_declaration(unit.rows(), ranges, line)
                if found is not None:
                    low, first, end = found
                    hidden.append((low, first + 1))
                    unfinished.append((low, end))
    for die in nested:
        _hide_locals(unit, die, _ranges(unit.cu, die) or ranges, names, function)


def _cut(pieces: list[Range], holes: list[Range]) -> list[Range]:
    for low, high in holes:
        pieces = [
            piece
            for first, last in pieces
            for piece in ((first, min(last, low)), (max(first, high), last))
            if piece[0] < piece[1]
        ]
    return pieces


def _find_declaration(rows: list[Row], ranges: list[Range], line: int) -> tuple[int, int, int] | None:
    """The beginning of the block, and the first address and the end of the code on the declaration's line.

    None for a declaration without code (it has no initialiser): that never gets a value of its own.
    """
    for low, high in ranges:
        first = None
        for row in rows[bisect_left(rows, low, key=lambda row: row.address) :]:
            is_there = row.line == line or line in row.earlier
            if first is not None and (not is_there or row.address >= high):
                return low, first, min(row.address, high)
            if row.address >= high:
                break
            if first is None and is_there:
                first = row.address
        if first is not None:
            return low, first, high
    return None


def _declaration(die: Any) -> tuple[str | None, int | None]:
    name = line = None
    while die is not None:
        attributes = die.attributes
        if name is None and "DW_AT_name" in attributes:
            name = attributes["DW_AT_name"].value.decode("utf-8", "surrogateescape")
        if line is None and "DW_AT_decl_line" in attributes:
            line = int(attributes["DW_AT_decl_line"].value)
        link = next((key for key in ("DW_AT_abstract_origin", "DW_AT_specification") if key in attributes), None)
        die = die.get_DIE_from_attribute(link) if link else None
    return name, line


def _is_static(die: Any) -> bool:
    attributes = die.attributes
    if "DW_AT_external" in attributes or "DW_AT_const_value" in attributes:
        return True
    location = attributes.get("DW_AT_location")
    if location is None or not isinstance(location.value, list) or not location.value:
        return False
    return location.value[0] in _STATIC_OPERATORS


def _ranges(cu: Any, die: Any) -> list[Range]:
    attributes = die.attributes
    low = attributes.get("DW_AT_low_pc")
    high = attributes.get("DW_AT_high_pc")
    if low is not None and high is not None:
        # A constant is the length, an address is the end (DWARF 5, section 2.17.2).
        end = high.value if high.form == "DW_FORM_addr" else low.value + high.value
        return [(low.value, end)]
    if "DW_AT_ranges" not in attributes:
        return []
    base_attribute = cu.get_top_DIE().attributes.get("DW_AT_low_pc")
    base = base_attribute.value if base_attribute else 0
    found = []
    lists = cu.dwarfinfo.range_lists()
    for entry in lists.get_range_list_at_offset(attributes["DW_AT_ranges"].value, cu):
        if isinstance(entry, BaseAddressEntry):
            base = entry.base_address
        else:
            offset = 0 if getattr(entry, "is_absolute", False) else base
            found.append((offset + entry.begin_offset, offset + entry.end_offset))
    return found
