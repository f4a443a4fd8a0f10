"""Verdicts: complete runs, cut ones, unknown values, slices."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from ltd.columns import Bounds, Evaluation, pack
from ltd.formula import And, Atom, Constant, ForEach, Formula, Next, Not, Or, Until, Weak, walk
from ltd.search import at
from ltd.semantics import holds
from ltd.steps import Valuations
from ltd.trace import Trace
from ltd.verdict import Judgement, Verdict, judge, unknown_causes

from .strategies import ATOMS, OPERATORS, Steps, random_formula, random_steps, random_unknowns, trace_of

A, B = Atom("a"), Atom("b")
apply = OPERATORS.apply


def steps_of(text: str) -> Steps:
    """One word for each step: the atoms that hold at it, or `-`."""
    return [frozenset(word.replace("-", "")) for word in text.split()]


ALWAYS, SOMETIME = apply("Henceforth", [A]), apply("Eventually", [A])


@pytest.mark.parametrize(
    ("formula", "text", "complete", "cut"),
    [
        (ALWAYS, "a a", Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS),
        (ALWAYS, "a -", Verdict.FAILS, Verdict.FAILS),
        (SOMETIME, "- -", Verdict.FAILS, Verdict.PRESUMABLY_FAILS),
        (SOMETIME, "- a", Verdict.HOLDS, Verdict.HOLDS),
        (apply("Response", [A, B]), "a b", Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS),
        (apply("Response", [A, B]), "a -", Verdict.FAILS, Verdict.PRESUMABLY_FAILS),
        (Next(A), "a", Verdict.FAILS, Verdict.PRESUMABLY_FAILS),
        (apply("WeakNext", [A]), "a", Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS),
        (Until(A, B), "a a", Verdict.FAILS, Verdict.PRESUMABLY_FAILS),
        (Weak(A, B), "a a", Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS),
        (Constant(True), "-", Verdict.HOLDS, Verdict.HOLDS),
        (apply("Henceforth", [apply("Once", [A])]), "a -", Verdict.HOLDS, Verdict.HOLDS),
        (apply("Eventually", [apply("Historically", [A])]), "- a", Verdict.FAILS, Verdict.FAILS),
        # What stays true for ever is still not at the next step if there is none.
        (
            apply("Henceforth", [Next(apply("Once", [A]))]),
            "a -",
            Verdict.FAILS,
            Verdict.PRESUMABLY_FAILS,
        ),
        (
            apply("Henceforth", [Or((Next(apply("Once", [A])), B))]),
            "a b",
            Verdict.HOLDS,
            Verdict.PRESUMABLY_HOLDS,
        ),
        (
            apply("Eventually", [apply("WeakNext", [apply("Historically", [A])])]),
            "- a",
            Verdict.HOLDS,
            Verdict.PRESUMABLY_HOLDS,
        ),
        (Constant(False), "", Verdict.UNKNOWN, Verdict.UNKNOWN),
    ],
    ids=str,
)
def test_verdict(formula: Formula, text: str, complete: Verdict, cut: Verdict) -> None:
    trace = trace_of(steps_of(text))
    assert judge(formula, trace, complete=True).verdict is complete
    assert judge(formula, trace, complete=False).verdict is cut


SMALL = (
    "Not",
    "And",
    "Or",
    "Implies",
    "Until",
    "Weak",
    "Next",
    "Eventually",
    "Henceforth",
    "Since",
    "Previously",
    "Within",
)


def test_bounds_enclose_every_completion_of_unknown_values() -> None:
    random = Random(1)  # noqa: S311  (seeded: the same pairs every time)
    exact = 0
    for _ in range(300):
        formula, steps = random_formula(random, 2, SMALL), random_steps(random, 1, 4)
        unknown = random_unknowns(random, steps)
        places = [(index, atom) for index, lost in enumerate(unknown) for atom in sorted(lost)][:6]
        unknown = [frozenset(a for i, a in places if i == index) for index in range(len(steps))]
        seen = set()
        for values in product((False, True), repeat=len(places)):
            filled = dict(zip(places, values, strict=True))
            completed = [
                frozenset(atom for atom in ATOMS if filled.get((index, atom), atom in step))
                for index, step in enumerate(steps)
            ]
            seen.add(holds(formula, Valuations(completed)))
        verdict = judge(formula, trace_of(steps, unknown), complete=True).verdict
        if verdict is not Verdict.UNKNOWN:
            assert seen == {verdict is Verdict.HOLDS}, (formula, steps, unknown)
            exact += 1
        else:
            mentioned = [node.predicate for node in walk(formula) if isinstance(node, Atom)]
            # Where no atom occurs twice, unknown means that it really depends.
            assert len(set(mentioned)) < len(mentioned) or seen == {False, True}, (formula, steps, unknown)
    assert exact > 100


def test_a_certain_verdict_on_a_prefix_holds_of_all_continuations() -> None:
    random = Random(2)  # noqa: S311  (seeded: the same pairs every time)
    letters = [frozenset(atoms) for atoms in ("", "a", "b", "ab")]
    names = ("Not", "And", "Or", "Until", "Weak", "Next", "Eventually", "Henceforth", "Since", "Within")
    sharp = 0
    for _ in range(150):
        formula = random_formula(random, 2, names)
        steps = [step - {"c"} for step in random_steps(random, 1, 3)]
        values = {
            holds(formula, Valuations([*steps, *rest]))
            for length in range(4)
            for rest in product(letters, repeat=length)
        }
        verdict = judge(formula, trace_of(steps), complete=False).verdict
        if verdict in (Verdict.HOLDS, Verdict.FAILS):
            assert values == {verdict is Verdict.HOLDS}, (formula, steps)
            sharp += 1
        else:
            expected = holds(formula, Valuations(steps))
            assert (verdict is Verdict.PRESUMABLY_HOLDS) == expected
    assert sharp > 50


@pytest.mark.parametrize("formula", [Not(A), apply("Implies", [A, B]), apply("Iff", [A, B]), Or((A, Not(A)))], ids=str)
def test_unknown_counts_by_the_polarity_of_each_occurrence(formula: Formula) -> None:
    """Also in `A or not A`: each occurrence counts by itself, so this is unknown, though it could be known better."""
    unknown = trace_of(steps_of("-"), steps_of("a"))
    expected = Verdict.UNKNOWN
    assert judge(formula, unknown, complete=True).verdict is expected


@pytest.mark.parametrize(
    ("formula", "text", "unknown", "causes"),
    [
        (ALWAYS, "a a a", "- a -", [("a", 1)]),
        (apply("Response", [A, B]), "- a -", "- - b", [("b", 2)]),
        (apply("Response", [A, B]), "- a -", "- b b", [("b", 1)]),
        (Until(A, B), "a a b", "- a -", [("a", 1)]),
        (And((A, B)), "-", "ab", [("a", 0), ("b", 0)]),
        (Next(Next(apply("Once", [A]))), "- - -", "- a -", [("a", 1)]),
        (ALWAYS, "a", "-", []),
    ],
    ids=str,
)
def test_causes_of_unknown(formula: Formula, text: str, unknown: str, causes: list[tuple[str, int]]) -> None:
    judgement = judge(formula, trace_of(steps_of(text), steps_of(unknown)), complete=True)
    assert list(unknown_causes(judgement)) == causes


def test_every_cause_is_an_unknown_atom() -> None:
    random = Random(3)  # noqa: S311  (seeded: the same pairs every time)
    found = 0
    for _ in range(2000):
        formula, steps = random_formula(random, 3), random_steps(random, 1, 6)
        trace = trace_of(steps, random_unknowns(random, steps))
        judgement = judge(formula, trace, complete=random.random() < 0.5)
        causes = unknown_causes(judgement)
        assert bool(causes) == (judgement.verdict is Verdict.UNKNOWN), (formula, steps)
        for predicate, position in causes:
            bounds = trace.columns[predicate]
            assert at(bounds.low ^ bounds.high, trace.length, position)
            found += 1
    assert found > 100


def sliced(text: str, keys: list[object]) -> Trace:
    trace = trace_of(steps_of(text))
    return Trace(trace.length, trace.columns, {"thread": keys})


EACH = ForEach("thread", apply("Response", [A, B]))


def test_for_each_names_the_slice_that_fails() -> None:
    judgement = judge(EACH, sliced("a a b - b a", [1, 2, 1, 2, 1, 2]), complete=True)
    assert judgement.verdict is Verdict.FAILS
    assert judgement.instance == (("thread", 2),)
    assert list(judgement.positions) == [1, 3, 5]
    assert judgement.formula is EACH.body
    assert judgement.trace.length == 3


def test_for_each_holds_on_every_slice() -> None:
    trace = sliced("a a b b", [1, 2, 1, 2])
    assert judge(EACH, trace, complete=True).verdict is Verdict.HOLDS
    assert judge(EACH, trace, complete=False).verdict is Verdict.PRESUMABLY_HOLDS


def test_a_step_without_a_key_is_in_no_slice() -> None:
    assert judge(EACH, sliced("a b a", [1, 1, None]), complete=True).verdict is Verdict.HOLDS


def test_for_each_never_holds_certainly_of_a_prefix() -> None:
    each = ForEach("thread", SOMETIME)
    assert judge(each, sliced("a", [1]), complete=False).verdict is Verdict.PRESUMABLY_HOLDS
    assert judge(each, sliced("a -", [1, 2]), complete=False).verdict is Verdict.PRESUMABLY_FAILS
    assert judge(ForEach("thread", ALWAYS), sliced("-", [1]), complete=False).verdict is Verdict.FAILS


def test_nested_for_each() -> None:
    flags = pack(b"1101")
    keys = {"x": [1, 1, 2, 2], "y": ["p", "q", "p", "q"]}
    trace = Trace(4, {"a": Bounds(flags, flags)}, keys)
    judgement: Judgement = judge(ForEach("x", ForEach("y", ALWAYS)), trace, complete=True)
    assert judgement.verdict is Verdict.FAILS
    assert judgement.instance == (("x", 2), ("y", "p"))
    assert list(judgement.positions) == [2]


def test_for_each_without_a_slice_and_without_a_step() -> None:
    assert judge(EACH, sliced("a -", [None, None]), complete=True).verdict is Verdict.HOLDS
    assert judge(EACH, sliced("", []), complete=True).verdict is Verdict.UNKNOWN


def test_for_each_stands_outermost() -> None:
    with pytest.raises(ValueError, match="slice by slice"):
        judge(Not(EACH), sliced("a", [1]), complete=True)


def test_an_atom_without_a_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        judge(Atom("nowhere"), trace_of(steps_of("a")), complete=True)


def test_evaluation_of_a_part_taken_as_unknown() -> None:
    formula = Or((A, B))
    trace = trace_of(steps_of("a b"))
    bounds = Evaluation(formula, 2, trace.columns, unknown=formula.operands[0]).of(formula)
    assert bounds == Bounds(0b01, 0b11)
