"""A few thousand hostile inputs in the suite; `python -m tests.fuzz` makes as many as one has time for."""

from __future__ import annotations

import random
import time

import pytest

from tests.fuzz import bases

MAX_S = 10.0


@pytest.mark.parametrize(
    ("attempts", "count"),
    [(bases.attempt_recording, 2000), (bases.attempt_annotations, 3000)],
    ids=["recordings", "annotations"],
)
def test_hostile_input_gets_an_error_of_ours_or_none(attempts, count):
    attempt = attempts()
    refused = 0
    for number in range(count):
        began = time.monotonic()
        refused += bool(attempt(random.Random(f"suite-{number}")))
        assert time.monotonic() - began < MAX_S
    # Neither is everything refused, nor nothing: the mistakes reach what is behind the first check.
    assert 0 < refused < count
