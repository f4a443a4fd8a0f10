"""Empty expectations: the values that they are filled with, so that what they stand in holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product

from dexverify.annotations import Annotations
from dexverify.annotations.commands import ExpectWatchValue
from dexverify.errors import Span
from dexverify.judging import propositions_of
from dexverify.propositions import Blank, Expect, ExpectState
from dexverify.recorder import Run
from dexverify.writing.literals import NUMERIC, literal
from dexverify.writing.texts import Edit, annotations_of, edited, findings_of
from drivers.recording import Recording
from drivers.state import Kind, Sample, Value
from ltd.formula import predicates
from ltd.verdict import Verdict

MAX_SEQUENCE = 50
MAX_TRIES = 50
"""Values that are tried for the empty places of one proposition."""
_ORDERS = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class _Empty:
    """An empty place, what is compared there, and how."""

    blank: Blank
    read: Sample
    operator: str


def fill(texts: Mapping[str, str], runs: Sequence[Run]) -> tuple[list[Edit], list[str]]:
    """What to write where, and of each place that stays empty why it does."""
    edits: list[Edit] = []
    problems: list[str] = []
    seen: set[Span] = set()
    annotations = annotations_of(texts)
    for expectation in annotations.expectations:
        match expectation:
            case ExpectWatchValue(values=(Blank() as blank,)):
                seen.add(blank.span)
                values = _sequence(expectation, runs)
                if isinstance(values, str):
                    problems.append(f"{blank.span}: {values}")
                else:
                    edits.append(Edit(blank.span, ", ".join(values)))
    for group in _blanks(annotations):
        empty = [place for place in group if place.blank.span not in seen]
        seen.update(place.blank.span for place in empty)
        found = _try(texts, edits, empty, runs) if empty else []
        edits += found
        if empty and not found:
            names = " and ".join(dict.fromkeys(f"'{place.read.expression}'" for place in empty))
            problems.append(f"{empty[0].blank.span}: no value of {names} was found with which this holds in every run")
    return edits, problems


def _sequence(expectation: ExpectWatchValue, runs: Sequence[Run]) -> list[str] | str:
    """The values that the expression took on the lines of the expectation; why there are none to write."""
    name = expectation.expression.text
    taken = [list(_taken(run.recording, expectation)) for run in runs]
    if not all(taken):
        return f"'{name}' was never observed there"
    written = [[literal(value) for value in values] for values in taken]
    found: list[list[str]] = []
    for values in written:
        texts = [text for text in values if text is not None]
        if len(texts) < len(values):
            return f"'{name}' has a value there that cannot be written down, or be read"
        unlike = [texts[0], *(b for a, b in pairwise(texts) if a != b)]
        found.append(unlike if expectation.require_in_order else sorted(set(unlike)))
    if any(each != found[0] for each in found):
        return f"'{name}' takes other values in other runs"
    if len(found[0]) > MAX_SEQUENCE:
        return f"'{name}' takes more than {MAX_SEQUENCE} values there"
    return found[0]


def _taken(recording: Recording, expectation: ExpectWatchValue) -> Iterator[Value]:
    lines, now = expectation.lines, None
    sample = Sample(expectation.expression.text)
    for step in recording.steps():
        now = step.changes.get(sample, now)
        frame = step.frames[0]
        is_there = frame.path == lines.path and lines.first <= frame.line <= lines.last
        if is_there and now is not None and now.kind is not Kind.ABSENT:
            yield now


def _blanks(annotations: Annotations) -> Iterator[list[_Empty]]:
    """The empty places of each proposition that has some."""
    for proposition in propositions_of(annotations):
        found = []
        for predicate in predicates(proposition.formula) if proposition.formula is not None else ():
            match predicate:
                case Expect(value=Blank() as blank):
                    found.append(_Empty(blank, Sample(predicate.expression.text), predicate.operator))
                case ExpectState():
                    found += [
                        _Empty(watch.value, Sample(watch.expression.text, depth), "==")
                        for depth, frame in enumerate(predicate.frames)
                        for watch in frame.watches
                        if isinstance(watch.value, Blank)
                    ]
        if found:
            yield found


def _candidates(runs: Sequence[Run], place: _Empty) -> Iterator[str]:
    """What may be written there: for an order the tightest first, else what was seen first."""
    values = list(dict.fromkeys(v for run in runs for v in _values(run.recording, place.read)))
    numbers = [v.number for v in values if v.kind in NUMERIC and v.number is not None and literal(v) is not None]
    match place.operator:
        case "<=":
            yield from map(repr, sorted(set(numbers)))
        case ">=":
            yield from map(repr, sorted(set(numbers), reverse=True))
        case "<":
            yield from (repr(number + 1) for number in sorted(set(numbers)))
        case ">":
            yield from (repr(number - 1) for number in sorted(set(numbers), reverse=True))
        case "!=":
            yield from ("0", "-1") if numbers else ("NULL",)
        case _:
            yield from (text for value in values if (text := literal(value)) is not None)


def _values(recording: Recording, read: Sample) -> Iterator[Value]:
    changes = recording.changes.get(read)
    for number in dict.fromkeys(changes.ids) if changes is not None else ():
        value = recording.pool[number]
        if value.kind not in {Kind.ABSENT, Kind.UNREADABLE}:
            yield value


def _try(texts: Mapping[str, str], edits: Sequence[Edit], empty: Sequence[_Empty], runs: Sequence[Run]) -> list[Edit]:
    """The first candidates for the empty places of a proposition with which it holds in every run; none else."""
    candidates = [list(_candidates(runs, place)) for place in empty]

    def filled(texts: Sequence[str]) -> list[Edit]:
        return [Edit(place.blank.span, text) for place, text in zip(empty, texts, strict=True)]

    def holds(chosen: Sequence[str]) -> bool:
        changed = edited(texts, [*edits, *filled(chosen)])
        return all(_holds_at(changed, run, place.blank.span) for run in runs for place in empty)

    if len(empty) == 1 and empty[0].operator in _ORDERS and len(candidates[0]) > MAX_TRIES:
        # The loosest is the last, and what holds with one holds with each after it.
        first = bisect_right(candidates[0], 0, key=lambda text: int(holds([text])))
        return filled([candidates[0][first]]) if first < len(candidates[0]) else []
    return next((filled(chosen) for chosen in islice(product(*candidates), MAX_TRIES) if holds(chosen)), [])


def _holds_at(texts: Mapping[str, str], run: Run, place: Span) -> bool:
    return all(
        finding.verdict is Verdict.HOLDS
        for finding in findings_of(texts, run)
        if finding.span.path == place.path and finding.span.line <= place.line <= finding.span.end_line
    )
