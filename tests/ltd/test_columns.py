"""The fast evaluation against the reference, at every position."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from ltd.columns import Evaluation
from ltd.formula import Formula
from ltd.search import at
from ltd.semantics import holds
from ltd.steps import Valuations

from .strategies import Steps, formulas, random_formula, random_steps, trace_of, traces

PAIRS = 20_000
SHARDS = 8


def check_agreement(formula: Formula, steps: Steps) -> None:
    trace = trace_of(steps)
    bounds = Evaluation(formula, trace.length, trace.columns).of(formula)
    assert bounds.low == bounds.high
    fast = [at(bounds.low, trace.length, position) for position in range(trace.length)]
    assert fast == [holds(formula, Valuations(steps, position)) for position in range(trace.length)], formula


@pytest.mark.parametrize("shard", range(SHARDS))
def test_fast_is_reference_on_random_pairs(shard: int) -> None:
    random = Random(shard)  # noqa: S311  (seeded: the same pairs every time)
    for _ in range(PAIRS // SHARDS):
        depth = random.choice((1, 2, 3, 4))
        check_agreement(random_formula(random, depth), random_steps(random, 1, 10))


@settings(deadline=None, derandomize=True)
@given(formulas, traces)
def test_fast_is_reference(formula: Formula, steps: Steps) -> None:
    check_agreement(formula, steps)
