"""Running the command line on small C programs, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dexverify.cli import main
from tests.end_to_end.kernel_tree import KernelTree, logging_machine

_MARK = "DEXTER_TEST_MARK"
COMMAND = str(Path(sys.executable).with_name("dexter"))


@dataclass(frozen=True)
class Said:
    """What a run of the command line printed, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Judged:
    """What `dexter test` made of one program: what it said, and the test's entry of its JSON report."""

    said: Said
    test: dict[str, Any]

    @property
    def status(self) -> int:
        return self.said.status

    @property
    def outcome(self) -> str:
        return str(self.test["outcome"])

    @property
    def verdicts(self) -> list[str]:
        return [verdict["verdict"] for verdict in self.test["verdicts"]]

    def explanation(self, index: int = 0) -> dict[str, Any]:
        return dict(self.test["verdicts"][index]["explanation"])

    def caret(self, index: int = 0) -> str:
        """The text of the user's file that the explanation points at."""
        place = self.explanation(index)["decided_by"]
        assert place["line"] == place["end_line"]
        line = Path(place["path"]).read_text("utf-8").split("\n")[place["line"] - 1]
        return line[place["column"] - 1 : place["end_column"] - 1]


@dataclass(frozen=True)
class Verified:
    """What `dexter test` made of several tests: what it said, and their entries of its JSON report, but for times."""

    said: Said
    tests: list[dict[str, Any]]

    @property
    def outcomes(self) -> list[str]:
        return [str(test["outcome"]) for test in self.tests]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a source file below the test's own folder."""

    def write(text: str | bytes, name: str = "program.c") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
        return path

    return write


@pytest.fixture
def dexter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line, called in this process, in the test's own folder."""
    monkeypatch.chdir(tmp_path)

    def dexter(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse's way to end
            status = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return dexter


@pytest.fixture
def check(write: Callable[..., Path], dexter: Callable[..., Said], tmp_path: Path) -> Callable[..., Judged]:
    """`dexter test` on one program, given as its text."""

    def check(text: str | bytes, *options: object, name: str = "program.c") -> Judged:
        source = write(text, name)
        report = tmp_path / "report.json"
        said = dexter("test", source, "--json", report, *options)
        assert report.exists(), said.err
        (test,) = json.loads(report.read_bytes())["tests"]
        return Judged(said, test)

    return check


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The command line as a process of its own, in the test's own folder."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, environment: dict[str, str] | None = None, **popen: Any) -> subprocess.Popen[str]:
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | popen
        process = subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | (environment or {}),
            text=True,
            **popen,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A word in the environment of everything that this test starts. Within seconds none of it may still run."""
    word = uuid.uuid4().hex
    monkeypatch.setenv(_MARK, word)
    yield word
    assert wait_until(lambda: not processes_with(word)), processes_with(word)


def processes_with(mark: str) -> dict[int, str]:
    """The processes that have `mark` in their environment, but not us: their ids and command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile, or is not ours
            continue
        if f"{_MARK}={mark}".encode() in environment:
            found[int(entry.name)] = command.replace(bytes(1), b" ").decode(errors="replace")
    return found


def wait_until(condition: Callable[[], object], deadline_s: float = 10.0) -> bool:
    """Poll a condition on other processes, which nothing would tell us about."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
    return True


@pytest.fixture
def running(mark: str) -> Callable[[str], list[int]]:
    """Which of the processes that this test has started have the given text in their command line."""

    def running(text: str) -> list[int]:
        return sorted(pid for pid, command in processes_with(mark).items() if text in command)

    return running


@pytest.fixture
def until() -> Callable[..., bool]:
    return wait_until


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    """A kernel's tree of the test's own, nothing annotated yet."""
    return KernelTree.make(tmp_path / "tree")


@pytest.fixture
def boots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The boot strings of all machines that the test has started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = logging_machine(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return lambda: log.read_text().splitlines()


@pytest.fixture
def verify(
    tree: KernelTree, dexter: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Verified]:
    """`dexter test --builder os161`, called at the root of the tree."""

    def verify(*arguments: object, builder: tuple[str, ...] = ("--builder", "os161")) -> Verified:
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        monkeypatch.chdir(tree.root)
        said = dexter("test", *arguments, *builder, "--json", report)
        tests = json.loads(report.read_bytes())["tests"] if report.exists() else []
        for test in tests:
            del test["seconds"]
        return Verified(said, tests)

    return verify


@pytest.fixture
def recorded(write: Callable[..., Path], dexter: Callable[..., Said], tmp_path: Path) -> Callable[..., Path]:
    """Run `dexter test` on a text; the recording of it."""

    def recorded(text: str, *options: object, name: str = "program.c") -> Path:
        write(text, name)
        dexter("test", name, "--results-directory", "kept", *options)
        (path,) = (tmp_path / "kept").rglob(f"{name}.dexrec")
        return path.relative_to(tmp_path)

    return recorded
