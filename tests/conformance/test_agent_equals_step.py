"""The agent's steps on the examples are those of gdb's own `step`, wherever `step` is right.

It is not right where control does not come back the way it went: it loses threads, runs on after a longjmp, and
passes over what a library without line information calls back. Those examples are compared with the plain
session alone (test_agent_equals_plain.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dexverify.builders import BuildRequest, builder_for
from dexverify.discovery import Case, discover
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.process import run

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
STEPS = 300
_STEP_IS_WRONG = re.compile(
    r"\b(pthread_create|std::thread|setjmp|signal|sigaction|raise|abort|fork|qsort|atexit|throw)\b"
)

# gcc closes the endless loop by a jump that it gives the loop's first line: `step` stops there and again at the line's
# beginning, which is one visit of the line.
_TWICE = frozenset({"command/finish_test_hits.c"})

# Runs in gdb: `step` from main on, coming back from wherever there is no source of ours.
STEPPER = r"""
import json
import os
import gdb

for name in ("pagination", "confirm", "debuginfod enabled"):
    gdb.execute(f"set {name} off")
gdb.execute("set debug-file-directory")
sources = json.loads(os.environ["STEP_SOURCES"])
over = []
gdb.events.exited.connect(over.append)
gdb.execute("break main", to_string=True)
gdb.execute("run > /dev/null < /dev/null", to_string=True)
steps = []
while not over and len(steps) < int(os.environ["STEP_LIMIT"]):
    frame = gdb.newest_frame()
    sal = frame.find_sal()
    if sal.symtab is None or sal.symtab.fullname() not in sources:
        # Back in the middle of a line of ours, which is no place where `step` would stop.
        gdb.execute("finish", to_string=True)
        gdb.execute("step", to_string=True)
        continue
    depth = 0
    outer = frame
    while outer is not None:
        depth += 1
        outer = outer.older()
    steps.append((frame.name(), sal.line, depth))
    gdb.execute("step", to_string=True)
with open(os.environ["STEP_OUTPUT"], "w") as file:
    json.dump(steps, file)
"""


def text_of(case: Case) -> str:
    return "\n".join(path.read_text(errors="replace") for path in case.sources)


# A twin with a bug differs from its program in a line or two.
CASES = [
    case
    for case in discover([EXAMPLES])
    if case.sources
    and not case.is_xfail
    and not _STEP_IS_WRONG.search(text_of(case))
    and str(case.path.relative_to(EXAMPLES)) not in _TWICE
]


def steps_of_gdb(case: Case, binary: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    script, output = binary.with_suffix(".py"), binary.with_suffix(".json")
    script.write_text(STEPPER)
    monkeypatch.setenv("STEP_SOURCES", json.dumps([str(path) for path in case.sources]))
    monkeypatch.setenv("STEP_LIMIT", str(STEPS))
    monkeypatch.setenv("STEP_OUTPUT", str(output))
    completed = run(
        ["gdb", "-nx", "-batch", "-x", str(script), "--args", str(binary), *case.settings.arguments], deadline_s=100
    )
    assert output.exists(), completed.output
    return [tuple(step) for step in json.loads(output.read_text())]


@pytest.mark.parametrize("case", CASES, ids=[str(case.path.relative_to(EXAMPLES)) for case in CASES])
def test_same_steps(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = case.settings
    request = BuildRequest(case.sources, tmp_path, settings.cflags, settings.ldflags, "program")
    binary = builder_for("gcc").build(request)
    plan = StopPlan(tuple(LineRange(str(path), 1, 1_000_000) for path in case.sources))
    launch = Launch(binary, settings.arguments)
    with GdbDriver(use_agent=True).launch(launch, plan, Limits(steps=STEPS)) as session:
        places = [(step.frames[0].function, step.frames[0].line, len(step.frames)) for step in session]
    assert places == steps_of_gdb(case, binary, monkeypatch)


def test_most_examples_are_compared() -> None:
    assert len(CASES) > 60
