"""Whether a formula holds for a reason that the user did not mean: which parts of it never mattered.

A part never mattered if the formula still holds with False in its place where it counts positively, and True
where it counts negatively (Beer, Ben-David, Eisner and Rodeh, CAV 1997; Kupferman and Vardi, "Vacuity detection in
temporal model checking", 1999). One evaluation with the part taken as unknown answers that for all its
occurrences at once: what holds in spite of it holds whatever it is.

On a finite trace much holds only because the last step is the last: `Henceforth(Eventually(q))` if q does there, and
then a `Response(p, q)` would hold for any p. To say so would be a false alarm. So a part that begins to matter with
one more step, at which no atom holds, has mattered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ltd.columns import Bounds
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
        if all(_never_mattered(part, judgement, trace) for trace in (judgement.trace, *judgement.others)):
            yield part
        else:
            yield from _irrelevant(judgement, part)


def _never_mattered(part: Formula, judgement: Judgement, trace: Trace) -> bool:
    if not _holds(judgement, trace, without=part):
        return False
    longer = Trace(trace.length + 1, {p: Bounds(c.low << 1, c.high << 1) for p, c in trace.columns.items()})
    return _holds(judgement, longer, without=part) or not _holds(judgement, longer, without=None)


def _holds(judgement: Judgement, trace: Trace, *, without: Formula | None) -> bool:
    evaluation = judgement.evaluate(trace=trace, unknown=without)
    return at(evaluation.of(judgement.formula).low, trace.length, 0)
