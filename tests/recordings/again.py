"""What was judged live is judged again from the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dexverify.options import Options
from dexverify.recordings.checking import check_own
from dexverify.recordings.loading import load_recording
from dexverify.report.model import TestResult


def assert_judged_the_same(directory: Path, results: Sequence[TestResult], options: Options) -> None:
    """That the one recording in this folder gives these results, each down to its last word."""
    (path,) = directory.rglob("*.dexrec")
    loaded = load_recording(path)
    assert loaded.problem == ""
    again = [judged.result for judged in check_own(loaded, options)]
    assert list(map(_timeless, again)) == list(map(_timeless, results))


def _timeless(result: TestResult) -> TestResult:
    return replace(result, seconds=0.0, stages={})
