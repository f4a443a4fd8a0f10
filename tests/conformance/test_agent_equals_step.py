"""The agent's steps on the examples are those of gdb's own `step`, wherever `step` is right.

It is not right where control does not come back the way it went: it loses threads, runs on after a longjmp, and
passes over what a library without line information calls back. Those examples are compared with the plain
session alone (test_agent_equals_plain.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dexverify.builders import BuildRequest, builder_for
from dexverify.discovery import Case, discover
from dexverify.options import Options
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from tests.stepper import steps_of_gdb

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
STEPS = 300
_STEP_IS_WRONG = re.compile(
    r"\b(pthread_create|std::thread|setjmp|signal|sigaction|raise|abort|fork|qsort|atexit|throw)\b"
)

# gcc closes the endless loop by a jump that it gives the loop's first line: `step` stops there and again at the line's
# beginning, which is one visit of the line.
_TWICE = frozenset({"command/finish_test_hits.c"})


def text_of(case: Case) -> str:
    return "\n".join(path.read_text(errors="replace") for path in case.sources)


# A twin with a bug differs from its program in a line or two.
CASES = [
    case
    for case in discover([EXAMPLES], Options())
    if case.tree is None
    if case.sources
    and not case.is_xfail
    and not _STEP_IS_WRONG.search(text_of(case))
    and str(case.path.relative_to(EXAMPLES)) not in _TWICE
]


@pytest.mark.parametrize("case", CASES, ids=[str(case.path.relative_to(EXAMPLES)) for case in CASES])
def test_same_steps(case: Case, tmp_path: Path) -> None:
    settings = case.settings
    request = BuildRequest(case.sources, tmp_path, settings.cflags, settings.ldflags, "program")
    binary = builder_for("gcc").build(request)
    plan = StopPlan(tuple(LineRange(str(path), 1, 1_000_000) for path in case.sources))
    launch = Launch(binary, settings.arguments)
    with GdbDriver(use_agent=True).launch(launch, plan, Limits(steps=STEPS)) as session:
        places = [(step.frames[0].function, step.frames[0].line, len(step.frames)) for step in session]
    assert places == steps_of_gdb(case.sources, binary, arguments=settings.arguments, limit=STEPS)


def test_most_examples_are_compared() -> None:
    assert len(CASES) > 60
