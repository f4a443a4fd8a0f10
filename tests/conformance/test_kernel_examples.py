"""The example kernel's propositions: the same reports, word for word, under each debugger and over a replay.

What is left out of a report is how long it took. What is normalised in the steps is in `normal.py`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dexverify.pipeline import run_group
from dexverify.recordings.loading import Loaded, Track
from dexverify.report.model import TestResult
from dexverify.report.terminal import plain, render_test
from dexverify.targets import Kernel, target_of
from drivers.base import Launch, Limits
from drivers.replay import ReplayDriver
from drivers.state import End, Step
from tests.conformance.normal import normal_value
from tests.drivers.kernels import needs_machine
from tests.kernel_runs import GROUPS, OPTIONS, built, name_of, recorded, results_of

pytestmark = needs_machine

each_debugger = pytest.mark.parametrize("debugger", ["gdb", "lldb"])


@pytest.fixture(scope="module", params=GROUPS, ids=name_of)
def target(request: pytest.FixtureRequest) -> Kernel:
    """A boot. Of a module, so that pytest has the tests of one follow each other, on one of its workers."""
    found: Kernel = request.param
    return found


def report_of(result: TestResult) -> str:
    return render_test(replace(result, seconds=0.0), verbose=True, style=plain)


def labels_of(loaded: Loaded) -> list[str]:
    return [track.note.label for track in loaded.tracks]


def test_the_same_reports_under_both_debuggers(target: Kernel, shared: Path) -> None:
    gdb, lldb = (results_of(recorded(target, debugger, shared)) for debugger in ("gdb", "lldb"))
    assert [result.outcome for result in lldb] == [result.outcome for result in gdb]
    assert [report_of(result) for result in lldb] == [report_of(result) for result in gdb]


def test_the_same_recordings_under_both_debuggers(target: Kernel, shared: Path) -> None:
    gdb, lldb = (recorded(target, debugger, shared) for debugger in ("gdb", "lldb"))
    assert labels_of(lldb) == labels_of(gdb) != []
    for ours, theirs in zip(lldb.tracks, gdb.tracks, strict=True):
        steps, end = replayed(ours)
        others, other_end = replayed(theirs)
        assert list(map(normal, steps)) == list(map(normal, others))
        assert end == other_end


@each_debugger
def test_a_replay_gives_back_what_was_recorded(target: Kernel, debugger: str, shared: Path) -> None:
    for track in recorded(target, debugger, shared).tracks:
        steps, end = replayed(track)
        assert steps == list(track.run.recording.steps()) != []
        assert end == track.run.recording.end


@each_debugger
def test_the_same_reports_over_a_replay(target: Kernel, debugger: str, shared: Path) -> None:
    """Each test is run through all stages again, driven by its own recording."""
    loaded = recorded(target, debugger, shared)
    options = replace(OPTIONS, debugger=debugger, kernel=built(target))
    for test, track, live in zip(GROUPS[target], loaded.tracks, results_of(loaded), strict=True):
        driver = ReplayDriver(track.run.recording)
        (again,) = run_group([test], target_of(test, options), options, driver)
        assert report_of(again) == report_of(live)


def replayed(track: Track) -> tuple[list[Step], End]:
    plan = track.note.plan.stop_plan()
    limits = Limits(steps=len(track.run.recording) + 1)
    with ReplayDriver(track.run.recording).launch(Launch(Path()), plan, limits) as session:
        return list(session), session.end


def normal(step: Step) -> Step:
    return replace(step, changes={sample: normal_value(value, 0) for sample, value in step.changes.items()})
