"""Building small C programs, recording them in all ways, and looking for what was left running."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.base import Driver, Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.lldb.bindings import BindingsError, find_bindings
from drivers.lldb.driver import LldbDriver
from drivers.process import run
from drivers.state import ABSENT, End, Sample, Step, Value

_MARK = "DEXTER_TEST_MARK"


@dataclass(frozen=True)
class Recorded:
    """The steps of a run, with the samples' values at each of them, and its end."""

    steps: list[Step]
    values: list[dict[str, Value]]
    end: End

    def lines(self) -> list[int]:
        return [step.frames[0].line for step in self.steps]

    def functions(self) -> list[str | None]:
        return [step.frames[0].function for step in self.steps]

    def value(self, step: int, expression: str) -> Value:
        return self.values[step].get(expression, ABSENT)


def _plan_for(source: Path, *expressions: str) -> StopPlan:
    """Stop at every line of `source`; read the expressions everywhere."""
    return StopPlan((LineRange(str(source), 1, 1_000_000),), {Sample(expression): None for expression in expressions})


def _processes_with(mark: str) -> list[str]:
    """The processes that have `mark` in their environment or in the name of their program, but not us."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0]
        except OSError:  # it ended meanwhile
            continue
        if state not in "ZX" and mark.encode() in environment + command:
            found.append(f"{entry.name}: {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


def _wait_until(condition: Callable[[], object], deadline_s: float = 5.0) -> bool:
    """Poll a condition on other processes, which nothing would tell us about."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
    return True


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A word in the environment of everything that this test starts. Afterwards none of it may still run."""
    word = uuid.uuid4().hex
    monkeypatch.setenv(_MARK, word)
    yield word
    assert _processes_with(word) == []


def make_driver(way: str) -> Driver:
    """The driver of that name. Without lldb, what needs it is skipped."""
    if way != "lldb":
        return GdbDriver(use_agent=way == "agent")
    try:
        find_bindings()
    except BindingsError as error:
        pytest.skip(f"UNSUPPORTED: {error}")
    return LldbDriver()


@pytest.fixture(params=["agent", "plain", "lldb"])
def driver(request: pytest.FixtureRequest, mark: str) -> Driver:
    return make_driver(request.param)


@pytest.fixture(params=["agent", "lldb"])
def watcher(request: pytest.FixtureRequest, mark: str) -> Driver:
    """A driver that watches the program from inside the debugger."""
    return make_driver(request.param)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Compile a C program; returns the paths of its source and its binary."""

    def build(
        text: str | bytes, *flags: str, folder: str = ".", compiler: str = "gcc", name: str = "program.c"
    ) -> tuple[Path, Path]:
        source = tmp_path / folder / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(text.encode() if isinstance(text, str) else text)
        binary = source.with_suffix("")
        arguments = [compiler, "-O0", "-g", str(source), "-o", str(binary), *flags]
        completed = run(arguments, deadline_s=60)
        assert completed.status == 0, completed.output
        return source, binary

    return build


@pytest.fixture
def record() -> Callable[..., Recorded]:
    """Run a binary under a driver to its end."""

    def record(
        driver: Driver,
        source: Path,
        binary: Path,
        *expressions: str,
        limits: Limits | None = None,
        on_step: Callable[[Step], object] = lambda _: None,
        **launch: object,
    ) -> Recorded:
        steps: list[Step] = []
        values: list[dict[str, Value]] = []
        now: dict[str, Value] = {}
        plan = _plan_for(source, *expressions)
        with driver.launch(Launch(binary, **launch), plan, limits or Limits(total_s=30)) as session:
            for step in session:
                now = now | {sample.expression: value for sample, value in step.changes.items()}
                steps.append(step)
                values.append(now)
                on_step(step)
            return Recorded(steps, values, session.end)

    return record


@pytest.fixture
def plan_for() -> Callable[..., StopPlan]:
    return _plan_for


@pytest.fixture
def processes_with() -> Callable[[str], list[str]]:
    return _processes_with


@pytest.fixture
def wait_until() -> Callable[..., bool]:
    return _wait_until
