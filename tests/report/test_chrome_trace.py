"""The trace event format: what its document demands, and that the tracks show the run that was recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.report.chrome_trace import ChromeTrace, events_of
from dexverify.threads import THREAD_NAME
from drivers.recording import Recording
from drivers.state import Frame, Kind, Sample, Step, Value
from tests.report.conftest import Suite

Event = dict[str, Any]
REQUIRED = {
    "M": {"args"},
    "B": {"ts"},
    "E": {"ts"},
    "i": {"ts", "s"},
    "b": {"ts", "id", "cat"},
    "e": {"ts", "id", "cat"},
}


def check(events: Iterable[Event]) -> dict[tuple[int, int], list[Event]]:
    """Assert what the document says of each phase; returns the events of each thread, in order."""
    threads: dict[tuple[int, int], list[Event]] = defaultdict(list)
    asynchronous: dict[tuple[int, str, str], list[Event]] = defaultdict(list)
    for event in events:
        assert {"ph", "pid", "tid"} | REQUIRED[event["ph"]] <= event.keys(), event
        assert event["ph"] == "E" or event["name"], event
        if event["ph"] == "M":
            assert event["name"] in {"process_name", "thread_name"}
            assert event["args"]["name"]
        elif event["ph"] in "be":
            asynchronous[event["pid"], event["cat"], event["id"]].append(event)
        else:
            threads[event["pid"], event["tid"]].append(event)
    for found in threads.values():
        times = [event["ts"] for event in found]
        assert times == sorted(times)
        depth = 0
        for event in found:
            depth += {"B": 1, "E": -1, "i": 0}[event["ph"]]
            assert depth >= 0
        assert depth == 0
    for found in asynchronous.values():
        assert [event["ph"] for event in found] == ["b", "e"] * (len(found) // 2)
        times = [event["ts"] for event in found]
        assert times == sorted(set(times))
        assert len({event["name"] for event in found}) == 1
    return threads


def stacks(threads: dict[tuple[int, int], list[Event]]) -> dict[int, list[str]]:
    """For each step the slices that are open at it, the outermost first; each must begin at a step that is in it."""
    found: dict[int, list[str]] = {}
    for events in threads.values():
        open_: list[str] = []
        for event in events:
            if event["ph"] == "B":
                open_.append(event["name"])
            elif event["ph"] == "E":
                open_.pop()
            else:
                assert event["ts"] == event["args"]["step"]
                found[event["ts"]] = list(open_)
    return found


def lanes(events: Iterable[Event]) -> dict[str, list[tuple[int, int]]]:
    times: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if event["ph"] in "be":
            times[event["cat"] + " " + event["name"]].append(event["ts"])
    return {name: list(zip(each[::2], each[1::2], strict=True)) for name, each in times.items()}


@pytest.fixture(scope="module")
def document(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    output = ChromeTrace(str(path))
    for judged in suite.judged:
        output.observe(judged)
    output.finish(suite.results)
    output.close()
    return list(json.loads(path.read_bytes())["traceEvents"])


def test_it_keeps_the_rules_of_the_format(document: list[Event], suite: Suite) -> None:
    check(document)
    processes = [
        event["args"]["name"] for event in document if event["name" if event["ph"] == "M" else "ph"] == "process_name"
    ]
    assert processes == [judged.result.path for judged in suite.judged]


def test_slices_are_the_stacks_of_the_recording(suite: Suite) -> None:
    for judged in suite.judged:
        recording = judged.run.recording
        expected = {
            step: [frame.function for frame in reversed(recording.frames(step))] for step in range(len(recording))
        }
        assert stacks(check(events_of(judged, 1))) == expected, judged.result.path


def test_each_call_is_a_slice_of_its_own(suite: Suite) -> None:
    events = list(events_of(suite.run("calls.c"), 1))
    begun = [event["name"] for event in events if event["ph"] == "B"]
    assert begun[:3] == ["main", "twice", "leaf"]


def test_lanes_are_where_propositions_and_atoms_are_true(suite: Suite) -> None:
    bad = lanes(events_of(suite.run("bad.c"), 1))
    assert bad == {
        "atom Expect('n', '<=', 3)": [(0, 9)],
        "proposition Henceforth(Expect('n', '>=', 0))": [(0, 14)],
        "atom Expect('n', '>=', 0)": [(0, 14)],
    }
    good = lanes(events_of(suite.run("good.c"), 1))
    assert good == {"proposition Eventually(Expect('n', 3))": [(0, 7)], "atom Expect('n', 3)": [(6, 7)]}


def test_values_are_told_where_they_change(suite: Suite) -> None:
    events = events_of(suite.run("good.c"), 1)
    changes = {event["ts"]: event["args"]["n"] for event in events if event["ph"] == "i" and "n" in event["args"]}
    assert changes == {0: "0", 2: "1", 4: "2", 6: "3"}


def test_of_an_interrupted_run_there_is_what_was_judged(suite: Suite, tmp_path: Path) -> None:
    output = ChromeTrace(str(tmp_path / "none.json"))
    output.finish([])
    output.close()
    assert json.loads((tmp_path / "none.json").read_bytes()) == {"traceEvents": []}
    abandoned = ChromeTrace(str(tmp_path / "abandoned.json"))
    abandoned.observe(suite.judged[0])
    abandoned.close()
    assert [each.name for each in tmp_path.iterdir()] == ["none.json"]


FRAME = st.builds(
    Frame, st.sampled_from(["f", "g", None]), st.just("/a.c"), st.integers(1, 3), st.just(False), st.integers(0, 3)
)
STEP = st.tuples(
    st.integers(1, 2), st.lists(FRAME, min_size=1, max_size=4).map(tuple), st.booleans(), st.integers(0, 2)
)


@given(st.lists(STEP, max_size=12), st.booleans())
def test_any_run_has_its_stacks(steps: list[tuple[int, tuple[Frame, ...], bool, int]], is_kernel: bool) -> None:
    x = Sample("x")
    recording = Recording((x, THREAD_NAME) if is_kernel else (x,))
    for thread, frames, entered, value in steps:
        changes = {x: Value(Kind.INTEGER, str(value), value)}
        if is_kernel:
            changes[THREAD_NAME] = Value(Kind.STRING, content=f"thread {value}")
        recording.append(Step(0, thread, frames, changes, entered))
    judged: Any = SimpleNamespace(
        run=SimpleNamespace(recording=recording, addresses={}), propositions=(), result=SimpleNamespace(label="a.c")
    )
    threads = check(events_of(judged, 1))
    expected = {i: [frame.function or "??" for frame in reversed(frames)] for i, (_, frames, *_) in enumerate(steps)}
    assert stacks(threads) == expected
    begun = {event["ts"] for events in threads.values() for event in events if event["ph"] == "B"}
    assert begun >= {i for i, (_, _, entered, _) in enumerate(steps) if entered}
    assert len(threads) == len({value if is_kernel else thread for thread, _, _, value in steps})
