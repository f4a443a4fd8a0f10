"""A recording: the steps of one run, kept by columns, a value only where it changed.

A step costs 19 bytes plus 8 for every value that changed at it; stacks and values are stored once each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, overload

from drivers.state import ABSENT, End, EndKind, Frame, Kind, Sample, Step, Value

_STEPS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Changes:
    """The values of one sample: from step `steps[k]` on it is `values[values_at[k]]` of the recording's pool."""

    steps: array[int] = field(default_factory=lambda: array("I"))
    ids: array[int] = field(default_factory=lambda: array("I"))


class Pool(Protocol):
    """Every distinct value of a recording, by number; number 0 is ABSENT."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, number: int, /) -> Value: ...
    @overload
    def __getitem__(self, number: slice, /) -> list[Value]: ...

    def __iter__(self) -> Iterator[Value]: ...

    def integers(self) -> tuple[array[int], bytes]:
        """The number of each value, and a 1 for each that is a plain integer of up to 64 bits with a sign.

        The numbers of the others mean nothing.
        """


class Values(list[Value]):
    """Implements `Pool` for a recording that grows."""

    def integers(self) -> tuple[array[int], bytes]:
        flags, numbers = bytearray(), array("q")
        for value in self:
            number = value.number
            is_plain = value.kind is Kind.INTEGER and isinstance(number, int) and -(2**63) <= number < 2**63
            flags.append(is_plain)
            numbers.append(number if is_plain else 0)  # type: ignore[arg-type]  # what is plain has an int
        return numbers, bytes(flags)


class Recording:
    """The steps of one run, appended as they happen, and how the run ended.

    Attributes:
        stacks: every distinct stack, innermost frame first; `stack_ids[i]` is the one of step i.
        threads, entered, line_columns, codes: one entry a step, as in `Step`.
        pool: every distinct value; pool[0] is ABSENT, what every sample is before its first change. Those of a
            recording that was read from a file are made when they are asked for; it takes no further steps.
        changes: for each sample, where its value changed.
    """

    def __init__(self, samples: tuple[Sample, ...] = ()) -> None:
        self.stacks: list[tuple[Frame, ...]] = []
        self.stack_ids = array("I")
        self.threads = array("i")
        self.entered = bytearray()
        self.line_columns = array("H")
        self.codes = array("Q")
        self._values = Values((ABSENT,))
        self.pool: Pool = self._values
        self.changes: dict[Sample, Changes] = {sample: Changes() for sample in samples}
        self.end = End(EndKind.LOST, message="the run has not ended")
        self._stack_by_identity: dict[int, int] = {}
        self._stack_by_value: dict[tuple[Frame, ...], int] = {}
        self._value_ids: dict[Value, int] = {ABSENT: 0}
        self._kept: list[tuple[Frame, ...]] = []

    def __len__(self) -> int:
        return len(self.stack_ids)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What was read, in the order of the plan."""
        return tuple(self.changes)

    def append(self, step: Step) -> None:
        """Add the next step; its index is the number of steps so far, whatever `step.index` says."""
        index = len(self.stack_ids)
        stack_id = self._stack_id(step.frames)
        self.threads.append(step.thread)
        self.entered.append(step.entered)
        self.line_columns.append(min(step.column, 0xFFFF))
        self.codes.append(step.code)
        for sample, value in step.changes.items():
            changes = self.changes.setdefault(sample, Changes())
            changes.steps.append(index)
            changes.ids.append(self._value_id(value))
        # Last: who looks on from another thread sees whole steps, since this is what is counted.
        self.stack_ids.append(stack_id)

    def frames(self, index: int) -> tuple[Frame, ...]:
        """The stack at a step, innermost frame first."""
        return self.stacks[self.stack_ids[index]]

    def value(self, sample: Sample, index: int) -> Value:
        """The value of a sample at a step; ABSENT for one that was never sampled."""
        changes = self.changes.get(sample)
        if changes is None:
            return ABSENT
        position = bisect_right(changes.steps, index) - 1
        return self.pool[changes.ids[position]] if position >= 0 else ABSENT

    def steps(self, first: int = 0, end: int | None = None) -> Iterator[Step]:
        """The steps again, as a driver would yield them; from the step `first` on, and before `end`."""
        end = len(self) if end is None else min(end, len(self))
        for start in range(first, end, _STEPS_AT_ONCE):
            window = range(start, min(start + _STEPS_AT_ONCE, end))
            pending = self._changes_in(window)
            for index in window:
                yield Step(
                    index=index,
                    thread=self.threads[index],
                    frames=self.stacks[self.stack_ids[index]],
                    changes=pending.get(index, {}),
                    entered=bool(self.entered[index]),
                    column=self.line_columns[index],
                    code=self.codes[index],
                )

    def _changes_in(self, window: range) -> dict[int, dict[Sample, Value]]:
        """What changed at each of these steps; those at which nothing did are left out."""
        found: dict[int, dict[Sample, Value]] = {}
        for sample, changes in self.changes.items():
            start, end = (bisect_left(changes.steps, each) for each in (window.start, window.stop))
            for index, value_id in zip(changes.steps[start:end], changes.ids[start:end], strict=True):
                found.setdefault(index, {})[sample] = self.pool[value_id]
        return found

    def _stack_id(self, frames: tuple[Frame, ...]) -> int:
        # Drivers intern stacks, so identity answers nearly always; hashing a stack of frames is slow.
        found = self._stack_by_identity.get(id(frames))
        if found is None:
            found = self._stack_by_value.get(frames)
            if found is None:
                found = len(self.stacks)
                self.stacks.append(frames)
                self._stack_by_value[frames] = found
            elif len(self._kept) > 10_000:  # a driver that does not intern: forget, rather than keep them all
                self._stack_by_identity.clear()
                self._kept.clear()
            self._stack_by_identity[id(frames)] = found
            self._kept.append(frames)  # an identity is only good while its object lives
        return found

    def _value_id(self, value: Value) -> int:
        found = self._value_ids.get(value)
        if found is None:
            found = self._value_ids[value] = len(self._values)
            self._values.append(value)
        return found
