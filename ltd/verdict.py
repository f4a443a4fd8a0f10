"""From a formula and a trace to a verdict, with four values where the run was cut, and `unknown` as the fifth.

On a complete trace the semantics is LTLf (De Giacomo and Vardi, IJCAI 2013). On a prefix, `holds` and `fails` are
said only where the strong and the weak view agree (Eisner et al., CAV 2003); else the verdict is the one of
RV-LTL (Bauer, Leucker and Schallhart, "Comparing LTL Semantics for Runtime Verification", 2010): what the complete
trace would give, called presumable.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from ltd.columns import Evaluation
from ltd.formula import (
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
)
from ltd.search import at, first, last
from ltd.trace import Trace


class Verdict(Enum):
    """Of a formula over a trace. `UNKNOWN`: an unreadable value, or no step at all, stands in the way."""

    HOLDS = "holds"
    FAILS = "fails"
    PRESUMABLY_HOLDS = "presumably holds"
    PRESUMABLY_FAILS = "presumably fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and on what it rests.

    For a `ForEach`, `instance` names the slice that decided, a key and its value for each level; `formula` is then
    the innermost body, `trace` the slice, and `positions` its positions within the whole trace. A `ForEach` that has no
    slice at all keeps its own formula and trace, with an empty `instance`. `others` are the slices besides `trace` on
    which the same body was judged, for a `ForEach` that did not fail.
    """

    verdict: Verdict
    formula: Formula
    trace: Trace
    positions: Sequence[int]
    instance: tuple[tuple[Hashable, Hashable], ...]
    complete: bool
    others: tuple[Trace, ...] = field(default=(), repr=False)

    def evaluate(self, *, trace: Trace | None = None, unknown: Formula | None = None) -> Evaluation:
        """The columns behind the verdict. A presumable one rests on the trace read as if it were complete."""
        trace = trace or self.trace
        complete = self.complete or self.verdict not in (Verdict.HOLDS, Verdict.FAILS)
        return Evaluation(self.formula, trace.length, trace.columns, complete=complete, unknown=unknown)


# What decides for all slices together, first to last: `ForEach` is a conjunction over its slices.
RANKS = (
    Verdict.FAILS,
    Verdict.PRESUMABLY_FAILS,
    Verdict.UNKNOWN,
    Verdict.PRESUMABLY_HOLDS,
    Verdict.HOLDS,
)


def judge(formula: Formula, trace: Trace, *, complete: bool) -> Judgement:
    """The verdict at the first position. `complete` says that the run ended by itself.

    Raises KeyError for an atom or a key that the trace has nothing about, and ValueError for a `ForEach` below
    anything but another `ForEach`.
    """
    if isinstance(formula, ForEach):
        return _judge_slices(formula, trace, complete)
    verdict = _verdict(formula, trace, complete)
    return Judgement(verdict, formula, trace, range(trace.length), (), complete)


def _verdict(formula: Formula, trace: Trace, complete: bool) -> Verdict:
    if trace.length == 0:
        return Verdict.UNKNOWN
    if not complete:
        certain = _first_value(Evaluation(formula, trace.length, trace.columns, complete=False))
        if certain is not None:
            return Verdict.HOLDS if certain else Verdict.FAILS
    match _first_value(Evaluation(formula, trace.length, trace.columns)):
        case None:
            return Verdict.UNKNOWN
        case True:
            return Verdict.HOLDS if complete else Verdict.PRESUMABLY_HOLDS
        case False:
            return Verdict.FAILS if complete else Verdict.PRESUMABLY_FAILS


def _first_value(evaluation: Evaluation) -> bool | None:
    bounds, length = evaluation.of(evaluation.formula), evaluation.length
    if at(bounds.low, length, 0):
        return True
    return None if at(bounds.high, length, 0) else False


def _judge_slices(formula: ForEach, trace: Trace, complete: bool) -> Judgement:
    deciding: Judgement | None = None
    others: list[Trace] = []
    for value, places, part in trace.slices(formula.key):
        inner = judge(formula.body, part, complete=complete)
        if isinstance(inner.formula, ForEach):
            continue  # nothing to judge in this slice
        if deciding is None or RANKS.index(inner.verdict) < RANKS.index(deciding.verdict):
            others += [deciding.trace] if deciding else []
            positions = [places[position] for position in inner.positions]
            instance = ((formula.key, value), *inner.instance)
            deciding = replace(inner, positions=positions, instance=instance)
        else:
            others.append(inner.trace)
        others += inner.others
        if inner.verdict is Verdict.FAILS:
            return replace(deciding, others=())
    if deciding is None:
        empty = Verdict.UNKNOWN if trace.length == 0 else Verdict.HOLDS
        deciding = Judgement(empty, formula, trace, range(trace.length), (), complete)
    verdict = deciding.verdict
    if verdict is Verdict.HOLDS and not complete:
        verdict = Verdict.PRESUMABLY_HOLDS  # a continuation may bring a value that was not there yet
    return replace(deciding, verdict=verdict, others=tuple(others))


def unknown_causes(judgement: Judgement) -> tuple[tuple[Hashable, int], ...]:
    """The unknown atoms, each with the position (in `judgement.trace`) that an UNKNOWN verdict comes from.

    Walks down from the formula to atoms, at each node to the first part that would have settled it; of a
    conjunction or disjunction all unknown parts are named. Empty for another verdict and for an empty trace.
    """
    if judgement.verdict is not Verdict.UNKNOWN or judgement.trace.length == 0:
        return ()
    evaluation = judgement.evaluate()
    causes: dict[tuple[Hashable, int], None] = {}
    seen: set[tuple[int, int]] = set()
    pending = [(judgement.formula, 0)]
    while pending:
        formula, position = pending.pop()
        if (id(formula), position) in seen:
            continue
        seen.add((id(formula), position))
        if isinstance(formula, Atom):
            causes[formula.predicate, position] = None
        pending += list(_unsettled(evaluation, formula, position))[::-1]
    return tuple(causes)


def _unsettled(evaluation: Evaluation, formula: Formula, position: int) -> Iterator[tuple[Formula, int]]:
    """The parts that `formula` is unknown for at `position`, and where they are unknown."""
    length = evaluation.length

    def unknown(part: Formula) -> int:
        bounds = evaluation.of(part)
        return bounds.low ^ bounds.high

    match formula:
        case Not():
            yield formula.operand, position
        case And() | Or():
            yield from ((part, position) for part in formula.operands if at(unknown(part), length, position))
        case Until() | Weak():
            # The value hangs on the chain of `left` that leads to the first possible `right`.
            reached = first(evaluation.of(formula.right).high, length, position)
            doubtful = first(unknown(formula.left), length, position)
            if doubtful is not None and (reached is None or doubtful < reached):
                yield formula.left, doubtful
            elif reached is not None:
                yield formula.right, reached
        case Since():
            reached = last(evaluation.of(formula.right).high, length, position)
            doubtful = last(unknown(formula.left), length, position)
            if doubtful is not None and (reached is None or doubtful > reached):
                yield formula.left, doubtful
            elif reached is not None:
                yield formula.right, reached
        case Next() | Within() | Throughout():
            doubtful = first(unknown(formula.operand), length, position + 1)
            if doubtful is not None:
                yield formula.operand, doubtful
        case Previously():
            yield formula.operand, position - 1
        case Composite():
            yield formula.expansion, position
        case Atom() | Constant() | ForEach():
            return
