"""What the page needs of one run, packed: a JSON header and typed columns, deflated, as base64.

Layout before deflating: the length of the header (4 bytes), the header (UTF-8), then the columns, each at a multiple
of 8 bytes. `columns` in the header tells of each its element type, its offset, and its count. Little-endian, as the
typed arrays of every browser are. `script/block.js` reads it.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from base64 import b64encode
from collections.abc import Iterable, Sequence
from operator import sub
from typing import Any

from dexverify.report.encoding import json_bytes

_ALIGNMENT = 8
_LEVEL = 6  # of zlib: 9 takes five times as long for a hundredth less


class Block:
    """Columns by name, to be packed with a header."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, int, int]] = {}
        self._parts: list[bytes] = []
        self._size = 0

    def numbers(self, name: str, values: Iterable[int]) -> None:
        """A column of integers from 0 to 2^32-1, in the narrowest type that takes them."""
        column = values if isinstance(values, array) and values.typecode == "I" else array("I", values)
        largest = max(column, default=0)
        code = "B" if largest < 1 << 8 else "H" if largest < 1 << 16 else "I"
        self._add(name, f"u{array(code).itemsize}", column if code == "I" else array(code, column), len(column))

    def differences(self, name: str, values: Sequence[int]) -> None:
        """A column of integers below 2^31, kept as what each differs by from the one before: that deflates well."""
        column = array("i", values[:1]) + array("i", map(sub, values[1:], values))
        self._add(name, "d4", column, len(column))

    def bits(self, name: str, column: int, length: int) -> None:
        """One bit a position; position i is bit i of `column`."""
        self._add(name, "bits", column.to_bytes((length + 7) // 8, "little"), length)

    def content(self, name: str, content: bytes) -> None:
        """Bytes as they are."""
        self._add(name, "u1", content, len(content))

    def packed(self, header: dict[str, Any]) -> str:
        """Everything, as text for a `script` element that is no script."""
        head = json_bytes({**header, "columns": self._places})
        start = len(head).to_bytes(4, "little") + head
        return packed_text(start + b"\0" * (-len(start) % _ALIGNMENT) + b"".join(self._parts))

    def _add(self, name: str, kind: str, column: array[int] | bytes, count: int) -> None:
        if isinstance(column, array):
            if sys.byteorder == "big":
                column = column[:]
                column.byteswap()
            column = column.tobytes()
        self._places[name] = (kind, self._size, count)
        padded = column + b"\0" * (-len(column) % _ALIGNMENT)
        self._parts.append(padded)
        self._size += len(padded)


def packed_text(content: bytes) -> str:
    """Bytes, deflated (zlib's format), as base64."""
    return b64encode(zlib.compress(content, _LEVEL)).decode()
