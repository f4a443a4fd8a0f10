"""Propositions that held of a variable over runs: constant, one of few values, a range, an order, never falling.

What Daikon looks for (Ernst et al., "Dynamically Discovering Likely Program Invariants", IEEE TSE 2001), said in
propositions. A guess is about every step at which its variables are observed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from dexverify.history import is_function
from dexverify.writing.literals import NUMERIC, literal
from dexverify.writing.variables import Variable
from drivers.recording import Recording
from drivers.state import ABSENT, Kind, Sample, Value

MAX_FEW = 4
MAX_THRESHOLDS = 4
MIN_STEPS = 2
"""What was seen once is constant by necessity."""


@dataclass(frozen=True, slots=True)
class Guess:
    """`formula` as text; `kind` says what it is, for the reader."""

    kind: str
    formula: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """A variable over the runs: where its value changes in each, and to what; `steps` counts all it was seen at."""

    variable: Variable
    runs: tuple[tuple[tuple[int, Value], ...], ...]
    steps: int

    @property
    def values(self) -> list[Value]:
        return [value for run in self.runs for _, value in run if value is not ABSENT]

    @property
    def numbers(self) -> list[int | float] | None:
        """The numbers that it was, if it is a number."""
        values = self.values
        if not all(value.kind in NUMERIC and literal(value) is not None for value in values):
            return None
        return [value.number for value in values if value.number is not None]


def guesses(recordings: Sequence[Recording], variables: Sequence[Variable]) -> Iterator[Guess]:
    """Everything that held of these variables in every run, the simplest first."""
    seen = [found for variable in variables if (found := _observed(recordings, variable)) is not None]
    for each in seen:
        yield from _alone(each)
    for left, right in combinations(seen, 2):
        yield from _ordered(left, right)
    for each in seen:
        yield from _monotone(each)


def _observed(recordings: Sequence[Recording], variable: Variable) -> _Seen | None:
    """None for what was hardly seen, or could not be read somewhere."""
    runs, steps = [], 0
    for recording in recordings:
        changes = recording.changes.get(Sample(variable.name))
        if changes is None or not changes.steps:
            return None
        places = _places(recording, variable.function)
        found = []
        ends = [*changes.steps[1:], len(recording)]
        for start, end, number in zip(changes.steps, ends, changes.ids, strict=True):
            count = bisect_left(places, end) - bisect_left(places, start)
            if count:
                value = recording.pool[number]
                if value.kind is Kind.UNREADABLE or (value.kind is Kind.ENUM and value.text == variable.name):
                    return None  # the latter is an enum's constant, which was read to compare others with it
                steps += count if value is not ABSENT and value.kind is not Kind.ABSENT else 0
                found.append((start, value if value.kind is not Kind.ABSENT else ABSENT))
        runs.append(tuple(found))
    return _Seen(variable, tuple(runs), steps) if steps >= MIN_STEPS else None


def _places(recording: Recording, function: str | None) -> Sequence[int]:
    if function is None:
        return range(len(recording))
    inside = {n for n, stack in enumerate(recording.stacks) if is_function(function, stack[0].function)}
    return [step for step, stack in enumerate(recording.stack_ids) if stack in inside]


def _alone(seen: _Seen) -> Iterator[Guess]:
    name, literals = seen.variable.name, dict.fromkeys(literal(value) for value in seen.values)
    if None in literals:
        return
    if len(literals) == 1:
        yield _guess("constant", seen, f"Expect({name!r}, {next(iter(literals))})")
    elif len(literals) <= MAX_FEW:
        each = ", ".join(f"Expect({name!r}, {text})" for text in literals)
        yield _guess("one of few values", seen, f"Or({each})")
    elif numbers := seen.numbers:
        low, high = f"Expect({name!r}, '>=', {min(numbers)!r})", f"Expect({name!r}, '<=', {max(numbers)!r})"
        yield _guess("range", seen, f"And({low}, {high})")


def _ordered(left: _Seen, right: _Seen) -> Iterator[Guess]:
    """An order that does not follow from the ranges alone."""
    ours, theirs = left.numbers, right.numbers
    if left.variable.function != right.variable.function or not ours or not theirs:
        return
    if min(len(set(ours)), len(set(theirs))) < 2 or max(ours) <= min(theirs) or max(theirs) <= min(ours):
        return
    relations = {_relation(a, b) for runs in zip(left.runs, right.runs, strict=True) for a, b in _together(*runs)}
    operator = {frozenset("<"): "<", frozenset("<="): "<=", frozenset(">"): ">", frozenset(">="): ">=",
                frozenset("="): "=="}.get(frozenset(relations))  # fmt: skip
    if operator is not None:
        name, other = left.variable.name, right.variable.name
        yield _guess("order", left, f"Expect({name!r}, {operator!r}, expr({other!r}))")


def _together(
    left: Sequence[tuple[int, Value]], right: Sequence[tuple[int, Value]]
) -> Iterator[tuple[int | float, int | float]]:
    """The values of both, from each step on at which one has changed."""
    changes = sorted([(step, 0, value) for step, value in left] + [(step, 1, value) for step, value in right],
                     key=lambda change: change[0])  # fmt: skip
    now: list[Value] = [ABSENT, ABSENT]
    for position, (step, side, value) in enumerate(changes):
        now[side] = value
        is_last = position + 1 == len(changes) or changes[position + 1][0] != step
        first, second = now[0].number, now[1].number
        if is_last and first is not None and second is not None:
            yield first, second


def _relation(left: int | float, right: int | float) -> str:
    return "<" if left < right else ">" if left > right else "="


def _monotone(seen: _Seen) -> Iterator[Guess]:
    """Never below (or above) what it once was, at thresholds that it passed."""
    numbers = seen.numbers
    if seen.variable.function is not None or not numbers or len(set(numbers)) < 3:
        return
    runs = [[value.number for _, value in run if value.number is not None] for run in seen.runs]
    for operator, is_sorted, word in ((">=", _is_ascending, "falls"), ("<=", _is_descending, "rises")):
        if all(map(is_sorted, runs)):
            passed = sorted(set(numbers))[1:] if operator == ">=" else sorted(set(numbers))[:-1]
            step = -(-len(passed) // MAX_THRESHOLDS)
            parts = []
            for threshold in passed[::step]:
                reached = f"Expect({seen.variable.name!r}, {operator!r}, {threshold!r})"
                parts.append(f"Henceforth(Implies({reached}, Henceforth({reached})))")
            yield Guess(f"never {word}", parts[0] if len(parts) == 1 else f"And({', '.join(parts)})")


def _is_ascending(numbers: Sequence[int | float]) -> bool:
    return all(a <= b for a, b in pairwise(numbers))


def _is_descending(numbers: Sequence[int | float]) -> bool:
    return all(a >= b for a, b in pairwise(numbers))


def _guess(kind: str, seen: _Seen, claim: str) -> Guess:
    function = seen.variable.function
    return Guess(kind, f"Henceforth(Implies(In({function!r}), {claim}))" if function else f"Henceforth({claim})")
