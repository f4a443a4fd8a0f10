"""The agent and the plain session record the same of every example: steps, frames, values, end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dexverify.annotations import parse_test
from dexverify.builders import BuildRequest, builder_for
from dexverify.discovery import Case, discover
from dexverify.options import Options
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.state import End, Sample, Step, Value

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
# The sources of stand-alone commands are the files that they declare.
CASES = [
    case if case.sources else replace(case, sources=tuple(map(Path, parse_test(case.files).files)))
    for case in discover([EXAMPLES], Options())
    if case.tree is None
]
# What the plain session does in a few seconds; the longest examples are cut there, in both recordings alike.
STEPS = 500
SAMPLES = 8
_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_WORDS_OF_C = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long
    return short signed sizeof static struct switch typedef union unsigned void volatile while bool""".split()  # noqa: SIM905
)


def samples_for(case: Case) -> list[Sample]:
    """The names that the sources use most, and two of them as the caller sees them.

    Many are no variables, or not in scope at most steps: then both recordings must say so.
    """
    text = _COMMENT_OR_STRING.sub(" ", "\n".join(path.read_text(errors="replace") for path in case.sources))
    members = set(re.findall(r"(?:\.|->)\s*([A-Za-z_]\w*)", text))
    found = Counter(re.findall(r"\b[A-Za-z_]\w*\b", text))
    names = sorted(found.keys() - _WORDS_OF_C - members, key=lambda name: (-found[name], name))[:SAMPLES]
    return [*map(Sample, names), *(Sample(name, 1) for name in names[:2])]


def record(way: str, case: Case, binary: Path) -> tuple[list[Step], End]:
    ranges = tuple(LineRange(str(path), 1, 1_000_000) for path in dict.fromkeys((*case.sources, *case.files)))
    plan = StopPlan(ranges, dict.fromkeys(samples_for(case)))
    settings = case.settings
    launch = Launch(binary, settings.arguments, stdin=settings.stdin)
    limits = Limits(total_s=60, steps=STEPS)
    with GdbDriver(use_agent=way == "agent").launch(launch, plan, limits) as session:
        steps = list(session)
    return steps, session.end


def place_of(step: Step) -> tuple[object, ...]:
    return (step.frames[0].path, step.frames[0].line, step.frames[0].function, step.code, step.column)


def histories(steps: list[Step]) -> Iterator[dict[Sample, Value]]:
    """All values at each step, but those that are another in every process: the C library scrambles a jmp_buf."""
    now: dict[Sample, Value] = {}
    for step in steps:
        now |= {sample: value for sample, value in step.changes.items() if "__jmpbuf" not in value.text}
        yield dict(now)


@pytest.mark.parametrize("case", CASES, ids=[str(case.path.relative_to(EXAMPLES)) for case in CASES])
def test_same_recording(case: Case, tmp_path: Path) -> None:
    settings = case.settings
    binary = builder_for("gcc").build(
        BuildRequest(case.sources, tmp_path, settings.cflags, settings.ldflags, "program")
    )
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
