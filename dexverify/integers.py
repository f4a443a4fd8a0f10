"""Plain integers without a look at each value as an object: most of what programs have, and of what is asked."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from drivers.recordings.values import Values
from drivers.state import Kind, Value

_ABSENT = 0
"""The number of the value that stands for none, in every recording."""


class Integers:
    """The plain integers among a recording's values, by the values' numbers."""

    def __init__(self, pool: Sequence[Value]) -> None:
        self.numbers, self._flags = pool.integers() if isinstance(pool, Values) else _integers_of(pool)

    def has_others(self, ids: Sequence[int]) -> bool:
        """Whether one of these values is there, and is no plain integer."""
        flags = set(map(self._flags.__getitem__, ids))
        return 0 in flags and any(not self._flags[each] for each in set(ids) - {_ABSENT})

    @staticmethod
    def has_absent(ids: Sequence[int]) -> bool:
        return _ABSENT in ids


def _integers_of(pool: Sequence[Value]) -> tuple[array[int], bytes]:
    flags = bytes(
        value.kind is Kind.INTEGER and isinstance(value.number, int) and -(2**63) <= value.number < 2**63
        for value in pool
    )
    numbers = [value.number if is_plain else 0 for value, is_plain in zip(pool, flags, strict=True)]
    return array("q", numbers), flags  # type: ignore[arg-type]  # what is plain has an int
