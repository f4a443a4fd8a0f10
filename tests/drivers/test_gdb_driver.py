"""The driver of gdb: a gdb that is started ahead, and what is said when something is not there."""

from __future__ import annotations

import os

import pytest

from drivers.base import DriverError, Launch, Limits
from drivers.gdb.driver import GdbDriver
from drivers.process import Terminal
from drivers.state import EndKind

PROGRAM = "int main(void)\n{\n    int n = 2;\n    n++;\n    return n;\n}\n"


def agents(processes_with, mark: str) -> list[str]:
    """The gdbs that were started ahead or run something."""
    return [process for process in processes_with(mark) if "drivers.gdb.agent" in process and "guardian" not in process]


def test_to_prepare_without_a_gdb_raises_nothing_and_the_launch_tells(build, plan_for, mark):
    source, binary = build(PROGRAM)
    driver = GdbDriver("no-such-gdb")
    driver.prepare()
    with pytest.raises(DriverError, match="there is no no-such-gdb here: install gdb"):
        driver.launch(Launch(binary), plan_for(source), Limits())
    driver.close()


def test_close_kills_the_gdb_that_waits(mark, processes_with, wait_until):
    driver = GdbDriver()
    driver.prepare()
    assert wait_until(lambda: agents(processes_with, mark))
    driver.prepare()  # one is enough
    assert len(agents(processes_with, mark)) == 1
    driver.close()
    assert processes_with(mark) == []
    driver.close()


def test_the_launch_uses_the_gdb_that_waits(build, plan_for, mark, processes_with, wait_until):
    source, binary = build(PROGRAM)
    driver = GdbDriver()
    driver.prepare()
    assert wait_until(lambda: agents(processes_with, mark))
    waiting = agents(processes_with, mark)
    with driver.launch(Launch(binary), plan_for(source, "n"), Limits()) as session:
        assert agents(processes_with, mark) == waiting
        assert [step.frames[0].line for step in session] == [3, 4, 5, 6]
    assert (session.end.kind, session.end.code) == (EndKind.EXIT, 3)
    with driver.launch(Launch(binary), plan_for(source), Limits()) as session:  # and the next one has its own
        assert len(list(session)) == 4
    driver.close()


def test_the_plain_session_prepares_nothing(mark, processes_with):
    driver = GdbDriver(use_agent=False)
    driver.prepare()
    assert processes_with(mark) == []


def test_a_launch_that_is_refused_leaves_no_gdb(build, plan_for, mark, processes_with):
    source, binary = build(PROGRAM, "-g0")
    driver = GdbDriver()
    driver.prepare()
    with pytest.raises(DriverError, match="no debug information"):
        driver.launch(Launch(binary), plan_for(source), Limits())
    assert processes_with(mark) == []


def test_a_machine_without_terminals_is_told(monkeypatch):
    def refuse():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "openpty", refuse)
    with pytest.raises(DriverError, match=r"pseudo-terminal.*No such file or directory.*/dev/pts"):
        Terminal()
