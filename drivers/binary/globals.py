"""Global variables that are not in memory: a kernel's in a register (OS/161's `curthread`), and those optimised out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from drivers.binary.lines import LineTable

_FIRST, _LAST = 0x50, 0x6F  # DW_OP_reg0 to DW_OP_reg31 (DWARF 5, 2.6.1.1.3)
_OF_VALUE = ("DW_AT_location", "DW_AT_const_value")


def globals_outside_memory(table: LineTable, names: Collection[str]) -> dict[str, int | None]:
    """From those of the names that are such variables to their registers, by DWARF's numbers; None: optimised out."""
    found: dict[str, int | None] = {}
    in_memory: set[str] = set()
    for unit in table.units:
        for die in unit.cu.get_top_DIE().iter_children():
            if die.tag != "DW_TAG_variable" or "DW_AT_name" not in die.attributes:
                continue
            name = die.attributes["DW_AT_name"].value.decode("utf-8", "replace")
            if name not in names:
                continue
            register = _register(die)
            if register is not None:
                found[name] = register
            elif any(attribute in die.attributes for attribute in _OF_VALUE):
                in_memory.add(name)
            elif "DW_AT_declaration" not in die.attributes:
                found.setdefault(name, None)
    return {name: place for name, place in found.items() if name not in in_memory}


def _register(die: Any) -> int | None:
    """The one that the variable is in."""
    location = die.attributes.get("DW_AT_location")
    if location is None or not isinstance(location.value, list) or len(location.value) != 1:
        return None
    code = int(location.value[0])
    return code - _FIRST if _FIRST <= code <= _LAST else None
