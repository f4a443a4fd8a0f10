"""Plain integers without a look at each value as an object: most of what programs have, and of what is asked."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.recording import Pool

_ABSENT = 0
"""The number of the value that stands for none, in every recording."""


class Integers:
    """The plain integers among a recording's values, by the values' numbers."""

    def __init__(self, pool: Pool) -> None:
        self.numbers, self._flags = pool.integers()

    def has_others(self, ids: Sequence[int]) -> bool:
        """Whether one of these values is there, and is no plain integer."""
        flags = set(map(self._flags.__getitem__, ids))
        return 0 in flags and any(not self._flags[each] for each in set(ids) - {_ABSENT})

    @staticmethod
    def has_absent(ids: Sequence[int]) -> bool:
        return _ABSENT in ids
