"""The propositions of all examples for programs: the same reports under both debuggers, and over a replay.

What is left out of a report is how long it took, where on the stack something is (`normal.py`), and what a run that
was ended early, because all was decided, had printed by then.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dexverify.discovery import Case
from dexverify.options import Options
from dexverify.outcome import Outcome, describe_end
from dexverify.pipeline import run_group
from dexverify.recordings.loading import Loaded, load_recording
from dexverify.report.model import TestResult
from dexverify.report.terminal import plain, render_test
from dexverify.suite import read_test
from dexverify.targets import Test, target_of
from drivers.base import Launch, Limits
from drivers.replay import ReplayDriver
from drivers.state import End, EndKind
from tests.conformance.recordings import CASES, name_of
from tests.drivers.conftest import make_driver
from tests.recordings.again import assert_judged_the_same

_ON_STACK = re.compile(r"0x7ff[0-9a-f]{9}\b")


@pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))
def test_the_same_report_under_both_debuggers_and_over_a_replay(case: Case, tmp_path: Path) -> None:
    test = read_test(case)
    results = {}
    for way, debugger in (("agent", "gdb"), ("lldb", "lldb")):
        options = Options(strict=True, debugger=debugger, results_directory=tmp_path / debugger)
        with closing(make_driver(way)) as driver:
            (result,) = run_group([test], target_of(test, options), options, driver)
        results[debugger] = result
        if result.outcome is Outcome.UNSUPPORTED:
            continue
        assert_judged_the_same(tmp_path / debugger, [result], options)
        assert_replayed_the_same(test, result, tmp_path / debugger, options)
    gdb, lldb = results["gdb"], results["lldb"]
    assert lldb.outcome is gdb.outcome
    assert gdb.outcome is not Outcome.ERROR
    if not is_threaded(tmp_path):  # else the system schedules the threads as it likes
        assert report_of(lldb) == report_of(gdb)


def assert_replayed_the_same(test: Test, live: TestResult, directory: Path, options: Options) -> None:
    """The recording, driven again, gives what was recorded; and the test, run over it, the report that it gave."""
    loaded = load(directory)
    (track,) = loaded.tracks
    driver = ReplayDriver(track.run.recording)
    limits = Limits(steps=len(track.run.recording) + 1)
    with driver.launch(Launch(Path()), track.note.plan.stop_plan(), limits) as session:
        assert list(session) == list(track.run.recording.steps())
        assert session.end == track.run.recording.end
    options = replace(options, results_directory=None)
    (again,) = run_group([test], target_of(test, options), options, driver)
    assert report_of(again) == report_of(live)


def is_threaded(folder: Path) -> bool:
    recordings = [track.run.recording for path in folder.rglob("*.dexrec") for track in load_recording(path).tracks]
    return any(len({step.thread for step in recording.steps()}) > 1 for recording in recordings)


def load(directory: Path) -> Loaded:
    (path,) = directory.rglob("*.dexrec")
    return load_recording(path)


def report_of(result: TestResult) -> str:
    result = replace(
        result, seconds=0.0, output="" if result.end == describe_end(End(EndKind.DECIDED)) else result.output
    )
    text = render_test(result, verbose=True, style=plain)
    return _ON_STACK.sub("on the stack", text)
