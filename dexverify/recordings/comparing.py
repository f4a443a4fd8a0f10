"""`dexter diff`: where two recorded runs part, and which value was another one first.

Threads and addresses have other numbers in each run. They are the same where each has appeared first at the same step
as its counterpart, and stands for it ever since.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePath

from dexverify.outcome import describe_end
from dexverify.report.terminal import count
from dexverify.table import label, shown
from drivers.recording import Recording
from drivers.state import ABSENT, Kind, Sample, Step, Value

_ADDRESS = re.compile(r"\b0x[0-9a-f]+")
CONTEXT = 3
"""Steps that are shown before the place where two runs part, and after it of each."""


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """The first value that is another one: at which step of the first run, and what it is in each."""

    step: Step
    sample: Sample
    first: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same in two recordings; nothing, if all of it is empty.

    `parting`: the index of the first step that is at another place, or is there in one of them only.
    """

    parting: int | None = None
    value: ValueDifference | None = None
    ends: tuple[str, str] | None = None
    only_first: tuple[Sample, ...] = ()
    only_second: tuple[Sample, ...] = ()

    def __bool__(self) -> bool:
        return self.parting is not None or self.value is not None or self.ends is not None


@dataclass(slots=True)
class _Twins:
    """Pairs of numbers that stand for one another."""

    _there: dict[Hashable, Hashable] = field(default_factory=dict)
    _back: dict[Hashable, Hashable] = field(default_factory=dict)

    def match(self, first: Hashable, second: Hashable) -> bool:
        return self._there.setdefault(first, second) == second and self._back.setdefault(second, first) == first


def compare(first: Recording, second: Recording) -> Difference:
    """The first differences of two runs. What was read in one of them only is not compared."""
    common = {sample: order for order, sample in enumerate(first.samples) if sample in second.changes}
    threads, addresses = _Twins(), _Twins()
    value: ValueDifference | None = None
    parting: int | None = None
    mine: dict[Sample, Value] = {}
    theirs: dict[Sample, Value] = {}
    for left, right in zip_longest(first.steps(), second.steps()):
        if left is None or right is None or not _same_place(left, right, threads):
            parting = (left or right).index
            break
        mine.update(left.changes)
        theirs.update(right.changes)
        if value is None:
            changed = sorted((left.changes.keys() | right.changes.keys()) & common.keys(), key=common.__getitem__)
            pairs = ((sample, mine.get(sample, ABSENT), theirs.get(sample, ABSENT)) for sample in changed)
            differing = (ValueDifference(left, *pair) for pair in pairs if not _same_value(*pair[1:], addresses))
            value = next(differing, None)
    ends = (describe_end(first.end), describe_end(second.end))
    return Difference(
        parting,
        value,
        ends if ends[0] != ends[1] else None,
        tuple(sample for sample in first.samples if sample not in common),
        tuple(sample for sample in second.samples if sample not in common),
    )


def describe(difference: Difference, runs: Sequence[Recording], names: Sequence[str]) -> Iterator[str]:
    """The lines that tell it."""
    if difference.value is not None:
        found = difference.value
        where = f"step {found.step.index:,} ({_place(found.step)})"
        yield f"values differ from {where} on: {label(found.sample)} is"
        yield from (
            f"  {shown(value)} in {name}" for value, name in zip((found.first, found.second), names, strict=True)
        )
    if difference.parting is not None:
        yield f"the runs part at step {difference.parting:,}:"
        before = max(0, difference.parting - CONTEXT)
        yield from (f"    {_line(step)}" for step in runs[0].steps(before, difference.parting))
        for sign, run, name in zip("-+", runs, names, strict=True):
            after = list(run.steps(difference.parting, difference.parting + CONTEXT))
            yield f"  {sign} {name}" + ("" if after else f": no more steps, {describe_end(run.end)}")
            yield from (f"  {sign} {_line(step)}" for step in after)
    elif difference.value is not None:
        yield f"all {count(len(runs[0]), 'step')} are at the same places"
    if difference.ends is not None:
        yield "the ends differ:"
        yield from (f"  {end} in {name}" for end, name in zip(difference.ends, names, strict=True))
    for samples, name in ((difference.only_first, names[0]), (difference.only_second, names[1])):
        if samples:
            yield f"read in {name} only, and not compared: {', '.join(map(label, samples))}"


def _same_place(left: Step, right: Step, threads: _Twins) -> bool:
    if not threads.match(left.thread, right.thread) or len(left.frames) != len(right.frames):
        return False
    ours, theirs = left.frames[0], right.frames[0]
    is_same_line = ours.line == theirs.line and ours.function == theirs.function
    return is_same_line and PurePath(ours.path or "").name == PurePath(theirs.path or "").name


def _same_value(first: Value, second: Value, addresses: _Twins) -> bool:
    if first.kind is second.kind is Kind.POINTER:
        is_null = first.number == 0, second.number == 0
        is_same = is_null[0] == is_null[1] and addresses.match(first.number, second.number)
        return is_same and first.content == second.content
    if (first.kind, first.content) != (second.kind, second.content):
        return False
    if first.text == second.text:
        return True
    # An aggregate is text, in which addresses are.
    is_same_else = _ADDRESS.sub("0x", first.text) == _ADDRESS.sub("0x", second.text)
    return is_same_else and all(map(addresses.match, _ADDRESS.findall(first.text), _ADDRESS.findall(second.text)))


def _line(step: Step) -> str:
    return f"{step.index:>7,}  [{step.thread}]  {_place(step)}"


def _place(step: Step) -> str:
    frame = step.frames[0]
    return f"{frame.function or '??'} {PurePath(frame.path or '??').name}:{frame.line}"
