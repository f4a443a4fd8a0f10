"""From a recording to the traces that formulas are judged on: one status a step and atom, then one bit.

The cost of judging is here, not in the logic: an atom is evaluated once per distinct input, never once per step.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, islice, repeat
from operator import itemgetter, mul, sub
from typing import TypeAlias, TypeVar

from dexverify.history import Moment
from dexverify.integers import Integers
from dexverify.observation import (
    OF_STEP,
    THREAD,
    Addresses,
    OfHistory,
    OfStack,
    OfValues,
    Status,
    observer_of,
    step_value,
)
from dexverify.plan import key_sample
from dexverify.propositions import ExpectState
from drivers.recording import Pool, Recording
from drivers.state import Kind, Sample, Value
from ltd.columns import Bounds, pack
from ltd.formula import ForEach, Formula, predicates, walk
from ltd.trace import Trace

_T = TypeVar("_T")

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


# Where a value changes, which value it is from there on, and the values by that number.
_Changes: TypeAlias = "tuple[Sequence[int], Sequence[int], Mapping[int, Value] | Pool]"

_ONE = tuple(bytes((status,)) for status in Status)


class Columns:
    """The statuses of atomic propositions over one recording, each computed once."""

    def __init__(self, recording: Recording, addresses: Addresses) -> None:
        self._recording = recording
        self._addresses = addresses
        self._statuses: dict[Hashable, bytes] = {}
        self._integers: Integers | None = None

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

    def never_observable(self, formula: Formula) -> list[str]:
        """The atoms that were observable at no step at all: a misspelt variable, often."""
        nothing = bytes((Status.UNOBSERVABLE,)) * len(self._recording)
        found = []
        for predicate in predicates(formula):
            if self.statuses(predicate) == nothing:
                found.append(str(predicate))
            elif isinstance(predicate, ExpectState):
                watches = [(w.expression.text, depth) for depth, f in enumerate(predicate.frames) for w in f.watches]
                found += [f"{text!r} in {predicate}" for text, depth in watches if self._is_absent(Sample(text, depth))]
        return found

    def _is_absent(self, sample: Sample) -> bool:
        _, ids, pool = self._changes(sample)
        return not len(self._recording) or all(pool[each].kind is Kind.ABSENT for each in set(ids))

    def unreadable_key(self, key: Hashable) -> tuple[int, Value] | None:
        """The first step at which the value to slice by is in scope but cannot be read, and what was said of it."""
        starts, ids, pool = self._changes(key_sample(key))
        unreadable = {each for each in set(ids) if pool[each].kind is Kind.UNREADABLE}
        return next(((start, pool[i]) for start, i in zip(starts, ids, strict=True) if i in unreadable), None)

    def is_never_observable(self, key: Hashable) -> bool:
        """Whether the value to slice by was in scope at no step at all."""
        return self._is_absent(key_sample(key))

    def _keys(self, key: Hashable, positions: Sequence[int]) -> list[Hashable]:
        if not len(self._recording):
            return []
        starts, ids, pool = self._changes(key_sample(key))
        known = {each: key_of(pool[each]) for each in set(ids)}
        column = list(self._along(starts, map(known.__getitem__, ids)))
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
        """Asks the observer once for each combination of values that occurs, and repeats the answer along the runs."""
        if not len(self._recording):
            return b""
        if not observer.reads:
            return bytes((observer.status(()),)) * len(self._recording)
        columns = [self._changes(sample) for sample in observer.reads]
        if observer.of_integers is not None and (found := self._of_integers(columns, observer.of_integers)) is not None:
            return found
        if len(columns) == 1:
            starts, ids, pool = columns[0]
            known = {each: bytes((observer.status((pool[each],)),)) for each in set(ids)}
            statuses = map(known.__getitem__, ids)
        else:
            starts, combinations = _merged(columns)
            pools = [pool for _, _, pool in columns]
            known_of = {
                each: bytes((observer.status([pool[i] for pool, i in zip(pools, each, strict=True)]),))
                for each in set(combinations)
            }
            statuses = map(known_of.__getitem__, combinations)
        return b"".join(map(mul, statuses, self._lengths(starts)))

    def _of_integers(self, columns: Sequence[_Changes], holds: Callable[..., Iterator[bool]]) -> bytes | None:
        """The same where all that is read are plain integers, and that is a millionth part of a second a step."""
        if any(pool is not self._recording.pool for _, _, pool in columns):
            return None
        integers = self._integers = self._integers or Integers(self._recording.pool)
        if any(integers.has_others(ids) for _, ids, _ in columns):
            return None
        numbers = [map(integers.numbers.__getitem__, ids) for _, ids, _ in columns]
        if len(columns) == 1:
            starts = columns[0][0]
            statuses = self._repeated(starts, bytes(holds(*numbers)))
        else:
            statuses = bytes(
                holds(*(self._along(starts, each) for (starts, _, _), each in zip(columns, numbers, strict=True)))
            )
        for starts, ids, _ in columns:
            if integers.has_absent(ids):
                absent = self._repeated(starts, bytes(0 if each else Status.UNOBSERVABLE for each in ids))
                # Whatever was found where there is no value: all bits of a status make it unobservable.
                both = int.from_bytes(statuses, "little") | int.from_bytes(absent, "little")
                statuses = both.to_bytes(len(statuses), "little")
        return statuses

    def _repeated(self, starts: Sequence[int], statuses: bytes) -> bytes:
        if len(starts) == len(self._recording):
            return statuses
        return b"".join(map(mul, map(_ONE.__getitem__, statuses), self._lengths(starts)))

    def _along(self, starts: Sequence[int], values: Iterable[_T]) -> Iterator[_T]:
        """One value a step, from one for each change."""
        return chain.from_iterable(map(repeat, values, self._lengths(starts)))

    def _lengths(self, starts: Sequence[int]) -> Iterator[int]:
        """For how many steps each value stays."""
        return map(sub, chain(islice(starts, 1, None), (len(self._recording),)), starts)

    def _changes(self, sample: Sample) -> _Changes:
        """Where a sample's value changes, beginning with what it is at step 0."""
        if sample in OF_STEP:
            numbers = self._recording.threads if sample == THREAD else self._recording.line_columns
            starts = [0, *(i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1])]
            return starts, [numbers[i] for i in starts], {n: step_value(sample, n, n) for n in set(numbers)}
        changes = self._recording.changes.get(sample)
        pool = self._recording.pool
        if changes is None or not changes.steps:
            return [0], [0], pool
        if changes.steps[0] == 0:
            return changes.steps, changes.ids, pool
        return array("I", (0,)) + changes.steps, array("I", (0,)) + changes.ids, pool

    def _moments(self) -> Iterator[Moment]:
        recording = self._recording
        stacks = map(recording.stacks.__getitem__, recording.stack_ids)
        return map(Moment, recording.threads, stacks, map(bool, recording.entered), recording.line_columns)


def _merged(columns: Sequence[_Changes]) -> tuple[list[int], list[tuple[int, ...]]]:
    """Where any of the columns changes, and the values of all of them from there on."""
    events = sorted(
        (
            (start, slot, each)
            for slot, (starts, ids, _) in enumerate(columns)
            for start, each in zip(starts, ids, strict=True)
        ),
        key=itemgetter(0),
    )
    merged_starts: list[int] = []
    combinations: list[tuple[int, ...]] = []
    now = [0] * len(columns)
    for start, slot, each in events:
        now[slot] = each
        if merged_starts and merged_starts[-1] == start:
            combinations[-1] = tuple(now)
        else:
            merged_starts.append(start)
            combinations.append(tuple(now))
    return merged_starts, combinations


def _bounds(statuses: bytes) -> Bounds:
    low = pack(statuses.translate(_LOW))
    return Bounds(low, pack(statuses.translate(_HIGH)) if Status.UNKNOWN in statuses else low)


def key_of(value: Value) -> Instance | None:
    """What a `ForEach` slices by, given its key's value: None where that is not observable."""
    if value.kind is Kind.ABSENT:
        return None
    if value.kind is Kind.STRING:  # what stands behind its NUL is not of it
        return Instance(value.content or "", f'"{value.content or ""}"')
    return Instance(value.text if value.number is None else value.number, value.text)
