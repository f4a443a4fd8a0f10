"""`--durations`: where a suite's time goes."""

from __future__ import annotations

from collections.abc import Sequence

from dexverify.report.model import TestResult
from dexverify.report.terminal import count


def render_durations(results: Sequence[TestResult], limit: int) -> str:
    """The tests that took longest, at most `limit`, the longest first. Tests that share a run have its time each."""
    slowest = sorted(results, key=lambda result: -result.seconds)[:limit]
    lines = [f"the slowest {len(slowest):,} of {count(len(results), 'test')} (seconds)"]
    return "\n".join([*lines, *(f"  {result.seconds:8.3f}  {result.path}" for result in slowest)])
