"""DExTer's expectations: which runs meet them, by the reference evaluation of their formulas."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.annotations.commands import (
    ExpectProgramState,
    ExpectStepKind,
    ExpectStepOrder,
    ExpectWatchType,
    ExpectWatchValue,
    Lines,
    Unreachable,
)
from dexverify.errors import Span
from dexverify.expectations import formula_of, judge_step_kind, judge_step_order
from dexverify.propositions import (
    MAX_LINE,
    Expect,
    ExpectState,
    Expression,
    FramePattern,
    HasType,
    Line,
    Observed,
    On,
    Tolerance,
)
from ltd.formula import Atom, walk
from ltd.semantics import holds
from ltd.steps import Valuations

SPAN = Span("/t.c", 1, 4, 1, 30)
X = Expression("x")
LINES = Lines("/t.c", 1, MAX_LINE)
ON = On("/t.c", 1, MAX_LINE)
ELSEWHERE: frozenset = frozenset()
OUT_OF_SCOPE = frozenset({ON})


def seen(value: object) -> frozenset:
    """A step on one of the lines at which x has this value."""
    return frozenset({ON, Observed(X), Expect(X, "==", value), HasType(X, str(value))})


def run(text: str) -> list[frozenset]:
    """A digit is a value of x, `-` a step where it is not in scope, a space one on another line."""
    special = {"-": OUT_OF_SCOPE, " ": ELSEWHERE}
    return [special[c] if c in special else seen(int(c)) for c in text]


def values(*wanted: int, in_order: bool = True) -> ExpectWatchValue:
    return ExpectWatchValue(X, wanted, LINES, in_order, None, SPAN)


def is_met(expectation, steps: list[frozenset]) -> bool:
    formula = formula_of(expectation)
    assert formula is not None
    assert all(node.origin == SPAN for node in walk(formula))
    return holds(formula, Valuations(steps))


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ((1,), "1", True),
        ((1,), " -11- 1 ", True),
        ((1,), "- ", False),
        ((1,), "2", False),
        ((1,), "12", False),
        ((1,), "21", False),
        ((1, 2), "1122", True),
        ((1, 2), "1-1 2", True),
        ((1, 2), "1", False),
        ((1, 2), "21", False),
        ((1, 2), "121", False),
        ((1, 2), "132", False),
        ((1, 2, 1), "1 2-1", True),
        ((1, 2, 1), "12", False),
        ((1, 1, 2), "12", True),
        ((1, 1, 2), "1112", True),
    ],
)
def test_values_in_order(wanted: tuple[int, ...], text: str, expected: bool) -> None:
    assert is_met(values(*wanted), run(text)) is expected
    types = ExpectWatchType(X, tuple(map(str, wanted)), LINES, True, SPAN)
    assert is_met(types, run(text)) is expected


@given(st.lists(st.integers(0, 2), min_size=1, max_size=4), st.text("012- ", min_size=1, max_size=7))
def test_values_in_order_are_the_changes_that_are_observed(wanted: list[int], text: str) -> None:
    changes = [value for value, _ in groupby(int(c) for c in text if c.isdigit())]
    assert is_met(values(*wanted), run(text)) is (changes == [value for value, _ in groupby(wanted)])


@given(st.lists(st.integers(0, 2), min_size=1, max_size=4), st.text("012- ", min_size=1, max_size=7))
def test_values_in_any_order_are_all_seen_and_no_others(wanted: list[int], text: str) -> None:
    assert is_met(values(*wanted, in_order=False), run(text)) is ({int(c) for c in text if c.isdigit()} == set(wanted))


@pytest.mark.parametrize(
    ("value", "compared"),
    [("1.5", Tolerance(1.5, 0.25)), (2, Tolerance(2.0, 0.25)), ("red", "red"), (True, True)],
)
def test_a_range_makes_numbers_tolerant(value: object, compared: object) -> None:
    formula = formula_of(ExpectWatchValue(X, (value,), LINES, True, 0.25, SPAN))
    predicates = {node.predicate for node in walk(formula) if isinstance(node, Atom)}
    assert Expect(X, "==", compared) in predicates


def test_unreachable() -> None:
    unreachable = Unreachable(Lines("/t.c", 3, 5), SPAN)
    reached = frozenset({On("/t.c", 3, 5)})
    assert is_met(unreachable, [ELSEWHERE, ELSEWHERE])
    assert not is_met(unreachable, [ELSEWHERE, reached])


def test_a_state_is_seen_as_often_as_expected_or_more() -> None:
    state = ExpectState((FramePattern("f"),))
    for times in range(4):
        expectation = ExpectProgramState(state, times, SPAN)
        for count in range(4):
            steps = [ELSEWHERE] + [frozenset({state}), ELSEWHERE] * count
            assert is_met(expectation, steps) is (count >= times)
    assert is_met(ExpectProgramState(state, 2, SPAN), [frozenset({state})] * 2)


def test_the_kinds_of_steps_are_counted() -> None:
    kinds = ["FUNC", "VERTICAL_FORWARD", "FUNC"]
    assert judge_step_kind(kinds, ExpectStepKind("FUNC", 2, SPAN)) == (True, "2 steps are FUNC, expected 2")
    assert judge_step_kind(kinds, ExpectStepKind("SAME", 1, SPAN)) == (False, "0 steps are SAME, expected 1")
    assert judge_step_kind(kinds[:1], ExpectStepKind("FUNC", 3, SPAN)) == (False, "1 step is FUNC, expected 3")
    assert formula_of(ExpectStepKind("FUNC", 2, SPAN)) is None


def test_the_order_of_visits() -> None:
    line, other = Line("/t.c", 3), Line("/t.c", 4)
    visits = {line: [1, 3], other: [2]}
    holds_, summary = judge_step_order(visits, ExpectStepOrder((1, 3), line, SPAN))
    assert holds_
    assert summary == "the visits 1, 3 of those counted are of line 3, expected 1, 3"
    assert not judge_step_order(visits, ExpectStepOrder((1,), line, SPAN))[0]
    assert judge_step_order({}, ExpectStepOrder((1,), line, SPAN))[1].startswith("no visit of those counted")
    assert formula_of(ExpectStepOrder((1,), line, SPAN)) is None


def test_positions_only_grow_in_what_parses(folder) -> None:
    (order,) = folder.parse("// DexExpectStepOrder(1, 3, 9)\n").expectations
    assert all(a < b for a, b in pairwise(order.order))
