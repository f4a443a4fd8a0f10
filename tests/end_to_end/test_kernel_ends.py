"""However a kernel's run ends, the outcome is clear, what was recorded is kept, and nothing goes on running."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from drivers.gdb.remote import kernel_gdb
from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]

EXECUTABLES = {name: Path(shutil.which(name) or name).resolve() for name in ("qemu-system-mips", kernel_gdb("gdb"))}
NEVER_NEGATIVE = "DexVerify(Henceforth(Expect('total', '>=', 0)), name='never negative')"
WANTED_IN_VAIN = "DexVerify(Eventually(Expect('total', '<', 0)), name='negative')"


def test_panic(tree, verify):
    counter = tree.annotate(COUNTER, NEVER_NEGATIVE, "DexCommandLine(['c;p;q'])")
    found = verify(COUNTER)
    assert found.said.status == 1
    (test,) = found.tests
    line = counter.read_text().splitlines().index('\t\tpanic("a limit below zero");') + 1
    place = f"count (counter.c:{line})"
    assert (test["outcome"], test["reason"]) == ("FAIL", f"panic: a limit below zero in {place}")
    assert test["end"] == test["reason"]
    stack = test["detail"].splitlines()
    assert stack[0] == "the stack at the panic:"
    assert [row.split()[0] for row in stack[1:]] == ["panic", "count", "command", "kmain"]
    assert stack[2] == f"  {place}"
    assert test["detail"] in found.said.out.replace("\n  ", "\n")
    assert [verdict["verdict"] for verdict in test["verdicts"]] == ["holds"]
    assert test["steps"] > 10


@pytest.mark.parametrize("agent", ["yes", "no"])
def test_panic_after_everything_was_decided(tree, verify, agent):
    """Its stack is the one at the panic, though nobody has seen its functions begin."""
    tree.annotate(COUNTER, "DexVerify(Eventually(Expect('total', 2)))", "DexCommandLine(['c;e;p'])")
    (test,) = verify(COUNTER, "--gdb-agent", agent).tests
    assert test["outcome"] == "FAIL"
    lines = (tree.root / "kern/main/main.c").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "case 'p'" in text)
    place = f"  command (main.c:{line})"
    assert place in test["detail"].splitlines()


def test_panic_in_the_middle_of_a_line(tree, verify):
    main = tree.root / "kern/main/main.c"
    main.write_text(main.read_text().replace('print("panic: ")', 'print("working... panic: ")'))
    tree.annotate(COUNTER, NEVER_NEGATIVE, "DexCommandLine(['c;p'])")
    (test,) = verify(COUNTER).tests
    assert test["reason"].startswith("panic: a limit below zero in count")


def test_panic_that_is_expected(tree, verify):
    tree.annotate(COUNTER, NEVER_NEGATIVE, "DexExpectEnd('panic')", "DexCommandLine(['c;p'])")
    tree.annotate(LOCK, "DexExpectEnd('poweroff') DexVerify(Eventually(In('acquire')))", "DexCommandLine(['c;p'])")
    tree.annotate("kern/main/main.c", "DexVerify(Eventually(In('kmain'))) DexExpectEnd('panic') DexCommandLine(['c'])")
    found = verify("kern")
    assert found.outcomes == ["FAIL", "PASS", "FAIL"]
    assert found.tests[0]["reason"] == "power-off, where panic is expected"
    assert "poweroff is expected" in found.tests[2]["reason"]


def test_a_status_of_the_machine(tree, verify):
    tree.annotate(COUNTER, NEVER_NEGATIVE, "DexCommandLine(['c;x'])")
    tree.annotate(LOCK, "DexExpectEnd('exit', 3) DexCommandLine(['c;x'])")
    tree.annotate("kern/main/main.c", "DexExpectEnd('exit', 0) DexCommandLine(['c;x'])")
    found = verify("kern")
    assert found.outcomes == ["FAIL", "PASS", "PASS"]
    assert [test["end"] for test in found.tests] == ["exit 3"] * 3
    assert found.tests[0]["reason"] == "exit 3, where exit 0 is expected"


@pytest.mark.parametrize("agent", ["yes", "no"])
def test_a_kernel_that_hangs(tree, verify, agent):
    tree.annotate(COUNTER, NEVER_NEGATIVE, "DexVerify(Eventually(Expect('total', 3)))", "DexCommandLine(['c;h'])")
    found = verify(COUNTER, "--console-timeout", "1.5", "--gdb-agent", agent)
    (test,) = found.tests
    last = (tree.root / COUNTER).read_text().splitlines().index("}") + 1
    assert (found.said.status, test["outcome"]) == (1, "TIMEOUT")
    assert test["steps"] > 10
    assert [verdict["verdict"] for verdict in test["verdicts"]] == ["presumably holds", "holds"]
    assert test["reason"] == f"cut at the time limit in count (counter.c:{last})"
    why = "neither a step nor output came for 1.5 s: what is told as its place is that of the last step"
    assert f"note: {why}" in found.said.out


def test_what_had_failed_before_a_hang(tree, verify):
    """It is certain whatever would have followed, so the test fails."""
    tree.annotate(COUNTER, "DexVerify(Henceforth(Expect('total', '<', 3)))", WANTED_IN_VAIN, "DexCommandLine(['c;h'])")
    (test,) = verify(COUNTER, "--console-timeout", "1.5").tests
    assert test["outcome"] == "FAIL"
    assert [verdict["verdict"] for verdict in test["verdicts"]] == ["fails", "presumably fails"]


def test_a_kernel_that_prints_for_ever(tree, verify):
    tree.annotate(COUNTER, WANTED_IN_VAIN, "DexCommandLine(['c;o'])")
    (test,) = verify(COUNTER, "--console-timeout", "2", "--timeout-total", "3").tests
    assert test["outcome"] == "TIMEOUT"
    assert test["steps"] > 10
    assert any(note.startswith("the program ran for longer than 3 s") for note in test["notes"])


def test_the_time_in_the_settings(tree, verify):
    tree.settings("[os161]\nconsole-timeout = 1.5\n")
    tree.annotate(COUNTER, WANTED_IN_VAIN, "DexCommandLine(['c;h'])")
    (test,) = verify(COUNTER).tests
    assert (test["outcome"], test["steps"] > 10) == ("TIMEOUT", True)


@pytest.fixture
def start_counting(tree, start, until, tmp_path):
    """Start dexter on two tests that share a kernel which counts for long, and wait until it has counted to 100."""
    (tmp_path / "temporary").mkdir()

    def start_counting(*arguments, **popen):
        tree.annotate(COUNTER, NEVER_NEGATIVE, WANTED_IN_VAIN, "DexCommandLine(['l;e'])")
        tree.annotate(LOCK, "DexVerify(Eventually(Entered('release')))", "DexCommandLine(['l;e'])")
        environment = {"TMPDIR": str(tmp_path / "temporary")}
        process = start(
            "test",
            tree.root / "kern",
            "--builder",
            "os161",
            "--json",
            "report.json",
            *arguments,
            environment=environment,
            **popen,
        )
        assert until(lambda: process.poll() is not None or list(tmp_path.glob("temporary/*/*/ready")), 30)
        assert process.poll() is None, process.communicate()
        return process

    return start_counting


def pid_of(running, program):
    """The process of the test that runs the program itself, not the guard before it."""
    (pid,) = (pid for pid in running(program) if Path(f"/proc/{pid}/exe").readlink() == EXECUTABLES[program])
    return pid


@pytest.mark.parametrize("agent", ["yes", "no"])
@pytest.mark.parametrize("program", list(EXECUTABLES))
def test_killed_in_mid_run(start_counting, running, until, tmp_path, program, agent):
    process = start_counting("--gdb-agent", agent)
    os.kill(pid_of(running, program), signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == ""
    counter, lock = json.loads((tmp_path / "report.json").read_bytes())["tests"]
    assert [verdict["verdict"] for verdict in counter["verdicts"]] == ["presumably holds", "presumably fails"]
    assert counter["steps"] > 50
    assert counter["outcome"] == "UNRESOLVED"
    killed = f"{program.partition('-')[0]} was killed by SIGKILL"
    assert killed in counter["reason"]
    assert killed in out
    assert (lock["outcome"], lock["steps"] > 5) == ("UNRESOLVED", True)
    assert [verdict["verdict"] for verdict in lock["verdicts"]] == ["holds"]
    assert until(lambda: not running(str(tmp_path)))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_qemu_told_to_end(start_counting, running, tmp_path):
    """It then ends with status 0, as if the kernel had powered off."""
    process = start_counting()
    os.kill(pid_of(running, "qemu-system-mips"), signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 1
    counter, lock = json.loads((tmp_path / "report.json").read_bytes())["tests"]
    assert [verdict["verdict"] for verdict in counter["verdicts"]] == ["presumably holds", "presumably fails"]
    assert "terminating on signal 15" in counter["reason"]
    assert (counter["outcome"], lock["outcome"]) == ("UNRESOLVED", "UNRESOLVED")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(start_counting, running, until, tmp_path, number, status):
    process = start_counting()
    assert pid_of(running, "qemu-system-mips")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert "Traceback" not in out + err
    assert until(lambda: not running("qemu") and not running("gdb"))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_interrupted_as_by_a_terminal(start_counting, running, until, tmp_path):
    """Every process in the foreground gets the signal, and none of them gets in the way of the others."""
    process = start_counting(start_new_session=True)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "dexter: interrupted" in err
    assert "Traceback" not in out + err
    assert "2 more tests were not run" in out
    assert until(lambda: not running("qemu") and not running("gdb"))


def test_dexter_itself_is_killed(start_counting, running, until):
    process = start_counting()
    process.kill()
    process.wait(timeout=30)
    assert until(lambda: not running("qemu") and not running("gdb"))
