"""Whatever ends dexter, nothing that it started goes on running."""

import os
import signal
from pathlib import Path

import pytest

ENDLESS = """
    #include <fcntl.h>
    #include <unistd.h>
    int main(void) {
        int x = 1;
        if (fork() == 0) {
            setsid();
            for (;;) pause();
        }
        write(open("ready", O_WRONLY | O_CREAT | O_APPEND, 0600), "!", 1);
        for (;;)
            pause();
    }
    // DexVerify(Henceforth(Expect('x', 1)))
"""
BUSY = """
    #include <fcntl.h>
    #include <unistd.h>
    int main(void) {
        volatile unsigned x = 1;
        write(open("ready", O_WRONLY | O_CREAT | O_APPEND, 0600), "!", 1);
        for (;;)
            x++;
    }
    // DexVerify(Eventually(Expect('x', 0)))
    // DexVerify(Henceforth(In('main')))
"""


@pytest.fixture
def start_endless(write, start, mark, tmp_path, until):
    """Start dexter on programs that never end, and wait until each of them has made its first steps."""
    ready = tmp_path / "ready"

    def start_endless(*arguments, count=1, ready_count=None, text=ENDLESS, **popen):
        for number in range(count):
            write(text, f"suite/endless{number}.c")
        process = start("test", "suite", "-j", count, *arguments, **popen)
        wanted = count if ready_count is None else ready_count
        assert until(lambda: ready.exists() and ready.stat().st_size >= wanted), process.poll()
        return process

    return start_endless


@pytest.mark.parametrize("text", [ENDLESS, BUSY], ids=["waiting", "busy"])
@pytest.mark.parametrize("count", [1, 2])
def test_interrupt(start_endless, running, until, tmp_path, text, count):
    (tmp_path / "temporary").mkdir()
    process = start_endless(count=count, text=text, environment={"TMPDIR": str(tmp_path / "temporary")})
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "dexter: interrupted" in err
    assert "Traceback" not in out + err
    assert until(lambda: not running("endless"))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_interrupt_of_the_whole_foreground_group(start_endless, running, until):
    """As a terminal sends it: every process in the group gets it, and gdb must not get in the way."""
    process = start_endless(start_new_session=True)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert until(lambda: not running("endless"))


def test_interrupt_while_others_are_just_being_started(start_endless, running, until):
    process = start_endless(count=4, ready_count=1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert until(lambda: not running("endless"))


def test_interrupt_twice(start_endless, running, until):
    process = start_endless()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)
    assert until(lambda: not running("endless"))


def test_interrupt_keeps_what_is_known(write, start_endless, tmp_path, running, until):
    write("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n", "suite/a.c")
    write("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n", "suite/z.c")
    process = start_endless("--json", "report.json")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "PASS        suite/a.c" in out
    assert "more tests were not run" in out
    assert b"suite/a.c" in (tmp_path / "report.json").read_bytes()
    assert until(lambda: not running("endless"))


def test_death(start_endless, running, until):
    process = start_endless(count=2)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert until(lambda: not running("endless"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end(start_endless, running, until, number, tmp_path):
    (tmp_path / "temporary").mkdir()
    process = start_endless(count=2, environment={"TMPDIR": str(tmp_path / "temporary")})
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    assert until(lambda: not running("endless"))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_interrupt_of_a_build(write, start, mark, running, until, tmp_path):
    write("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n")
    script = tmp_path / "build"
    script.write_text("#!/bin/sh\nsleep 1234\n")
    script.chmod(0o755)
    process = start("test", "program.c", "--builder", "./build")
    assert until(lambda: running("sleep 1234"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert until(lambda: not running("sleep 1234"))


@pytest.mark.parametrize("agent", ["yes", "no"])
def test_gdb_killed_in_mid_run(start_endless, running, until, agent, tmp_path):
    """The partial run is kept, and judged as one."""
    # It rests before it says that it is there: its first steps, which come in batches, have been told by then.
    text = ENDLESS.replace("write(", "usleep(200000); write(")
    process = start_endless("--gdb-agent", agent, "--json", "report.json", text=text)
    gdb = [pid for pid in running("gdb") if Path(f"/proc/{pid}/exe").readlink().name.startswith("gdb")]
    assert len(gdb) == 1
    os.kill(gdb[0], signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "UNRESOLVED" in out
    assert "the debugger was lost: gdb was killed by SIGKILL" in out
    assert b'"verdict": "presumably holds"' in (tmp_path / "report.json").read_bytes()
    assert err == ""
    assert until(lambda: not running("endless"))
