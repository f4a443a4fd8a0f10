"""A kernel's own threads: the expression that names the one at a step, where the kernel has such a thing.

For the debugger a kernel's threads are its processors. Which thread runs is known to the kernel alone: OS/161 and
those made after it have it in `curthread`, a `struct thread *` with a `t_name`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.binary.lines import LineTable
from drivers.state import Kind, Sample, Value

THREAD_NAME = Sample("curthread->t_name")


def has_thread_names(table: LineTable, paths: Sequence[str]) -> bool:
    """Whether `curthread->t_name` means something in every unit of these files, as the binary spells their paths."""
    units = [unit for path in paths for unit, _ in table.units_of(path)]
    return bool(units) and all(_has_thread_name(unit.cu.get_top_DIE()) for unit in units)


def _has_thread_name(unit: Any) -> bool:
    has_variable = has_member = False
    for die in unit.iter_children():
        name = die.attributes.get("DW_AT_name")
        if name is None:
            continue
        if die.tag == "DW_TAG_variable" and name.value == b"curthread":
            has_variable = True
        elif die.tag == "DW_TAG_structure_type" and name.value == b"thread":
            members = (member.attributes.get("DW_AT_name") for member in die.iter_children())
            has_member = has_member or any(member is not None and member.value == b"t_name" for member in members)
    return has_variable and has_member


def shown_name(value: Value) -> str:
    """The name alone, without its address."""
    return value.content if value.kind in {Kind.POINTER, Kind.STRING} and value.content else "-"
