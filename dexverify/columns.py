"""From a recording to the traces that formulas are judged on: one status a step and atom, then one bit.

The cost of judging is here, not in the logic: an atom is evaluated once per distinct input, never once per step.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter, sub

from dexverify.history import Moment
from dexverify.observation import (
    THREAD,
    Addresses,
    OfHistory,
    OfStack,
    OfValues,
    Status,
    observer_of,
)
from dexverify.plan import key_sample
from drivers.recording import Recording
from drivers.state import ABSENT, Kind, Sample, Value
from ltd.columns import Bounds, pack
from ltd.formula import ForEach, Formula, predicates, walk
from ltd.trace import Trace

_SEEN = bytes.maketrans(bytes(Status), b"\1\1\1\0")
_LOW = bytes.maketrans(bytes(Status), b"0100")
_HIGH = bytes.maketrans(bytes(Status), b"0110")


@dataclass(frozen=True, slots=True)
class Instance:
    """One value of a `ForEach` key: known by number where it has one (a pointer is its address), else by text."""

    identity: int | float | str
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


class Columns:
    """The statuses of atomic propositions over one recording, each computed once."""

    def __init__(self, recording: Recording, addresses: Addresses) -> None:
        self._recording = recording
        self._addresses = addresses
        self._statuses: dict[Hashable, bytes] = {}

    def statuses(self, predicate: Hashable) -> bytes:
        """One `Status` a step of the recording."""
        found = self._statuses.get(predicate)
        if found is None:
            found = self._statuses[predicate] = self._compute(predicate)
        return found

    def trace(self, formula: Formula) -> tuple[Trace, Sequence[int]]:
        """The trace of a formula, and for each of its positions the index of the step.

        It has the steps at which an atom is observable, or all steps for a formula without atoms.
        """
        statuses = {predicate: self.statuses(predicate) for predicate in predicates(formula)}
        size = len(self._recording)
        positions: Sequence[int] = range(size)
        if statuses and all(Status.UNOBSERVABLE in column for column in statuses.values()):
            seen = 0
            for column in statuses.values():
                seen |= int.from_bytes(column.translate(_SEEN), "big")
            mask = seen.to_bytes(size, "big")
            positions = array("I", compress(range(size), mask))
            statuses = {predicate: bytes(compress(column, mask)) for predicate, column in statuses.items()}
        keys = {node.key: self._keys(node.key, positions) for node in walk(formula) if isinstance(node, ForEach)}
        return Trace(len(positions), {p: _bounds(column) for p, column in statuses.items()}, keys), positions

    def unreadable_key(self, key: Hashable) -> tuple[int, Value] | None:
        """The first step at which the value to slice by is in scope but cannot be read, and what was said of it."""
        values = enumerate(self._values(key_sample(key)))
        return next(((step, value) for step, value in values if value.kind is Kind.UNREADABLE), None)

    def _keys(self, key: Hashable, positions: Sequence[int]) -> list[Hashable]:
        column = [key_of(value) for value in self._values(key_sample(key))]
        return [column[position] for position in positions]

    def _compute(self, predicate: Hashable) -> bytes:
        observer = observer_of(predicate, self._addresses)  # type: ignore[arg-type]  # dexverify makes every atom
        match observer:
            case OfStack():
                return self._of_stacks(observer.status)
            case OfHistory():
                return bytes(map(observer.start(), self._moments()))
            case OfValues():
                values = self._of_values(observer)
                if observer.stack_status is None:
                    return values
                stacks = self._of_stacks(observer.stack_status)
                return bytes(Status.FALSE if a == Status.FALSE else b for a, b in zip(stacks, values, strict=True))

    def _of_stacks(self, status: Callable[..., Status]) -> bytes:
        table = [status(frames) for frames in self._recording.stacks]
        return bytes(map(table.__getitem__, self._recording.stack_ids))

    def _of_values(self, observer: OfValues) -> bytes:
        pieces = []
        known: dict[tuple[Value, ...], bytes] = {}
        for values, length in self._runs(observer.reads):
            status = known.get(values)
            if status is None:
                status = known[values] = bytes((observer.status(values),))
            pieces.append(status * length)
        return b"".join(pieces)

    def _runs(self, samples: Sequence[Sample]) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Each stretch of steps over which none of the samples changes: their values, and its length."""
        if not len(self._recording):
            return
        columns = [self._changes(sample) for sample in samples]
        if len(columns) == 1:
            starts, pooled = columns[0]
            ends = [*starts[1:], len(self._recording)]
            yield from zip(zip(pooled, strict=True), map(sub, ends, starts), strict=True)
            return
        events = sorted(
            (
                (start, slot, value)
                for slot, (starts, pooled) in enumerate(columns)
                for start, value in zip(starts, pooled, strict=True)
            ),
            key=itemgetter(0),
        )
        now, last = [ABSENT] * len(samples), 0
        for start, slot, value in events:
            if start > last:
                yield tuple(now), start - last
                last = start
            now[slot] = value
        yield tuple(now), len(self._recording) - last

    def _changes(self, sample: Sample) -> tuple[list[int], list[Value]]:
        """Where a sample's value changes, beginning with what it is at step 0."""
        if sample == THREAD:
            threads = self._recording.threads
            starts = [0, *(i for i in range(1, len(threads)) if threads[i] != threads[i - 1])]
            return starts, [Value(Kind.INTEGER, str(threads[i]), threads[i]) for i in starts]
        changes = self._recording.changes.get(sample)
        if changes is None or not changes.steps:
            return [0], [ABSENT]
        starts, values = list(changes.steps), [self._recording.pool[i] for i in changes.ids]
        return (starts, values) if starts[0] == 0 else ([0, *starts], [ABSENT, *values])

    def _values(self, sample: Sample) -> Iterator[Value]:
        for (value,), length in self._runs((sample,)):
            for _ in range(length):
                yield value

    def _moments(self) -> Iterator[Moment]:
        recording = self._recording
        stacks = map(recording.stacks.__getitem__, recording.stack_ids)
        return map(Moment, recording.threads, stacks, map(bool, recording.entered), recording.line_columns)


def _bounds(statuses: bytes) -> Bounds:
    low = pack(statuses.translate(_LOW))
    return Bounds(low, pack(statuses.translate(_HIGH)) if Status.UNKNOWN in statuses else low)


def key_of(value: Value) -> Instance | None:
    """What a `ForEach` slices by, given its key's value: None where that is not observable."""
    if value.kind is Kind.ABSENT:
        return None
    return Instance(value.text if value.number is None else value.number, value.text)
