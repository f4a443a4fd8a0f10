"""Whether a formula holds for a reason that the user did not mean: which parts of it never mattered.

A part never mattered if the formula still holds with False in its place where it counts positively, and True
where it counts negatively (Beer, Ben-David, Eisner and Rodeh, CAV 1997; Kupferman and Vardi, "Vacuity detection in
temporal model checking", 1999). One evaluation with the part taken as unknown answers that for all its
occurrences at once: what holds in spite of it holds whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ltd.formula import Constant, ForEach, Formula, children
from ltd.search import at
from ltd.trace import Trace
from ltd.verdict import Judgement, Verdict


def irrelevant(judgement: Judgement) -> tuple[Formula, ...]:
    """The outermost parts, as the user wrote them, that never mattered. Empty unless the verdict is HOLDS.

    Neither constants nor the formula itself are among them. For a `ForEach` a part is irrelevant if it mattered on no
    slice; where there was not a single slice, that is the body.
    """
    if judgement.verdict is not Verdict.HOLDS:
        return ()
    if isinstance(judgement.formula, ForEach):
        return (judgement.formula.body,)
    return tuple(_irrelevant(judgement, judgement.formula))


def _irrelevant(judgement: Judgement, formula: Formula) -> Iterator[Formula]:
    for part in children(formula):
        if isinstance(part, Constant):
            continue
        if all(_holds_without(part, judgement, trace) for trace in (judgement.trace, *judgement.others)):
            yield part
        else:
            yield from _irrelevant(judgement, part)


def _holds_without(part: Formula, judgement: Judgement, trace: Trace) -> bool:
    evaluation = judgement.evaluate(trace=trace, unknown=part)
    return at(evaluation.of(judgement.formula).low, trace.length, 0)
