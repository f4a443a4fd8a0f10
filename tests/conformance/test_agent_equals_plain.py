"""The agent and the plain session record the same of every example: steps, frames, values, end."""

from __future__ import annotations

from pathlib import Path

import pytest

from dexverify.discovery import Case
from tests.conformance.recordings import CASES, build, histories, name_of, place_of, record


@pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))
def test_same_recording(case: Case, tmp_path: Path) -> None:
    binary = build(case, tmp_path)
    agent, agent_end = record("agent", case, binary)
    plain, plain_end = record("plain", case, binary)
    assert agent
    if len({step.thread for step in (*agent, *plain)}) > 1:
        # The system schedules the threads as it likes, and what a thread does may depend on the others (who finds
        # a lock taken): the two runs are two runs. What they have in common are the threads, the functions that
        # each calls, and that each of them is entered.
        for is_entry in (False, True):
            ours, theirs = (
                {
                    (step.thread, *(frame.function for frame in step.frames))
                    for step in steps
                    if step.entered or not is_entry
                }
                for steps in (plain, agent)
            )
            assert ours == theirs
        assert {step.thread for step in agent} == {step.thread for step in plain}
        return
    assert [place_of(step) for step in plain] == [place_of(step) for step in agent]
    assert [step.thread for step in plain] == [step.thread for step in agent]
    assert [step.entered for step in plain] == [step.entered for step in agent]
    assert [step.frames for step in plain] == [step.frames for step in agent]
    for step, ours, theirs in zip(agent, histories(plain), histories(agent), strict=True):
        for sample in ours.keys() | theirs.keys():
            assert (step.index, sample, ours.get(sample)) == (step.index, sample, theirs.get(sample))
    assert plain_end == agent_end
