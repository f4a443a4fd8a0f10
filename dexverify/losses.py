"""What optimisation loses: two runs of one program side by side, line by line and expression by expression.

Only what is certain is said. The visits of a line are paired in their order if both runs make equally many; of a line
that is visited more or less often no value is wrong, and one is unreadable only if it is never so in the reference. A
variable that has not been given a value has none that could be lost, and addresses differ from one build to the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from dexverify.comparison import compare, is_whole
from dexverify.report.model import Loss, Losses, LossKind
from dexverify.table import label, shown
from drivers.base import StopPlan
from drivers.probes import leading_names
from drivers.recording import Recording
from drivers.state import ABSENT, EndKind, Kind, Sample, Value

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs. `is_asked` says whether a sample was to be read at a step."""

    recording: Recording
    is_asked: Callable[[int, Sample], bool]

    def visits(self) -> dict[Place, list[int]]:
        """The steps on each line, in their order."""
        found: dict[Place, list[int]] = {}
        for step, stack_id in enumerate(self.recording.stack_ids):
            frame = self.recording.stacks[stack_id][0]
            found.setdefault((frame.path or "", frame.line), []).append(step)
        return found


def compare_runs(
    reference: Side, optimised: Side, plan: StopPlan, uninitialised: Collection[str], against: str
) -> Losses:
    """The losses of the optimised run, by file, line, and the expressions in the plan's order.

    `uninitialised` are the names of local variables that have no value of their own when they come into scope.
    """
    unset = _unset(reference.recording, tuple(plan.samples), frozenset(uninitialised))
    before, after = reference.visits(), optimised.visits()
    recordings = (reference.recording, optimised.recording)
    # The order of threads' steps is chance; and DexFinishTest makes the visits of its line equally many.
    can_pair = len({thread for each in recordings for thread in each.threads}) <= 1 and not any(
        each.end.kind is EndKind.FINISHED for each in recordings
    )
    lost: list[Loss] = []
    compared = 0
    for place in sorted(before):
        if not any(place in lines for lines in plan.ranges):
            continue
        steps, others = before[place], after.get(place, [])
        if not others:
            lost.append(Loss(*place, LossKind.UNREACHABLE, len(steps), len(steps)))
            continue
        for sample, within in plan.samples.items():
            if within is not None and not any(place in lines for lines in within):
                continue
            known = [_known(reference.recording.value(sample, step), step in unset[sample]) for step in steps]
            is_paired = can_pair and len(steps) == len(others)
            if any(known) if is_paired else all(known):
                compared += 1
                seen = [_seen(optimised, sample, step) for step in others]
                lost += _compare(place, label(sample), known if is_paired else None, seen)
    return Losses(against, compared, tuple(lost))


def _compare(
    place: Place, expression: str, known: Sequence[Value | None] | None, seen: Sequence[Value | None]
) -> Iterator[Loss]:
    """`seen` is what is shown at the visits of a line, `known` what the reference has there; None if not certain.

    Without `known` the visits cannot be paired, and the expression could be read at each of the reference's.
    """
    found: dict[LossKind, list[tuple[Value, Value | None]]] = {LossKind.UNREADABLE: [], LossKind.WRONG: []}
    for position, value in enumerate(seen):
        expected = known[position] if known is not None else None
        if value is None or (known is not None and expected is None):
            continue
        if _is_gone(value):
            found[LossKind.UNREADABLE].append((value, expected))
        elif expected is not None and _differs(value, expected):
            found[LossKind.WRONG].append((value, expected))
    for kind, pairs in found.items():
        if pairs:
            value, other = pairs[0]
            text = "not in scope" if value.kind is Kind.ABSENT else shown(value)
            yield Loss(*place, kind, len(pairs), len(seen), expression, text, None if other is None else shown(other))


def _known(value: Value, is_unset: bool) -> Value | None:
    return None if is_unset or _is_gone(value) else value


def _seen(side: Side, sample: Sample, step: int) -> Value | None:
    value = side.recording.value(sample, step)
    # The frame around another one may be another function's: what is not in its scope need not be lost.
    is_uncertain = value.kind is Kind.ABSENT and (sample.depth > 0 or not side.is_asked(step, sample))
    return None if is_uncertain else value


def _is_gone(value: Value) -> bool:
    """Whether it cannot be read, or not all of it."""
    return value.kind in {Kind.ABSENT, Kind.UNREADABLE} or not is_whole(value)


_ADDRESS = re.compile(r"\b0x0*[1-9a-f][0-9a-f]*(?: <[^>]*>)?")


def _differs(value: Value, other: Value) -> bool:
    """Whether two values certainly differ. Addresses do from one build to the next: only which are null counts."""
    if value.kind is Kind.POINTER and other.kind is Kind.POINTER:
        if value.content is None or other.content is None:
            return bool(value.number) != bool(other.number)
        return value.content != other.content
    if value.kind is Kind.AGGREGATE and other.kind is Kind.AGGREGATE:
        value, other = (replace(each, text=_ADDRESS.sub("0x1", each.text)) for each in (value, other))
    is_nan = value.number != value.number and other.number != other.number
    return not is_nan and compare(value, "==", other) is False


def _unset(recording: Recording, samples: Sequence[Sample], names: frozenset[str]) -> dict[Sample, set[int]]:
    """For each sample the steps at which it may still be what lay in memory before.

    That is until it changes for the first time in an activation; then something has been assigned. Of an array or a
    structure that is one part of it, so those count never.
    """
    found: dict[Sample, set[int]] = {sample: set() for sample in samples}
    doubtful = [sample for sample in samples if names.intersection(leading_names(sample.expression))]
    if not doubtful:
        return found
    values: dict[Sample, Value] = {}
    first: dict[tuple[int, str | None, int], dict[Sample, Value | None]] = {}
    for step in recording.steps():
        values.update(step.changes)
        if step.entered:
            first.pop((step.thread, step.frames[0].function, step.frames[0].address), None)
        for sample in doubtful:
            value = values.get(sample, ABSENT)
            if value.kind is Kind.ABSENT or sample.depth >= len(step.frames):
                continue
            frame = step.frames[sample.depth]
            seen = first.setdefault((step.thread, frame.function, frame.address), {})
            if seen.setdefault(sample, value) != value and value.kind not in {Kind.AGGREGATE, Kind.STRING}:
                seen[sample] = None  # from here on it is set
            if seen[sample] is not None:
                found[sample].add(step.index)
    return found
