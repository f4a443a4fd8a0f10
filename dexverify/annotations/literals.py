"""Numbers and strings as written, to their values. By hand: nothing a user wrote is ever evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isinf

_LONGEST = 40  # digits: more than 128 bits hold in any base above binary

_SIMPLE = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
    "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip
_UNIT = re.compile(
    r"[^\\]|\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<octal>[0-7]{1,3})|(?P<simple>.))"
)


class LiteralError(ValueError):
    """A literal with no value. `start` and `end` are the offsets of the fault in what was written."""

    def __init__(self, message: str, start: int, end: int, hint: str) -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


def read_number(text: str) -> int | float:
    """The value of a number as the grammar has them. Raises LiteralError."""
    prefix = text[:2].lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(prefix)
    if base == 2 and len(text) <= 130:
        return int(text[2:], 2)
    if len(text) > _LONGEST:
        raise LiteralError("this number is too long", 0, len(text), f"at most {_LONGEST} characters")
    if base:
        return int(text[2:], base)
    if text.isdecimal():
        if text[0] == "0" and text.strip("0"):
            digits = text.lstrip("0")
            hint = f"write 0o{digits} for octal, or {digits}" if set(digits) <= set("01234567") else f"write {digits}"
            raise LiteralError("a number with leading zeros could be octal or decimal", 0, len(text), hint)
        return int(text)
    value = float(text)
    if isinf(value):
        raise LiteralError("this number is too large", 0, len(text), "the largest float is about 1.8e308")
    return value


def read_string(text: str) -> Iterator[tuple[str, int]]:
    """The characters of a string literal (given with its quotes), each with its offset. Raises LiteralError."""
    for unit in _UNIT.finditer(text, 1, len(text) - 1):
        yield _character(unit, unit.start()), unit.start()


def _character(unit: re.Match[str], position: int) -> str:
    code = unit["x"] or unit["u"] or unit["U"]
    if code or unit["octal"]:
        number = int(code, 16) if code else int(unit["octal"], 8)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise LiteralError(f"{unit[0]} is no character", position, unit.end(), "the last one is \\U0010ffff")
        return chr(number)
    if unit["simple"] is None:
        return unit[0]
    if unit["simple"] not in _SIMPLE:
        message = f"there is no escape {unit[0]} in a string"
        raise LiteralError(message, position, unit.end(), f"write \\{unit[0]} for a backslash itself")
    return _SIMPLE[unit["simple"]]
