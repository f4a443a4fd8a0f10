"""The driver of lldb: a worker that is started ahead, and what is said when something cannot be started."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.base import DriverError, Launch, Limits
from drivers.lldb import driver as module
from drivers.lldb.bindings import BindingsError, find_bindings
from drivers.lldb.driver import LldbDriver
from drivers.process import run
from drivers.state import EndKind
from tests.drivers.conftest import make_driver

PROGRAM = "int main(void)\n{\n    int n = 2;\n    n++;\n    return n;\n}\n"
# Runs lldb's interpreter where nobody may trace (seccomp(2)).
WITHOUT_PTRACE = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **arguments)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof code / sizeof *code, code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
        execv(PYTHON, arguments);
    return 99;
}
"""


@pytest.fixture
def driver(mark: str) -> LldbDriver:
    try:
        find_bindings()
    except BindingsError as error:
        pytest.skip(f"UNSUPPORTED: {error}")
    return LldbDriver()


def workers(processes_with: Callable[[str], list[str]], mark: str) -> list[str]:
    """Those that were started ahead or run something."""
    return [process for process in processes_with(mark) if "lldb.worker" in process and "guardian" not in process]


def refusal(driver, binary, plan) -> str:
    with pytest.raises(DriverError) as caught:
        driver.launch(Launch(binary), plan, Limits(total_s=10))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_to_prepare_without_an_lldb_raises_nothing_and_the_launch_tells(build, plan_for, mark):
    source, binary = build(PROGRAM)
    driver = LldbDriver("no-such-lldb")
    driver.prepare()
    assert refusal(driver, binary, plan_for(source)).startswith("no-such-lldb not found; sudo apt-get install lldb")
    with pytest.raises(DriverError, match="no-such-lldb not found"):
        driver.version()
    driver.close()


def test_close_kills_the_worker_that_waits(driver, mark, processes_with, wait_until):
    driver.prepare()
    assert wait_until(lambda: workers(processes_with, mark))
    driver.prepare()  # one is enough
    assert len(workers(processes_with, mark)) == 1
    driver.close()
    assert processes_with(mark) == []
    driver.close()


def test_the_launch_uses_the_worker_that_waits(driver, build, plan_for, mark, processes_with, wait_until):
    source, binary = build("int main(void)\n{\n    for (long n = 0;; n++)\n        n += 2;\n}\n")
    driver.prepare()
    assert wait_until(lambda: workers(processes_with, mark))
    waiting = workers(processes_with, mark)
    with driver.launch(Launch(binary), plan_for(source, "n"), Limits()) as session:
        assert workers(processes_with, mark) == waiting
    source, binary = build(PROGRAM, name="next.c")
    with driver.launch(Launch(binary), plan_for(source), Limits()) as session:  # and the next one has its own
        assert [step.frames[0].line for step in session] == [3, 4, 5, 6]
    assert (session.end.kind, session.end.code) == (EndKind.EXIT, 3)
    driver.close()


def test_a_launch_that_is_refused_leaves_no_worker(driver, build, plan_for, mark, processes_with):
    source, binary = build(PROGRAM, "-g0")
    driver.prepare()
    assert "no debug information" in refusal(driver, binary, plan_for(source))
    assert processes_with(mark) == []


def test_a_program_whose_loader_is_missing(driver, build, plan_for, mark, processes_with):
    source, binary = build(PROGRAM, "-Wl,--dynamic-linker=/nowhere/ld.so")
    message = refusal(driver, binary, plan_for(source))
    assert message.startswith(f"lldb cannot run {binary}: its loader /nowhere/ld.so is not here")
    assert processes_with(mark) == []


def test_a_program_for_another_processor(driver, build, plan_for, mark, processes_with):
    source, binary = build(PROGRAM)
    header = bytearray(binary.read_bytes())
    header[18:20] = struct.pack("<H", 40)  # e_machine (elf.h)
    binary.write_bytes(header)
    assert f"lldb cannot run {binary}: it is for another processor (EM_ARM, " in refusal(
        driver, binary, plan_for(source)
    )
    assert processes_with(mark) == []


def test_where_tracing_is_forbidden_the_error_says_what_permits_it(
    driver, build, plan_for, mark, processes_with, monkeypatch, tmp_path: Path
):
    found = find_bindings()
    (tmp_path / "python.c").write_text(WITHOUT_PTRACE)
    python = tmp_path / "python"
    done = run(["gcc", f'-DPYTHON="{found.python}"', tmp_path / "python.c", "-o", python], deadline_s=60)
    assert done.status == 0, done.output
    monkeypatch.setattr(module, "find_bindings", lambda _: replace(found, python=str(python)))
    source, binary = build(PROGRAM)
    message = refusal(driver, binary, plan_for(source))
    assert "tracing programs may be forbidden here: start the container with --cap-add=SYS_PTRACE" in message
    assert processes_with(mark) == []


def test_a_worker_that_dies_at_once_is_told_with_its_last_words(
    driver, build, plan_for, mark, processes_with, monkeypatch, tmp_path: Path
):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho the last words >&2\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(module, "find_bindings", lambda _: replace(find_bindings(), python=str(python)))
    source, binary = build(PROGRAM)
    message = refusal(driver, binary, plan_for(source))
    assert message == "lldb did not start the program: it ended with status 3; it said: the last words"
    assert processes_with(mark) == []


def test_what_is_no_utf_8_is_told(driver, build, plan_for, mark):
    source, binary = build(PROGRAM)
    with pytest.raises(DriverError, match=r"lldb takes UTF-8 only, which this is not: '\\udcff': rename or copy it"):
        driver.launch(Launch(binary, arguments=("\udcff",)), plan_for(source), Limits())


MEMBERS = """\
int kept = 7;
struct base { int below; };
struct text : base {
    int id;
    int kept;
    int *where;
    int sum(int id) const
    {
        return id + this->id + kept + *where;
    }
    int all() const
    {
        static int kept = 9;
        return id + below + kept - 9;
    }
    ~text() { id = 0; }
};
int main()
{
    int there = 4;
    text *each = new text{{1}, 2, 3, &there};
    int sum = each->sum(5) + each->all();
    delete each;
    return sum + kept != 24;
}
"""


@pytest.mark.parametrize("way", ["agent", "lldb"])
def test_members_without_this(build, record, mark, way):
    source, binary = build(MEMBERS, name="program.cpp", compiler="g++")
    names = ("id", "kept", "*where", "below", "id + kept", "&id == &this->id", "this->none")
    run = record(make_driver(way), source, binary, *names)

    def values(function):
        step = next(step for step in run.steps if (step.frames[0].function or "").endswith(function))
        return [run.value(step.index, name).number for name in names]

    assert values("sum") == [5, 3, 4, 1, 8, 0, None]
    assert values("all") == [2, 9, 4, 1, 11, 1, None]
    assert values("~text") == [2, 3, 4, 1, 5, 1, None]
    assert values("main")[:4] == [None, 7, None, None]
