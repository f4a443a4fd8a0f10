"""DExTer's six expectations, judged pass or fail. Four are formulas; two are about numbers of steps.

As in DExTer, a value that stays the same over several observations counts once. An observation is a step on one of
the expectation's lines at which its expression is in scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dexverify.annotations.commands import (
    Expectation,
    ExpectProgramState,
    ExpectStepKind,
    ExpectStepOrder,
    ExpectWatchType,
    ExpectWatchValue,
    Unreachable,
)
from dexverify.errors import Span
from dexverify.propositions import Expect, HasType, Line, Observed, On, Operand, Predicate, Tolerance
from ltd.formula import And, Atom, Constant, Formula, Next, Not, Until
from ltd.operators import standard

_OPERATORS = standard()


def formula_of(expectation: Expectation) -> Formula | None:
    """The formula that an expectation is defined as; every node has the command's span as its origin.

    None for `DexExpectStepKind` and `DexExpectStepOrder`: see `judge_step_kind` and `judge_step_order`.
    """
    span = expectation.span
    match expectation:
        case Unreachable(lines):
            on = Atom(On(lines.path, lines.first, lines.last), span)
            return _apply("Henceforth", Not(on, span), span)
        case ExpectProgramState():
            return _seen(Atom(expectation.state, span), expectation.times, span)
        case ExpectWatchValue():
            return _taken(
                expectation,
                [
                    Expect(expectation.expression, "==", _with_range(value, expectation.float_range), is_plain=True)
                    for value in expectation.values
                ],
            )
        case ExpectWatchType():
            return _taken(expectation, [HasType(expectation.expression, name) for name in expectation.types])
        case ExpectStepKind() | ExpectStepOrder():
            return None


def _apply(name: str, operand: Formula, span: Span) -> Formula:
    return _OPERATORS.apply(name, (operand,), origin=span)


def _seen(state: Formula, times: int, span: Span) -> Formula:
    """The state is seen at `times` steps at least: at some step, and at `times - 1` steps after it."""
    if times == 0:
        return Constant(True, span)
    seen = _apply("Eventually", state, span)
    for _ in range(times - 1):
        seen = _apply("Eventually", And((state, Next(seen, span)), span), span)
    return seen


def _with_range(value: Operand, float_range: float | None) -> Operand:
    """The value with the allowance of `float_range=`, where it is a number or spells one."""
    if float_range is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    try:
        return Tolerance(float(value), float_range)
    except ValueError:
        return value


def _taken(expectation: ExpectWatchValue | ExpectWatchType, wanted: Sequence[Predicate]) -> Formula:
    """The values that the expression takes are the wanted ones, and no others; in their order if so required."""
    span, lines = expectation.span, expectation.lines
    observed = (
        Atom(On(lines.path, lines.first, lines.last), span),
        Atom(Observed(expectation.expression), span),
    )
    has = [And((*observed, Atom(predicate, span)), span) for predicate in wanted]
    if not expectation.require_in_order:
        other = And((*observed, *(Not(Atom(predicate, span), span) for predicate in wanted)), span)
        all_seen = (_apply("Eventually", one, span) for one in has)
        return And((*all_seen, _apply("Henceforth", Not(other, span), span)), span)
    # Nothing but the first value before it comes, from then on nothing but it until the second, and so on; after the
    # last one nothing but it. A value that stands twice in a row is found twice at one step, so it counts once.
    only = [Not(And((*observed, Not(Atom(predicate, span), span)), span), span) for predicate in wanted]
    formula = _apply("Henceforth", only[-1], span)
    for before, value in zip(reversed([only[0], *only[:-1]]), reversed(has), strict=True):
        formula = Until(before, And((value, formula), span), span)
    return formula


def judge_step_kind(kinds: Sequence[str], expectation: ExpectStepKind) -> tuple[bool, str]:
    """Whether as many steps are of the kind as expected, and a sentence that says how many are.

    `kinds` has the kind of each step of the run, in DExTer's names. As in DExTer the number must be met exactly.
    """
    count = sum(kind == expectation.kind for kind in kinds)
    steps = "1 step is" if count == 1 else f"{count} steps are"
    return count == expectation.times, f"{steps} {expectation.kind}, expected {expectation.times}"


def judge_step_order(visits: Mapping[Line, Sequence[int]], expectation: ExpectStepOrder) -> tuple[bool, str]:
    """Whether the line was visited at the expected positions and at no others, and a sentence that says which.

    `visits` has the positions for each line. All `DexExpectStepOrder` of a test count together, as in DExTer: each
    visit of any line that has one takes the next number, from 1.
    """
    positions = tuple(visits.get(expectation.line, ()))
    visited = f"the visits {_listed(positions)}" if positions else "no visit"
    summary = f"{visited} of those counted are of line {expectation.line.line}, expected {_listed(expectation.order)}"
    return positions == expectation.order, summary


def _listed(positions: Sequence[int]) -> str:
    return ", ".join(str(position) for position in positions)
