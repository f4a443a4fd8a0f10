"""However a run ends, and whatever dies, it is said, the steps are kept, and nothing is left running."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drivers.base import Launch, Limits
from drivers.lldb.bindings import find_bindings
from drivers.process import _GUARDIAN
from drivers.state import EndKind
from tests.drivers.conftest import make_driver

LOOP = r"""
    #include <stdio.h>
    long count;
    int main(void) {
        setvbuf(stdout, 0, _IONBF, 0);
        for (;;) {
            count++;
            if (count == 5) puts("five");
        }
    }"""


@pytest.mark.parametrize("status", [0, 3, 10, 255])
def test_exit_status(driver, build, record, status):
    source, binary = build(f"#include <stdlib.h>\nint main(void) {{\n  exit({status});\n}}")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code, run.end.is_complete) == (EndKind.EXIT, status, True)
    assert run.lines() == [3]


def test_segmentation_fault_has_its_place(driver, build, record):
    source, binary = build(r"""
        struct node { struct node *next; int value; };
        static int sum(struct node *n) {
            int total = 0;
            for (;;) {
                total += n->value;
                n = n->next;
            }
        }
        int main(void) {
            struct node last = {0, 2}, first = {&last, 1};
            return sum(&first);
        }""")
    run = record(driver, source, binary, "total", "n->value")
    assert (run.end.kind, run.end.signal, run.end.is_complete) == (EndKind.SIGNAL, "SIGSEGV", True)
    assert [(f.function, f.line) for f in run.end.frames] == [("sum", 6), ("main", 12)]
    assert run.end.frames[0].path == str(source)
    assert run.lines() == [11, 12, 4, 6, 7, 6, 7, 6]
    assert run.value(-1, "total").number == 3
    assert "Cannot access memory" in run.value(-1, "n->value").text


def test_abort(driver, build, record):
    source, binary = build(r"""
        #include <assert.h>
        int main(void) {
            int n = 1;
            assert(n == 2);
            return 0;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.signal) == (EndKind.SIGNAL, "SIGABRT")
    assert any(frame.function == "main" and frame.line == 5 for frame in run.end.frames)
    assert "Assertion `n == 2' failed" in run.end.output


def test_endless_loop_in_one_line(driver, build, record):
    source, binary = build("long n;\nint main(void) {\n  n = 1;\n  for (;;) n++;\n}")
    started = time.monotonic()
    run = record(driver, source, binary, "n", limits=Limits(total_s=1.5))
    seconds = time.monotonic() - started
    assert (run.end.kind, run.end.is_complete) == (EndKind.TIME_LIMIT, False)
    assert run.lines()[:2] == [3, 4]
    assert run.value(0, "n").number == 0
    assert 1.4 < seconds < 6


def test_step_that_takes_too_long(driver, build, record):
    source, binary = build("#include <unistd.h>\nint main(void) {\n  pause();\n  return 0;\n}")
    started = time.monotonic()
    run = record(driver, source, binary, limits=Limits(total_s=60, step_s=0.5))
    assert run.end.kind is EndKind.TIME_LIMIT
    assert run.lines() == [3]
    assert time.monotonic() - started < 10


def test_step_limit(driver, build, record):
    source, binary = build(LOOP)
    run = record(driver, source, binary, "count", limits=Limits(steps=100))
    assert (run.end.kind, len(run.steps)) == (EndKind.STEP_LIMIT, 100)
    assert [step.index for step in run.steps] == list(range(100))


def test_finish_and_stop(driver, build, plan_for):
    source, binary = build(LOOP)
    for method, kind in (("finish", EndKind.FINISHED), ("stop", EndKind.DECIDED)):
        with driver.launch(Launch(binary), plan_for(source), Limits()) as session:
            seen = 0
            for step in session:
                seen += 1
                if step.index == 9:
                    getattr(session, method)()
            assert (session.end.kind, seen) == (kind, 10)


def test_release_lets_the_program_end_by_itself(driver, build, plan_for):
    source, binary = build(r"""
        #include <stdio.h>
        int main(void) {
            int n = 0;
            for (int i = 0; i < 1000; i++) n += i;
            printf("%d\n", n);
            return 4;
        }""")
    with driver.launch(Launch(binary), plan_for(source), Limits(total_s=30)) as session:
        seen = []
        for step in session:
            seen.append(step.frames[0].line)
            session.release()
    assert seen == [4]
    assert (session.end.kind, session.end.code, session.end.output) == (EndKind.EXIT, 4, "499500\n")


def test_release_is_still_under_the_time_limit(driver, build, plan_for):
    source, binary = build(LOOP)
    started = time.monotonic()
    with driver.launch(Launch(binary), plan_for(source), Limits(total_s=2)) as session:
        for _ in session:
            session.release()
    assert session.end.kind is EndKind.TIME_LIMIT
    assert time.monotonic() - started < 8


def _process_of(mark: str, *programs: str) -> int:
    """The process that runs one of the `programs` (the file's path, or its name) and bears the mark."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            runs = (entry / "exe").readlink()
            bears = mark.encode() in (entry / "environ").read_bytes()
            guards = str(_GUARDIAN).encode() in (entry / "cmdline").read_bytes()  # by an interpreter, as lldb's worker
        except OSError:
            continue
        if bears and not guards and {str(runs), runs.name} & set(programs):
            return int(entry.name)
    raise AssertionError(f"none of {programs} runs")


def _debugger_of(driver, mark: str) -> int:
    """The process of the debugger itself: gdb, or lldb's worker."""
    return _process_of(mark, "gdb" if driver.name == "gdb" else os.path.realpath(find_bindings().python))


@pytest.mark.parametrize("place", [20, 33])
def test_program_killed_from_outside(place, driver, build, record, mark):
    source, binary = build(LOOP)

    def kill(step):
        if step.index == place:
            os.kill(_process_of(mark, str(binary)), signal.SIGKILL)

    run = record(driver, source, binary, on_step=kill, limits=Limits(total_s=20))
    assert (run.end.kind, run.end.signal) == (EndKind.SIGNAL, "SIGKILL")
    assert len(run.steps) >= 21


def test_debugger_killed(driver, build, record, mark):
    source, binary = build(LOOP)

    def kill(step):
        if step.index == 20:
            os.kill(_debugger_of(driver, mark), signal.SIGKILL)

    started = time.monotonic()
    run = record(driver, source, binary, on_step=kill, limits=Limits(total_s=60))
    assert (run.end.kind, run.end.is_complete) == (EndKind.LOST, False)
    assert "SIGKILL" in run.end.message
    assert len(run.steps) >= 21
    assert time.monotonic() - started < 30


def test_guardian_killed(driver, build, record, mark, processes_with, wait_until):
    source, binary = build(LOOP)

    def kill(step):
        if step.index == 20:
            debugger = _debugger_of(driver, mark)
            parent = int(Path(f"/proc/{debugger}/stat").read_text().rsplit(")", 1)[1].split()[1])
            assert str(_GUARDIAN) in Path(f"/proc/{parent}/cmdline").read_text()
            os.kill(parent, signal.SIGKILL)

    run = record(driver, source, binary, on_step=kill, limits=Limits(total_s=60))
    assert run.end.kind is EndKind.LOST
    assert len(run.steps) >= 21
    assert wait_until(lambda: not processes_with(mark))  # lldb-server sees by itself that lldb is gone


OUR_PROCESS = """
import sys
from pathlib import Path
from drivers.base import Launch, Limits, LineRange, StopPlan
from tests.drivers.conftest import make_driver
plan = StopPlan((LineRange(sys.argv[2], 1, 100),))
with make_driver(sys.argv[3]).launch(Launch(Path(sys.argv[1])), plan, Limits()) as session:
    for step in session:
        if step.index == 20:
            print("running", flush=True)
"""


@pytest.mark.parametrize("way", ["agent", "plain", "lldb"])
def test_we_are_killed(build, mark, processes_with, wait_until, way):
    make_driver(way)
    source, binary = build(LOOP)
    arguments = [sys.executable, "-c", OUR_PROCESS, str(binary), str(source), way]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == b"running\n"
        assert _process_of(mark, str(binary))
        ours.kill()
    assert wait_until(lambda: not processes_with(mark))


@pytest.mark.parametrize("place", [20, 33, 41])  # lldb notices some of the time only
def test_the_server_of_lldb_killed(place, build, record, mark):
    """The program would live on, and lldb would wait for it."""
    driver = make_driver("lldb")
    source, binary = build(LOOP)

    def kill(step):
        if step.index == place:
            os.kill(_process_of(mark, "lldb-server"), signal.SIGKILL)

    started = time.monotonic()
    run = record(driver, source, binary, on_step=kill, limits=Limits(total_s=60))
    assert (run.end.kind, run.end.is_complete) == (EndKind.LOST, False)
    assert "lldb-server is gone" in run.end.message
    assert len(run.steps) >= 21
    assert time.monotonic() - started < 10


def test_keyboard_interrupt_in_the_midst(driver, build, record):
    source, binary = build(LOOP)

    def interrupt(step):
        if step.index == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(driver, source, binary, on_step=interrupt)


def test_session_that_is_never_iterated(driver, build, plan_for):
    source, binary = build(LOOP)
    with driver.launch(Launch(binary), plan_for(source), Limits()) as session:
        pass
    assert session.end.kind is EndKind.DECIDED


def test_version_names_the_debugger(driver):
    assert re.match(r"GNU gdb .*\d\.\d|lldb version \d+\.\d", driver.version())
    assert driver.name in driver.version()
