"""lldb and gdb's agent record the same of every example: steps, frames, values, end.

What is normalised is in `normal.py`; what else differs is in `_METHODS`, and in docs/how-it-works.md.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dexverify.discovery import Case
from drivers.base import DriverError
from drivers.lldb.bindings import find_bindings
from drivers.state import ABSENT, Step
from tests.conformance.normal import base_of, normal_frame, normal_value
from tests.conformance.recordings import CASES, build, histories, name_of, place_of, record


@pytest.fixture(autouse=True, scope="module")
def _lldb() -> None:
    try:
        find_bindings()
    except DriverError as error:
        pytest.skip(f"UNSUPPORTED: {error}")


# The name of a method is no value to lldb.
_METHODS = frozenset({"release"})


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))
def test_same_recording(case: Case, compiler: str, tmp_path: Path) -> None:
    binary = build(case, tmp_path, compiler)
    agent, agent_end = record("agent", case, binary)
    lldb, lldb_end = record("lldb", case, binary)
    assert agent
    if len({step.thread for step in (*agent, *lldb)}) > 1:
        # Two runs: the system schedules the threads as it likes (see test_agent_equals_plain.py).
        for is_entry in (False, True):
            assert calls(lldb, is_entry=is_entry) == calls(agent, is_entry=is_entry)
        return
    assert [place_of(step) for step in lldb] == [place_of(step) for step in agent]
    assert [(step.thread, step.entered) for step in lldb] == [(step.thread, step.entered) for step in agent]
    ours, theirs = base_of(lldb), base_of(agent)
    for a, b in zip(lldb, agent, strict=True):
        assert [normal_frame(frame, ours) for frame in a.frames] == [normal_frame(frame, theirs) for frame in b.frames]
    for step, mine, other in zip(agent, histories(lldb), histories(agent), strict=True):
        for sample in mine.keys() | other.keys():
            if case.path.suffix == ".cpp" and sample.expression in _METHODS:
                continue
            a, b = (normal_value(values.get(sample, ABSENT), base) for values, base in ((mine, ours), (other, theirs)))
            assert (step.index, sample, a) == (step.index, sample, b)
    assert replace(lldb_end, frames=()) == replace(agent_end, frames=())
    assert [normal_frame(f, ours) for f in lldb_end.frames] == [normal_frame(f, theirs) for f in agent_end.frames]


def calls(steps: list[Step], *, is_entry: bool) -> set[tuple[object, ...]]:
    """Each thread's stacks of functions."""
    return {(step.thread, *(frame.function for frame in step.frames)) for step in steps if step.entered or not is_entry}
