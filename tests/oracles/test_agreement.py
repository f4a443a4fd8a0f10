"""Our verdicts against those of other people's engines, on random pairs of a formula and a trace."""

from __future__ import annotations

from random import Random

import pytest

from ltd.columns import Evaluation
from ltd.formula import Formula
from ltd.search import at

from ..ltd.strategies import BOOLEAN, FUTURE, PAST, Steps, random_formula, random_steps, trace_of
from .client import Oracle, missing, neutral

TRACES = 5  # for each formula, since parsing it takes longer than evaluating it


def ours(formula: Formula, steps: Steps) -> list[bool]:
    """Our verdict at every step."""
    trace = trace_of(steps)
    column = Evaluation(formula, trace.length, trace.columns).of(formula).low
    return [at(column, trace.length, position) for position in range(trace.length)]


def compare(engine: str, formulas: list[Formula], random: Random, low: int, high: int) -> int:
    """The number of pairs compared; asserts on each that the engine says the same."""
    reason = missing(engine)
    if reason is not None:
        pytest.skip(reason)
    count = 0
    with Oracle(engine) as oracle:
        for formula in formulas:
            traces = [random_steps(random, low, high) for _ in range(TRACES)]
            for steps, theirs in zip(traces, oracle.ask(neutral(formula), traces)["verdicts"], strict=True):
                expected = ours(formula, steps)
                assert theirs == (expected if isinstance(theirs, list) else expected[0]), (formula, steps)
                count += 1
    return count


def some(random: Random, number: int, names: tuple[str, ...], depth: int) -> list[Formula]:
    return [random_formula(random, random.randint(1, depth), names) for _ in range(number)]


@pytest.mark.parametrize("shard", range(2))
def test_flloat(shard: int) -> None:
    random = Random(5000 + shard)  # noqa: S311  (seeded: the same pairs every time)
    formulas = some(random, 500, (*BOOLEAN, *FUTURE), 3)
    assert compare("flloat", formulas, random, 1, 6) == 2500


def test_mona() -> None:
    """In one test: it writes to a file that all its processes share."""
    random = Random(6000)  # noqa: S311  (seeded: the same pairs every time)
    assert compare("ltlf2dfa", some(random, 100, (*BOOLEAN, *FUTURE), 2), random, 1, 8) == 500


def test_rtamt() -> None:
    """From two steps on: it breaks off on one."""
    random = Random(7000)  # noqa: S311  (seeded: the same pairs every time)
    assert compare("rtamt", some(random, 100, (*BOOLEAN, *FUTURE, *PAST), 3), random, 2, 12) == 500


def test_reelay() -> None:
    """The past operators, at every step."""
    random = Random(8000)  # noqa: S311  (seeded: the same pairs every time)
    assert compare("reelay", some(random, 100, ("Not", "And", "Or", *PAST), 3), random, 1, 20) == 500
