"""Columns of numbers to bytes and back, all at once: no Python is run for a single number.

The bytes of a column are sorted by their significance (all lowest ones, then all second ones, …), since most numbers
of a recording are small or near to their neighbours: what is left of that is found by zstandard.
"""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate
from struct import Struct

from drivers.recordings.blocks import RecordingError

WIDTHS = {"B": 1, "H": 2, "I": 4, "i": 4, "Q": 8}
_COUNT = Struct("<I")


class Packer:
    """Columns, one after the other; each says how long it is."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def add(self, column: array[int]) -> None:
        raw, width = column.tobytes(), column.itemsize
        if sys.byteorder == "big":
            column = column[:]
            column.byteswap()
            raw = column.tobytes()
        self._parts += (_COUNT.pack(len(column)), *(raw[at::width] for at in range(width)))

    def payload(self) -> bytes:
        return b"".join(self._parts)


class Unpacker:
    """Raises RecordingError where the columns are not as they must be. No more is allocated than there are bytes."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0

    def column(self, code: str, count: int | None = None) -> array[int]:
        """The next column, of numbers as `array` has them by this code; `count` is how many there must be."""
        if len(self._payload) - self._at < _COUNT.size:
            raise RecordingError("a column is missing")
        (found,) = _COUNT.unpack_from(self._payload, self._at)
        width, start = WIDTHS[code], self._at + _COUNT.size
        if found * width > len(self._payload) - start or (count is not None and found != count):
            raise RecordingError("a column is not as long as it must be")
        raw = bytearray(found * width)
        for at in range(width):
            raw[at::width] = self._payload[start + at * found : start + (at + 1) * found]
        self._at = start + found * width
        column = array(code)
        column.frombytes(raw)
        if sys.byteorder == "big":
            column.byteswap()
        return column

    def end(self) -> None:
        if self._at != len(self._payload):
            raise RecordingError("something follows the last column")


def differences(ascending: array[int], base: int) -> array[int]:
    """What each number, none below `base`, is above the one before it.

    One subtraction of long integers: no lane borrows from the next one where none is below its neighbour.
    """
    bits = 32 * len(ascending)
    lanes = int.from_bytes(ascending.tobytes(), "little")
    shifted = ((lanes << 32) | base) & ((1 << bits) - 1)
    result = array("I")
    result.frombytes((lanes - shifted).to_bytes(bits // 8, "little"))
    return result


def ascending(differences: array[int], base: int, end: int) -> array[int]:
    """The inverse of `differences`, every number below `end` and above the one before it."""
    if len(differences) > 1 and min(memoryview(differences)[1:]) < 1:
        raise RecordingError("steps are out of order")
    if base + sum(differences) >= end:
        raise RecordingError("a value changes after the last step")
    sums = accumulate(differences, initial=base)
    next(sums)
    return array("I", sums)
