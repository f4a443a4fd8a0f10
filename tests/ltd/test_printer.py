"""Both notations, and how few parentheses infix needs. That they parse again is tested with the parser."""

from __future__ import annotations

import pytest

from ltd.formula import TRUE, And, Atom, ForEach, Formula, Next, Not, Or, Throughout, Until, Weak
from ltd.operators import Operator, standard
from ltd.printer import infix, prefix

REGISTRY = standard()
REGISTRY.define(Operator("Mine", "p", "mine", Not))
A, B, C = Atom("a"), Atom("b"), Atom("c")


def apply(name: str, *operands: Formula | int, **keywords: Formula | tuple[Formula, Formula]) -> Formula:
    return REGISTRY.apply(name, operands, keywords)


@pytest.mark.parametrize(
    ("formula", "calls", "keywords"),
    [
        (TRUE, "True", "True"),
        (Not(A), "Not(a)", "not a"),
        (Not(Not(A)), "Not(Not(a))", "not not a"),
        (
            apply("Henceforth", apply("Implies", A, apply("Eventually", B))),
            "Henceforth(Implies(a, Eventually(b)))",
            "always (a imply eventually b)",
        ),
        (Until(A, Until(B, C)), "Until(a, Until(b, c))", "a until b until c"),
        (Until(Until(A, B), C), "Until(Until(a, b), c)", "(a until b) until c"),
        (Until(A, Weak(B, C)), "Until(a, Weak(b, c))", "a until b weak c"),
        (Until(Not(A), Next(B)), "Until(Not(a), Next(b))", "not a until next b"),
        (Not(Until(A, B)), "Not(Until(a, b))", "not (a until b)"),
        (And((A, B, C)), "And(a, b, c)", "a and b and c"),
        (And((And((A, B)), C)), "And(And(a, b), c)", "(a and b) and c"),
        (And((A, And((B, C)))), "And(a, And(b, c))", "a and (b and c)"),
        (Or((And((A, B)), C)), "Or(And(a, b), c)", "a and b or c"),
        (And((Or((A, B)), C)), "And(Or(a, b), c)", "(a or b) and c"),
        (And((Until(A, B), C)), "And(Until(a, b), c)", "a until b and c"),
        (apply("Implies", Or((A, B)), C), "Implies(Or(a, b), c)", "a or b imply c"),
        (Or((apply("Implies", A, B), C)), "Or(Implies(a, b), c)", "(a imply b) or c"),
        (
            apply("Implies", A, apply("Implies", B, C)),
            "Implies(a, Implies(b, c))",
            "a imply (b imply c)",
        ),
        (
            apply("Iff", apply("Implies", A, B), C),
            "Iff(Implies(a, b), c)",
            "a imply b equivalent c",
        ),
        (apply("Both", A, B), "Both(a, b)", "Both(a, b)"),
        (apply("Xor", A, Or((B, C))), "Xor(a, Or(b, c))", "Xor(a, b or c)"),
        (apply("Response", A, Until(B, C)), "Response(a, Until(b, c))", "Response(a, b until c)"),
        (Not(apply("WeakNext", A)), "Not(WeakNext(a))", "not WeakNext(a)"),
        (Throughout(3, Not(A)), "Throughout(3, Not(a))", "Throughout(3, not a)"),
        (
            apply("Existence", A, 2, between=(Not(B), C)),
            "Existence(a, 2, between=(Not(b), c))",
            "Existence(a, 2, between=(not b, c))",
        ),
        (apply("Absence", A, after=Or((B, C))), "Absence(a, after=Or(b, c))", "Absence(a, after=b or c)"),
        (ForEach("lock", Or((A, B))), "ForEach(lock, Or(a, b))", "ForEach(lock, a or b)"),
        (apply("Mine", A), "Mine(a)", "Mine(a)"),
        (apply("Since", A, apply("Once", B)), "Since(a, Once(b))", "Since(a, Once(b))"),
    ],
    ids=str,
)
def test_printed(formula: Formula, calls: str, keywords: str) -> None:
    assert prefix(formula) == calls
    assert infix(formula) == keywords


def test_a_constant_is_no_composite_operand() -> None:
    """`Eventually` is `Until(True, p)`, but is not printed as such, nor the other way round."""
    assert infix(Until(TRUE, A)) == "True until a"
    assert infix(apply("Eventually", A)) == "eventually a"
