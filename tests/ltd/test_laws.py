"""Laws of the logic, on the fast evaluation: duals, expansions, mirror images."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from ltd.columns import Evaluation, mirror, pack, unpack
from ltd.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Composite,
    Constant,
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

from .strategies import OPERATORS, Steps, random_formula, random_steps, trace_of


def apply(name: str, *operands: Formula | int) -> Formula:
    return OPERATORS.apply(name, operands)


def column(formula: Formula, steps: Steps) -> int:
    trace = trace_of(steps)
    bounds = Evaluation(formula, trace.length, trace.columns).of(formula)
    assert bounds.low == bounds.high
    return bounds.low


Law = Callable[[Formula, Formula], tuple[Formula, Formula]]

LAWS: dict[str, Law] = {
    "until expands": lambda p, q: (Until(p, q), Or((q, And((p, Next(Until(p, q))))))),
    "weak is until or always": lambda p, q: (Weak(p, q), Or((Until(p, q), apply("Henceforth", p)))),
    "not until": lambda p, q: (Not(Until(p, q)), Weak(Not(q), And((Not(p), Not(q))))),
    "not weak": lambda p, q: (Not(Weak(p, q)), Until(Not(q), And((Not(p), Not(q))))),
    "release is the dual of until": lambda p, q: (apply("Release", p, q), Not(Until(Not(p), Not(q)))),
    "strong release": lambda p, q: (
        apply("StrongRelease", p, q),
        And((apply("Release", p, q), apply("Eventually", p))),
    ),
    "eventually and henceforth": lambda p, _: (apply("Eventually", p), Not(apply("Henceforth", Not(p)))),
    "henceforth is idempotent": lambda p, _: (
        apply("Henceforth", p),
        apply("Henceforth", apply("Henceforth", p)),
    ),
    "weak next": lambda p, _: (apply("WeakNext", p), Or((Next(p), Not(Next(TRUE))))),
    "xor": lambda p, q: (apply("Xor", p, q), Or((And((p, Not(q))), And((q, Not(p)))))),
    "iff": lambda p, q: (apply("Iff", p, q), Not(apply("Xor", p, q))),
    "after": lambda p, q: (apply("After", p, q), And((q, Next(Until(TRUE, p))))),
    "ordered": lambda p, q: (apply("Ordered", p, q), apply("After", q, p)),
    "precedence": lambda p, q: (apply("Precedence", p, q), apply("Release", p, Or((p, Not(q))))),
    "since expands": lambda p, q: (Since(p, q), Or((q, And((p, Previously(Since(p, q))))))),
    "once": lambda p, _: (apply("Once", p), Or((p, Previously(apply("Once", p))))),
    "historically": lambda p, _: (apply("Historically", p), Not(apply("Once", Not(p)))),
    "triggered": lambda p, q: (
        apply("Triggered", p, q),
        And((q, Or((p, Not(Previously(TRUE)), Previously(apply("Triggered", p, q)))))),
    ),
    "previously undoes next": lambda p, _: (And((Next(TRUE), p)), Next(Previously(p))),
    "within 1": lambda p, _: (Within(1, p), Next(p)),
    "within expands": lambda p, _: (Within(3, p), Next(Or((p, Next(Or((p, Next(p)))))))),
    "throughout expands": lambda p, _: (Throughout(3, p), Next(And((p, Next(And((p, Next(p)))))))),
    "within and throughout": lambda p, _: (
        And((Not(Within(3, p)), Throughout(3, TRUE))),
        Throughout(3, Not(p)),
    ),
    "existence": lambda p, _: (apply("Existence", p), apply("Eventually", p)),
    "existence twice": lambda p, _: (
        apply("Existence", p, 2),
        apply("Eventually", And((p, apply("Eventually", And((Not(p), apply("Eventually", p))))))),
    ),
    "absence": lambda p, _: (apply("Absence", p), apply("BoundedExistence", p, 0)),
    "bounded existence": lambda p, _: (Not(apply("BoundedExistence", p, 2)), apply("Existence", p, 3)),
    "universality": lambda p, _: (apply("Universality", p), apply("Absence", Not(p))),
    "both and either": lambda p, q: (apply("Both", p, q), Not(apply("Either", Not(p), Not(q)))),
    "constants": lambda p, _: (Until(FALSE, p), And((p, TRUE))),
}


@pytest.mark.parametrize("name", LAWS)
def test_law(name: str) -> None:
    random = Random(name)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(60):
        left, right = LAWS[name](random_formula(random, 2), random_formula(random, 2))
        steps = random_steps(random, 1, 20)
        assert column(left, steps) == column(right, steps), (left, right, steps)


def reversed_formula(formula: Formula) -> Formula:
    """The past operators for the future ones, and the other way round."""
    match formula:
        case Constant() | Atom():
            return formula
        case Not():
            return Not(reversed_formula(formula.operand))
        case And() | Or():
            return type(formula)(tuple(map(reversed_formula, formula.operands)))
        case Until():
            return Since(reversed_formula(formula.left), reversed_formula(formula.right))
        case Since():
            return Until(reversed_formula(formula.left), reversed_formula(formula.right))
        case Next():
            return Previously(reversed_formula(formula.operand))
        case Previously():
            return Next(reversed_formula(formula.operand))
        case Composite():
            return reversed_formula(formula.expansion)
        case _:
            raise AssertionError(formula)


MIRRORED = ("Not", "And", "Or", "Until", "Next", "Previously", "Since", "Eventually", "Once", "Historically")


def test_past_is_future_on_the_reversed_trace() -> None:
    random = Random(1)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(1000):
        formula, steps = random_formula(random, 3, MIRRORED), random_steps(random, 1, 40)
        turned = column(reversed_formula(formula), steps[::-1])
        assert column(formula, steps) == mirror(turned, len(steps)), formula


@pytest.mark.parametrize("length", [1, 7, 8, 9, 63, 64, 65, 1000])
def test_columns_of_every_length(length: int) -> None:
    random = Random(length)  # noqa: S311  (seeded: the same pairs every time)
    flags = bytes(random.choice(b"01") for _ in range(length))
    packed = pack(flags)
    assert unpack(packed, length) == flags
    assert mirror(packed, length) == pack(flags[::-1])
    for position in {0, length // 3, length - 1}:
        ones = [index for index in range(length) if flags[index] == ord("1")]
        assert at(packed, length, position) == (position in ones)
        assert first(packed, length, position) == min((i for i in ones if i >= position), default=None)
        assert last(packed, length, position) == max((i for i in ones if i <= position), default=None)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 100, 10_000])
def test_windows_of_every_width(count: int) -> None:
    random = Random(count)  # noqa: S311  (seeded: the same pairs every time)
    steps = [frozenset("a") if random.random() < 0.3 else frozenset() for _ in range(150)]
    where = [index for index, step in enumerate(steps) if step]
    some, every = Within(count, Atom("a")), Throughout(count, Not(Atom("a")))
    for position in range(len(steps)):
        ahead = [index for index in where if position < index <= position + count]
        exists = position + count < len(steps)
        assert at(column(some, steps), len(steps), position) == bool(ahead)
        assert at(column(every, steps), len(steps), position) == (exists and not ahead)
