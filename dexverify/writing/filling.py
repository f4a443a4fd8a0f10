"""Empty expectations: the values that they are filled with, so that what they stand in holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

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
"""Values that are tried for one empty place."""
_ORDERS = frozenset({"<", "<=", ">", ">="})


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
                found = _sequence(expectation, runs)
                if isinstance(found, str):
                    problems.append(f"{blank.span}: {found}")
                else:
                    edits.append(Edit(blank.span, ", ".join(found)))
    for blank, read, operator in _blanks(annotations):
        if blank.span in seen:
            continue
        seen.add(blank.span)
        edit = _try(texts, edits, blank, operator, list(_candidates(runs, read, operator)), runs)
        if edit is not None:
            edits.append(edit)
        else:
            problems.append(
                f"{blank.span}: no value of '{read.expression}' was found with which this holds in every run"
            )
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


def _blanks(annotations: Annotations) -> Iterator[tuple[Blank, Sample, str]]:
    """Each empty place with what is compared there, and how."""
    for proposition in propositions_of(annotations):
        for predicate in predicates(proposition.formula) if proposition.formula is not None else ():
            match predicate:
                case Expect(value=Blank() as blank):
                    yield blank, Sample(predicate.expression.text), predicate.operator
                case ExpectState():
                    for depth, frame in enumerate(predicate.frames):
                        for watch in frame.watches:
                            if isinstance(watch.value, Blank):
                                yield watch.value, Sample(watch.expression.text, depth), "=="


def _candidates(runs: Sequence[Run], read: Sample, operator: str) -> Iterator[str]:
    """What may be written there: for an order the tightest first, else what was seen first."""
    values = list(dict.fromkeys(v for run in runs for v in _values(run.recording, read)))
    numbers = [v.number for v in values if v.kind in NUMERIC and v.number is not None and literal(v) is not None]
    match operator:
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


def _try(
    texts: Mapping[str, str],
    edits: Sequence[Edit],
    blank: Blank,
    operator: str,
    candidates: Sequence[str],
    runs: Sequence[Run],
) -> Edit | None:
    """The first candidate with which the proposition of the blank holds in every run, its other blanks aside."""

    def holds(candidate: str) -> bool:
        changed = edited(texts, [*edits, Edit(blank.span, candidate)])
        return all(_holds_at(changed, run, blank.span) for run in runs)

    if operator in _ORDERS and len(candidates) > MAX_TRIES:
        # The loosest is the last, and what holds with one holds with each after it.
        first = bisect_right(range(len(candidates)), 0, key=lambda at: int(holds(candidates[at])))
        return Edit(blank.span, candidates[first]) if first < len(candidates) else None
    return next((Edit(blank.span, each) for each in candidates[:MAX_TRIES] if holds(each)), None)


def _holds_at(texts: Mapping[str, str], run: Run, place: Span) -> bool:
    return all(
        finding.verdict is Verdict.HOLDS
        for finding in findings_of(texts, run)
        if finding.span.path == place.path and finding.span.line <= place.line <= finding.span.end_line
    )
