"""Looking for positions in a column: the first or the last one at which it is true. Each takes one linear pass."""

from __future__ import annotations


def at(column: int, length: int, position: int) -> bool:
    """The column at one position."""
    return bool(column >> (length - 1 - position) & 1)


def first(column: int, length: int, start: int) -> int | None:
    """The first position from `start` on at which the column is true."""
    if start >= length:
        return None
    rest = column & ((1 << (length - start)) - 1)
    return length - rest.bit_length() if rest else None


def last(column: int, length: int, end: int) -> int | None:
    """The last position up to and including `end` at which the column is true."""
    if end < 0:
        return None
    rest = column >> (length - 1 - end)
    return end - ((rest & -rest).bit_length() - 1) if rest else None
