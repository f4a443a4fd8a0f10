"""The variables that guesses are made about: those of the files' own, and the parameters of their functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drivers.binary.lines import LineTable

_THROUGH = frozenset({"DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"})
_SCALARS = frozenset({"DW_TAG_base_type", "DW_TAG_enumeration_type"})


@dataclass(frozen=True, slots=True)
class Variable:
    """`function` is the one whose parameter it is; None where it means the same everywhere."""

    name: str
    function: str | None = None


def scalars(table: LineTable, path: str) -> list[Variable]:
    """Numbers and enums at the outermost level of a source file, and those that its functions take.

    Other locals are left out: until they are assigned, they hold what was on the stack by chance.
    """
    found: dict[Variable, None] = {}
    for unit, _ in table.units_of(path):
        top = unit.cu.get_top_DIE()
        for die in top.iter_children():
            if die.tag == "DW_TAG_variable" and "DW_AT_location" in die.attributes and _is_scalar(die):
                found.update(dict.fromkeys(_named(die, None)))
            elif die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.attributes:
                for function in _named(die, None):
                    for child in die.iter_children():
                        if child.tag == "DW_TAG_formal_parameter" and _is_scalar(child):
                            found.update(dict.fromkeys(_named(child, function.name)))
    return list(found)


def _named(die: Any, function: str | None) -> Iterator[Variable]:
    if "DW_AT_name" in die.attributes:
        yield Variable(die.attributes["DW_AT_name"].value.decode("utf-8", "replace"), function)


def _is_scalar(die: Any) -> bool:
    for _ in range(20):  # typedefs of typedefs; a cycle would be the compiler's mistake
        if "DW_AT_type" not in die.attributes:
            return False
        die = die.get_DIE_from_attribute("DW_AT_type")
        if die.tag not in _THROUGH:
            return die.tag in _SCALARS
    return False
