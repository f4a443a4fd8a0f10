"""Global variables that a kernel keeps in a register: OS/161's `curthread` is in s7, in each file that has it."""

from __future__ import annotations

from collections.abc import Collection

from drivers.binary.lines import LineTable

_FIRST, _LAST = 0x50, 0x6F  # DW_OP_reg0 to DW_OP_reg31 (DWARF 5, 2.6.1.1.3)


def register_variables(table: LineTable, names: Collection[str]) -> dict[str, int]:
    """From those of the names that are such variables to their registers, by DWARF's numbers."""
    found: dict[str, int | None] = {}
    for unit in table.units:
        if len(found) == len(names):
            break
        for die in unit.cu.get_top_DIE().iter_children():
            if die.tag != "DW_TAG_variable" or "DW_AT_name" not in die.attributes:
                continue
            name = die.attributes["DW_AT_name"].value.decode("utf-8", "replace")
            location = die.attributes.get("DW_AT_location")
            if name in names and name not in found and location is not None and isinstance(location.value, list):
                is_register = len(location.value) == 1 and _FIRST <= location.value[0] <= _LAST
                found[name] = location.value[0] - _FIRST if is_register else None
    return {name: register for name, register in found.items() if register is not None}
