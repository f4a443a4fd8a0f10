"""The registry: what it accepts, what it says when it does not, and what the patterns mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from random import Random

import pytest

from ltd.columns import Evaluation
from ltd.explanation import explain, positions
from ltd.formula import And, Atom, Composite, Formula, Not, Operand, Or, Until, Within, predicates
from ltd.monitor import Monitor
from ltd.operators import MAX_OCCURRENCES, CycleError, Operator, OperatorError, Operators, standard
from ltd.printer import infix, prefix
from ltd.search import at
from ltd.vacuity import irrelevant
from ltd.verdict import Verdict, judge, unknown_causes

from .strategies import BOOLEAN, FUTURE, OPERATORS, PAST, Steps, random_steps, trace_of, truth_of

A, B, C = Atom("a"), Atom("b"), Atom("c")


def test_every_operator_of_the_language_is_there() -> None:
    assert set(standard().names()) == {*BOOLEAN, *FUTURE, *PAST}


def test_a_primitive_is_its_node_and_a_composite_keeps_its_name() -> None:
    until = OPERATORS.apply("Until", [A, B], origin="here")
    assert until == Until(A, B)
    assert until.origin == "here"
    both = OPERATORS.apply("Both", [A, B, C], origin="there")
    assert isinstance(both, Composite)
    assert both.expansion == And((A, B, C))
    assert (both.name, both.operands, both.origin) == ("Both", (A, B, C), "there")
    assert both.expansion.operands[0] is A


@pytest.mark.parametrize(
    ("name", "operands", "keywords", "message", "argument"),
    [
        ("Until", [A], {}, r"Until has 1 operand, q missing; it takes Until\(p, q\)", None),
        ("Not", [A, B], {}, r"Not has 2 operands, more than it can take; it takes Not\(p\)", 1),
        ("And", [A], {}, r"And has 1 operand, q missing; it takes And\(p, q, …\)", None),
        ("And", [A, B, 3], {}, r"operand 3 of And must be a formula", 2),
        ("Within", [A, 3], {}, r"operand 1 of Within must be a whole number; it takes Within\(n: int, p\)", 0),
        ("Within", [0, A], {}, r"Within looks at 1 step or more, not 0", 0),
        ("Within", [True, A], {}, r"operand 1 of Within must be a whole number", 0),
        ("Existence", [A, 0], {}, r"must be 1 to 32, not 0", 1),
        ("BoundedExistence", [A], {}, r"n missing", None),
        ("BoundedExistence", [A, MAX_OCCURRENCES + 1], {}, r"must be 0 to 32", 1),
        ("Absence", [A], {"until": B}, r"Absence has no keyword until; it takes Absence\(p, \*, before", None),
        ("Absence", [A], {"between": B}, r"between= of Absence must be a pair of formulas, \(q, r\)", None),
        ("Absence", [A], {"between": (A, B, C)}, r"must be a pair", None),
        ("Absence", [A], {"before": B, "after": C}, r"one scope", None),
        ("Existence", [A, 2], {"n": 3}, r"n of Existence is given twice", None),
        ("Until", [A], {"q": B}, r"Until has no keyword q", None),
        ("Perhaps", [A], {}, r"there is no operator Perhaps", None),
    ],
)
def test_wrong_operands(
    name: str,
    operands: Sequence[Operand],
    keywords: Mapping[str, Operand],
    message: str,
    argument: int | None,
) -> None:
    with pytest.raises(OperatorError, match=message) as caught:
        OPERATORS.apply(name, operands, keywords)
    assert caught.value.argument == argument


def test_a_count_can_be_given_by_keyword() -> None:
    named = OPERATORS.apply("Existence", [A], {"n": 2})
    assert isinstance(named, Composite)
    assert named.keywords == (("n", 2),)
    given = OPERATORS.apply("Existence", [A, 2])
    assert isinstance(given, Composite)
    assert named.expansion == given.expansion


def test_a_users_operator() -> None:
    registry = standard()
    body = registry.apply("Or", [A, B])
    registry.define(Operator("Mine", "p, q", "mine", lambda p, q: Or((p, q, C)), frozenset({"Or"})))
    applied = registry.apply("Mine", [A, body])
    assert isinstance(applied, Composite)
    assert applied.expansion == Or((A, body, C))
    assert predicates(applied) == ("a", "b", "c")
    with pytest.raises(OperatorError, match=r"Mine has 1 operand, q missing; it takes Mine\(p, q\)"):
        registry.apply("Mine", [A])
    registry.check_cycles()
    assert "Mine" not in standard()


def test_a_name_is_defined_once() -> None:
    with pytest.raises(OperatorError, match=r"Until is already defined, as Until\(p, q\)"):
        standard().define(Operator("Until", "p", "", Not))


@pytest.mark.parametrize(
    ("uses", "cycle"),
    [
        ({"A": {"A"}}, ("A", "A")),
        ({"A": {"B"}, "B": {"A"}}, ("A", "B", "A")),
        ({"X": {"A"}, "A": {"B", "Not"}, "B": {"C"}, "C": {"A"}}, ("A", "B", "C", "A")),
    ],
)
def test_cycles(uses: dict[str, set[str]], cycle: tuple[str, ...]) -> None:
    registry = standard()
    for name, used in uses.items():
        registry.define(Operator(name, "p", "", Not, frozenset(used)))
    with pytest.raises(CycleError) as caught:
        registry.check_cycles()
    assert caught.value.cycle == cycle
    assert " -> ".join(cycle) in str(caught.value)


def test_operators_that_share_are_no_cycle() -> None:
    registry = Operators()
    for name, used in {"A": {"B", "C"}, "B": {"C"}, "C": set[str]()}.items():
        registry.define(Operator(name, "p", "", Not, frozenset(used)))
    registry.check_cycles()


# What the patterns mean, said without formulas: a scope is a set of stretches of the trace.


def stretches(steps: Steps, scope: str | None) -> Iterator[Steps]:
    q, r = ([atom in step for step in steps] for atom in "bc")
    match scope:
        case None:
            yield steps
        case "before":
            if any(r):
                yield steps[: r.index(True)]
        case "after":
            if any(q):
                yield steps[q.index(True) :]
        case "between":
            for start in range(len(steps)):
                if q[start] and not r[start] and any(r[start:]):
                    yield steps[start : r.index(True, start)]


def runs(steps: Steps) -> int:
    return sum(holds for holds, _ in groupby("a" in step for step in steps))


def expected(name: str, n: int, stretch: Steps) -> bool:
    match name:
        case "Absence":
            return runs(stretch) == 0
        case "Universality":
            return all("a" in step for step in stretch)
        case "Existence":
            return runs(stretch) >= n
        case "BoundedExistence":
            return runs(stretch) <= n
        case _:
            raise AssertionError(name)


@pytest.mark.parametrize("scope", [None, "before", "after", "between"])
@pytest.mark.parametrize("name", ["Absence", "Universality", "Existence", "BoundedExistence"])
def test_patterns(name: str, scope: str | None) -> None:
    random = Random(f"{name} {scope}")  # noqa: S311  (seeded: the same pairs every time)
    keywords: dict[str | None, dict[str, Operand]] = {
        None: {},
        "before": {"before": C},
        "after": {"after": B},
        "between": {"between": (B, C)},
    }
    seen = set()
    for _ in range(400):
        steps, n = random_steps(random, 1, 12), random.randint(1, 3)
        formula = OPERATORS.apply(name, [A, n] if "Existence" in name else [A], keywords[scope])
        verdict = holds_at_start(formula, steps)
        assert verdict == all(expected(name, n, stretch) for stretch in stretches(steps, scope)), (steps, n)
        seen.add(verdict)
    assert seen == {False, True}


def holds_at_start(formula: Formula, steps: Steps) -> bool:
    trace = trace_of(steps)
    return at(Evaluation(formula, trace.length, trace.columns).of(formula).low, trace.length, 0)


def check_every_stage(formula: Formula, steps: Steps, expected: bool) -> None:
    judgement = judge(formula, trace_of(steps), complete=True)
    assert judgement.verdict is (Verdict.HOLDS if expected else Verdict.FAILS)
    assert positions(explain(judgement))
    irrelevant(judgement)
    monitor = Monitor(formula)
    for step in steps:
        monitor.advance(truth_of(step))
    assert monitor.finish(complete=True) is judgement.verdict
    lost: Steps = [frozenset("ab")] * len(steps)
    assert unknown_causes(judge(formula, trace_of(steps, lost), complete=True))
    assert prefix(formula)
    assert infix(formula)


def test_the_largest_count() -> None:
    formula = OPERATORS.apply("BoundedExistence", [A, MAX_OCCURRENCES], {"between": (B, C)})
    steps: Steps = [frozenset("b"), *[frozenset("a"), frozenset()] * MAX_OCCURRENCES, frozenset("c")]
    check_every_stage(formula, steps, True)
    check_every_stage(formula, [*steps[:-1], frozenset("a"), frozenset("c")], False)


@pytest.mark.parametrize("name", ["Not", "Until", "Iff", "Xor", "Since", "Response", "Ordered", "Implies"])
def test_a_hundred_operators_inside_one_another(name: str) -> None:
    formula: Formula = A
    if name == "Ordered":
        formula = OPERATORS.apply(name, [A] * 100)
    for _ in range(100 if name != "Ordered" else 0):
        formula = OPERATORS.apply(name, [formula] if name == "Not" else [B, formula])
    steps: Steps = [frozenset("ab"), frozenset("b"), frozenset("a")] * 40
    check_every_stage(formula, steps, holds_at_start(formula, steps))


def test_a_bound_beyond_the_trace_costs_nothing() -> None:
    assert not holds_at_start(Within(10**9, A), [frozenset("a")] + [frozenset[str]()] * 5)
