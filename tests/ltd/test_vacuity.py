"""Vacuity: parts that never mattered, and only those."""

from __future__ import annotations

from random import Random

import pytest

from ltd.formula import And, Atom, Constant, ForEach, Formula, Or, Until, walk
from ltd.trace import Trace
from ltd.vacuity import irrelevant
from ltd.verdict import Judgement, Verdict, judge

from .strategies import OPERATORS, Steps, random_formula, random_steps, trace_of

A, B, C = Atom("a"), Atom("b"), Atom("c")
apply = OPERATORS.apply


def judged(formula: Formula, text: str) -> Judgement:
    steps = [frozenset(word.replace("-", "")) for word in text.split()]
    return judge(formula, trace_of(steps), complete=True)


@pytest.mark.parametrize(
    ("formula", "text", "expected"),
    [
        (apply("Henceforth", [apply("Implies", [A, B])]), "- -", [B]),
        (apply("Henceforth", [apply("Implies", [A, B])]), "- ab -", []),
        (apply("Response", [A, B]), "- b -", [B]),
        (apply("Response", [A, B]), "a b -", []),
        (apply("Henceforth", [A]), "a a", []),
        (Until(A, B), "b", [A]),
        (Until(A, B), "a b", []),
        (Or((A, B)), "a", [B]),
        (And((A, B)), "ab", []),
        (apply("Response", [A, B]), "a b", []),  # B holds at the last step, by which no A could go unanswered
        (And((C, apply("Response", [A, B]))), "c - -", [B]),
        (apply("Absence", [A], {"after": B}), "a -", [A]),
        (apply("Precedence", [A, B]), "a b", [B]),
        (apply("Precedence", [A, B]), "- a b", []),
        (apply("Precedence", [A, B]), "- -", [A]),
        (apply("Henceforth", [apply("Implies", [A, And((B, C))])]), "- -", [And((B, C))]),
        (Or((A, Constant(False))), "a", []),
        (Until(A, B), "a -", []),  # fails
    ],
    ids=str,
)
def test_irrelevant(formula: Formula, text: str, expected: list[Formula]) -> None:
    assert list(irrelevant(judged(formula, text))) == expected


def test_what_is_irrelevant_can_be_replaced_by_anything() -> None:
    random = Random(1)  # noqa: S311  (seeded: the same pairs every time)
    found = 0
    for _ in range(600):
        formula = random_formula(random, 3, ("Not", "And", "Or", "Until", "Weak", "Next", "Since"))
        steps = random_steps(random, 1, 6)
        for part in irrelevant(judge(formula, trace_of(steps), complete=True)):
            found += 1
            assert any(part is node for node in walk(formula))
            for value in (False, True):
                changed = replaced(formula, part, Constant(value))
                assert judge(changed, trace_of(steps), complete=True).verdict is Verdict.HOLDS
    assert found > 100


def replaced(formula: Formula, part: Formula, by: Formula) -> Formula:
    if formula is part:
        return by
    match formula:
        case And() | Or():
            return type(formula)(tuple(replaced(operand, part, by) for operand in formula.operands))
        case Constant() | Atom():
            return formula
    fields = [name for name in ("operand", "left", "right") if hasattr(formula, name)]
    return type(formula)(*(replaced(getattr(formula, name), part, by) for name in fields))  # type: ignore[arg-type, call-arg]


def each(text: str, keys: list[object]) -> Judgement:
    steps: Steps = [frozenset(word.replace("-", "")) for word in text.split()]
    trace = Trace(len(steps), trace_of(steps).columns, {"thread": keys})
    formula = ForEach("thread", apply("Henceforth", [apply("Implies", [A, B])]))
    return judge(formula, trace, complete=True)


def test_for_each_is_vacuous_only_if_all_slices_are() -> None:
    assert irrelevant(each("- -", [1, 2])) == (B,)
    assert irrelevant(each("- ab", [1, 2])) == ()
    assert irrelevant(each("ab -", [1, 2])) == ()


def test_for_each_without_a_slice_is_vacuous() -> None:
    judgement = each("a -", [None, None])
    assert irrelevant(judgement) == (judgement.formula.body,)  # type: ignore[union-attr]
