"""Reasons: every claim is true, and the well-known failures point at the place a reader would point at."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from ltd.explanation import Reason, decisive, explain, positions
from ltd.formula import And, Atom, Formula, Next, Not, Previously, Since, Throughout, Until, Within
from ltd.semantics import holds
from ltd.steps import Valuations
from ltd.verdict import Judgement, Verdict, judge

from .strategies import OPERATORS, Steps, random_formula, random_steps, trace_of

A, B, C = Atom("a"), Atom("b"), Atom("c")
apply = OPERATORS.apply


def steps_of(text: str) -> Steps:
    """One word for each step: the atoms that hold at it, or `-`."""
    return [frozenset(word.replace("-", "")) for word in text.split()]


def judged(formula: Formula, text: str) -> Judgement:
    return judge(formula, trace_of(steps_of(text)), complete=True)


def all_reasons(reason: Reason) -> Iterator[Reason]:
    yield reason
    for child in reason.children:
        yield from all_reasons(child)


@pytest.mark.parametrize("shard", range(4))
def test_every_claim_is_true(shard: int) -> None:
    random = Random(1000 + shard)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(600):
        formula = random_formula(random, random.choice((1, 2, 3)))
        steps = random_steps(random, 1, 7)
        judgement = judge(formula, trace_of(steps), complete=True)
        for reason in all_reasons(explain(judgement)):
            assert reason.first <= reason.position <= reason.last
            for position in range(reason.first, reason.last + 1):
                assert holds(reason.formula, Valuations(steps, position)) == reason.value, (formula, reason)


@pytest.mark.parametrize("shard", range(4))
def test_only_what_is_claimed_matters(shard: int) -> None:
    """With the atoms free to change wherever no leaf speaks about them, the verdict stays."""
    random = Random(2000 + shard)  # noqa: S311  (seeded: the same pairs every time)
    names = ("Not", "And", "Or", "Until", "Next", "Within", "Throughout", "Previously", "Since", "Once")
    checked = 0
    for _ in range(300):
        formula = random_formula(random, random.choice((1, 2, 3)), names)
        steps = random_steps(random, 2, 6)
        judgement = judge(formula, trace_of(steps), complete=True)
        reasons = list(all_reasons(explain(judgement)))
        if any(each.first < each.last and not isinstance(each.formula, Atom) for each in reasons):
            continue  # of a claim about a larger part over a range the children are an example
        checked += 1
        leaves = [each for each in reasons if not each.children]
        fixed = {
            (leaf.formula.predicate, position)
            for leaf in leaves
            if isinstance(leaf.formula, Atom)
            for position in range(leaf.first, leaf.last + 1)
        }
        for _ in range(10):
            other = random_steps(random, len(steps), len(steps))
            mixed = [
                frozenset(atom for atom in "abc" if atom in (steps if (atom, index) in fixed else other)[index])
                for index in range(len(steps))
            ]
            assert judge(formula, trace_of(mixed), complete=True).verdict is judgement.verdict, formula
    assert checked > 100


def where(reason: Reason) -> tuple[Formula, bool, int, int]:
    return reason.formula, reason.value, reason.first, reason.last


@pytest.mark.parametrize(
    ("formula", "text", "expected"),
    [
        (apply("Response", [A, B]), "- ab a - a -", (B, False, 2, 5)),
        (apply("Henceforth", [A]), "a a - a -", (A, False, 2, 2)),
        (apply("Eventually", [A]), "- b -", (A, False, 0, 2)),
        (apply("Absence", [A]), "- b a -", (A, True, 2, 2)),
        (apply("Universality", [A], {"after": B}), "- b ab a - a", (A, False, 1, 1)),
        (apply("Absence", [A], {"after": B}), "a - b - - a", (A, True, 5, 5)),
        (apply("Precedence", [A, B]), "- b a", (B, True, 1, 1)),
        (Until(A, B), "a a - b", (A, False, 2, 2)),
        (Until(A, B), "a a a", (B, False, 0, 2)),
        (Until(A, B), "a ab", (B, True, 1, 1)),
        (Next(A), "a", (Next(A), False, 0, 0)),
        (Next(A), "a -", (A, False, 1, 1)),
        (Next(Next(Previously(A))), "a - a", (A, False, 1, 1)),
        (Next(Next(Since(A, B))), "b - a", (A, False, 1, 1)),
        (Next(Next(apply("Once", [A]))), "- - -", (A, False, 0, 2)),
        (Within(2, A), "a - - a", (A, False, 1, 2)),
        (Within(3, A), "a - - a", (A, True, 3, 3)),
        (Throughout(2, A), "a a - a", (A, False, 2, 2)),
        (Throughout(2, A), "a a", (Throughout(2, A), False, 0, 0)),
        (apply("After", [A, B]), "b - -", (A, False, 1, 2)),
        (apply("Xor", [A, B]), "ab", (apply("Xor", [A, B]), False, 0, 0)),
        (Not(A), "a", (A, True, 0, 0)),
        (apply("Eventually", [apply("Henceforth", [A])]), "a - a -", (A, False, 3, 3)),
        (apply("Eventually", [And((A, B))]), "a b -", (And((A, B)), False, 0, 2)),
        (apply("Eventually", [apply("Ordered", [A, B, C])]), "c a - b -", (C, False, 4, 4)),
        (apply("Eventually", [apply("Ordered", [A, B, C])]), "c a - b - -", (C, False, 4, 5)),
        (apply("Eventually", [apply("Ordered", [A, B, C])]), "c b a c -", (B, False, 3, 4)),
        (apply("StrongRelease", [A, B]), "b b b", (A, False, 0, 2)),
        (apply("Release", [A, B]), "b b -", (B, False, 2, 2)),
        (apply("Henceforth", [apply("Eventually", [A])]), "a a -", (A, False, 2, 2)),
    ],
    ids=str,
)
def test_the_decisive_part(formula: Formula, text: str, expected: tuple[Formula, bool, int, int]) -> None:
    assert where(decisive(explain(judged(formula, text)))) == expected


def test_positions_name_the_trigger_and_the_end() -> None:
    assert positions(explain(judged(apply("Response", [A, B]), "- ab a - a -"))) == (2, 5)


def test_a_witness_of_a_response_is_the_last_request_and_its_answer() -> None:
    reason = explain(judged(apply("Response", [A, B]), "a b - a - b -"))
    assert [where(child) for child in reason.children] == [(B, True, 5, 5)]


def test_expansions_are_not_shown() -> None:
    formula = apply("Response", [A, apply("Either", [A, B])])
    shown = {id(node) for node in (formula, *formula.operands, A, B)}  # type: ignore[union-attr]
    assert {id(each.formula) for each in all_reasons(explain(judged(formula, "- b a")))} <= shown


def test_a_certain_failure_of_a_prefix_is_explained_within_it() -> None:
    judgement = judge(apply("Henceforth", [A]), trace_of(steps_of("a - a")), complete=False)
    assert judgement.verdict is Verdict.FAILS
    assert where(decisive(explain(judgement))) == (A, False, 1, 1)


def test_an_unknown_verdict_has_no_reason() -> None:
    with pytest.raises(ValueError, match="unknown_causes"):
        explain(judge(A, trace_of([]), complete=True))
