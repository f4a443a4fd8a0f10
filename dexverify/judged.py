"""A test that has been run and judged, with all that may be shown of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dexverify.judging import Proposition
from dexverify.outcome import Outcome
from dexverify.recorder import Run
from dexverify.report.model import TestResult
from dexverify.targets import Test


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings of `result` are those of `propositions`, in the same order."""

    test: Test
    run: Run
    propositions: tuple[Proposition, ...]
    result: TestResult

    @property
    def is_whole(self) -> bool:
        """Whether its run was judged: else `result` has no findings, and says why."""
        return self.result.outcome is not Outcome.ERROR and len(self.result.findings) == len(self.propositions)


Observer: TypeAlias = Callable[[Judged], None]
"""Sees each test once it is judged, before its run is let go of; from the thread that ran it, with `--jobs`.

It raises nothing: what goes wrong in it is no matter of the tests.
"""
