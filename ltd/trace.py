"""What a formula sees of a run: for each atom a column over the positions, and what to slice it by."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ltd.columns import Bounds, pack, unpack


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps at which a formula looks, as columns (see `ltd.columns` for the order of the bits).

    `columns` is keyed by the atoms' predicates. `keys` holds, for the key of each `ForEach`, its value at each
    position; None puts a position in no slice.
    """

    length: int
    columns: Mapping[Hashable, Bounds]
    keys: Mapping[Hashable, Sequence[Hashable | None]] = field(default_factory=dict)

    def restrict(self, positions: Sequence[int]) -> Trace:
        """The sub-trace of these positions, which must be in ascending order."""
        return self._restrict(positions, self._flags())

    def slices(self, key: Hashable) -> Iterator[tuple[Hashable, Sequence[int], Trace]]:
        """For each value of `key`, in the order of first appearance: it, its positions, and the sub-trace of them.

        Linear in the length for all slices together.
        """
        places: dict[Hashable, list[int]] = {}
        for position, value in enumerate(self.keys[key]):
            if value is not None:
                places.setdefault(value, []).append(position)
        flags = self._flags()
        for value, positions in places.items():
            yield value, positions, self._restrict(positions, flags)

    def _flags(self) -> dict[Hashable, tuple[bytes, bytes]]:
        return {
            predicate: (unpack(bounds.low, self.length), unpack(bounds.high, self.length))
            for predicate, bounds in self.columns.items()
        }

    def _restrict(self, positions: Sequence[int], flags: Mapping[Hashable, tuple[bytes, bytes]]) -> Trace:
        columns = {
            predicate: Bounds(_pick(low, positions), _pick(high, positions)) for predicate, (low, high) in flags.items()
        }
        keys = {key: [values[position] for position in positions] for key, values in self.keys.items()}
        return Trace(len(positions), columns, keys)


def _pick(flags: bytes, positions: Sequence[int]) -> int:
    return pack(bytes(map(flags.__getitem__, positions)))
