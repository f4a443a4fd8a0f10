"""The monitor: never against the final verdict, never later than the strong and weak views."""

from __future__ import annotations

from random import Random

import pytest

from ltd.formula import Atom, ForEach, Formula, Next, Until, Within
from ltd.monitor import Monitor
from ltd.residual import MAX_CLAUSES
from ltd.verdict import Verdict, judge

from .strategies import OPERATORS, Steps, random_formula, random_steps, random_unknowns, trace_of, truth_of

A, B, C = Atom("a"), Atom("b"), Atom("c")
apply = OPERATORS.apply
CERTAIN = (Verdict.HOLDS, Verdict.FAILS)


def run(formula: Formula, steps: Steps) -> list[Verdict | None]:
    monitor = Monitor(formula)
    return [monitor.advance(truth_of(step)) for step in steps]


@pytest.mark.parametrize("shard", range(4))
def test_agrees_with_the_views_and_the_verdict(shard: int) -> None:
    random = Random(3000 + shard)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(400):
        formula = random_formula(random, random.choice((1, 2, 3, 3)))
        steps = random_steps(random, 1, 8)
        unknown = random_unknowns(random, steps) if random.random() < 0.4 else [frozenset()] * len(steps)
        monitor, trace = Monitor(formula), trace_of(steps, unknown)
        final = judge(formula, trace, complete=True).verdict
        for index, step in enumerate(steps):
            said = monitor.advance(truth_of(step, unknown[index]))
            seen = judge(formula, trace.restrict(range(index + 1)), complete=False).verdict
            if said is None:
                assert seen not in CERTAIN, (formula, index)
                assert monitor.finish(complete=False) is seen, (formula, index)
            else:
                assert final is said, (formula, index)
                assert seen is said or seen not in CERTAIN, (formula, index)
        assert monitor.finish(complete=True) is final, formula


@pytest.mark.parametrize("shard", range(2))
def test_what_is_certain_holds_of_every_continuation(shard: int) -> None:
    random = Random(4000 + shard)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(150):
        formula = random_formula(random, random.choice((1, 2, 3)))
        steps = random_steps(random, 1, 5)
        said = run(formula, steps)[-1]
        seen = judge(formula, trace_of(steps), complete=False).verdict
        for verdict in {said, seen} & set(CERTAIN):
            for _ in range(8):
                longer = [*steps, *random_steps(random, 0, 5)]
                assert judge(formula, trace_of(longer), complete=True).verdict is verdict, formula


@pytest.mark.parametrize(
    ("formula", "text", "step", "verdict"),
    [
        (apply("Henceforth", [A]), "a a - a", 2, Verdict.FAILS),
        (apply("Eventually", [A]), "- - a -", 2, Verdict.HOLDS),
        (Next(A), "- - a", 1, Verdict.FAILS),
        (Until(A, B), "a - b", 1, Verdict.FAILS),
        (apply("Response", [A, B]), "a b a b", None, None),
        (apply("Henceforth", [apply("Implies", [A, Within(2, B)])]), "- a - - b", 3, Verdict.FAILS),
        (apply("Henceforth", [apply("Once", [A])]), "a - -", 0, Verdict.HOLDS),
        (apply("Henceforth", [apply("Implies", [B, apply("Once", [A])])]), "- a b", 1, Verdict.HOLDS),
        (apply("Henceforth", [Next(apply("Once", [A]))]), "a - -", None, None),
        (apply("Eventually", [apply("WeakNext", [apply("Historically", [A])])]), "- a -", None, None),
        (apply("BoundedExistence", [A, 1]), "a - a", 2, Verdict.FAILS),
        (apply("Precedence", [A, B]), "- a b", 1, Verdict.HOLDS),
    ],
    ids=str,
)
def test_decides_at_the_first_step_that_can(
    formula: Formula, text: str, step: int | None, verdict: Verdict | None
) -> None:
    said = run(formula, [frozenset(word.replace("-", "")) for word in text.split()])
    expected = [verdict if step is not None and index >= step else None for index in range(len(said))]
    assert said == expected


def test_for_each_fails_with_its_first_slice_and_never_holds_early() -> None:
    monitor = Monitor(ForEach("thread", apply("Henceforth", [A])))
    steps: list[tuple[int | None, bool]] = [(1, True), (2, True), (None, False), (2, False), (1, True)]
    said = [monitor.advance(lambda _, v=value: v, lambda _, k=key: k) for key, value in steps]  # type: ignore[misc]
    assert said == [None, None, None, Verdict.FAILS, Verdict.FAILS]
    assert monitor.finish(complete=True) is Verdict.FAILS

    monitor = Monitor(ForEach("thread", apply("Eventually", [A])))
    assert monitor.finish(complete=True) is Verdict.UNKNOWN
    assert monitor.advance(lambda _: True, lambda _: 1) is None
    assert monitor.finish(complete=False) is Verdict.PRESUMABLY_HOLDS
    assert monitor.finish(complete=True) is Verdict.HOLDS


def test_for_each_needs_a_key() -> None:
    with pytest.raises(LookupError, match="thread"):
        Monitor(ForEach("thread", A)).advance(lambda _: True)


def test_nested_bounds_stay_small() -> None:
    """A bound met again before it ran out adds nothing: the earlier deadline implies the later one."""
    formula = apply("Henceforth", [apply("Implies", [A, Within(500, B)])])
    monitor = Monitor(formula)
    for index in range(2000):
        assert monitor.advance(lambda name, i=index: name == "a" or i % 400 == 0) is None  # type: ignore[misc]
    assert not monitor.is_exhausted


def test_is_as_early_where_the_normal_form_is_too_large() -> None:
    """Each step doubles the ways in which the next ones can meet the formula."""
    pairs = [apply("Or", [Next(Atom((i, 0))), Next(Next(Atom((i, 1))))]) for i in range(12)]
    monitor = Monitor(apply("Henceforth", [apply("And", pairs)]))
    assert 2 ** len(pairs) > MAX_CLAUSES
    assert monitor.advance(lambda _: True) is None
    assert monitor.is_exhausted
    assert monitor.finish(complete=False) is Verdict.PRESUMABLY_FAILS
    assert monitor.finish(complete=True) is Verdict.FAILS
    assert monitor.advance(lambda name: name[1] == 1) is None  # type: ignore[index]
    assert monitor.advance(lambda _: False) is Verdict.FAILS
