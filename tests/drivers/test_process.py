"""Child processes, their deadlines, and the terminal."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from drivers.process import Capture, Child, Terminal, run

ROOT = Path(__file__).parents[2]


def test_status_and_output(mark):
    completed = run(["sh", "-c", "echo out; echo error >&2; exit 3"], deadline_s=20)
    assert (completed.status, completed.output, completed.is_timed_out) == (3, "out\nerror\n", False)


def test_status_of_a_signal(mark):
    assert run(["sh", "-c", "kill -SEGV $$"], deadline_s=20).status == -signal.SIGSEGV
    assert run(["sh", "-c", "kill -KILL $$"], deadline_s=20).status == -signal.SIGKILL


def test_deadline_kills_everything(mark, processes_with):
    started = time.monotonic()
    completed = run(["sh", "-c", "echo begun; setsid sleep 1000 & sleep 1000"], deadline_s=0.5)
    assert (completed.status, completed.output, completed.is_timed_out) == (None, "begun\n", True)
    assert time.monotonic() - started < 5
    assert processes_with(mark) == []


def test_deadline_holds_when_the_output_is_closed(mark):
    assert run(["sh", "-c", "exec >&- 2>&-; sleep 1000"], deadline_s=0.5).is_timed_out


def test_what_is_left_behind_is_killed(mark, processes_with):
    assert run(["sh", "-c", "setsid setsid sleep 1000 & exit 0"], deadline_s=20).status == 0
    assert processes_with(mark) == []


def test_standard_input_is_empty(mark):
    assert run(["cat"], deadline_s=20).status == 0


def test_directory_and_environment(mark, tmp_path):
    completed = run(
        ["sh", "-c", "pwd; echo $WORD"],
        deadline_s=20,
        directory=tmp_path,
        environment={**os.environ, "WORD": "here"},
    )
    assert completed.output == f"{tmp_path}\nhere\n"


def test_long_output_keeps_its_ends(mark):
    script = "import sys; sys.stdout.write('first' + 'x' * 3_000_000 + 'last')"
    completed = run([sys.executable, "-c", script], deadline_s=30, output_bytes=10_000)
    assert completed.output.startswith("firstxxx")
    assert completed.output.endswith("xxxlast")
    assert "[… 2990009 bytes left out …]" in completed.output


def test_programs_that_cannot_be_run(mark, tmp_path):
    with pytest.raises(FileNotFoundError, match="no program nonesuch"):
        run(["nonesuch"], deadline_s=5)
    plain = tmp_path / "plain"
    plain.write_text("echo hello\n")
    with pytest.raises(PermissionError, match="not an executable"):
        run([plain], deadline_s=5)
    plain.chmod(0o755)
    completed = run([plain], deadline_s=5)
    assert completed.status == 127
    assert "Exec format error" in completed.output


def test_signals_are_as_the_system_gives_them(mark):
    script = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run([sys.executable, "-c", script], deadline_s=20).output == "True\n"
    # `yes` ends by SIGPIPE only where that is not ignored.
    assert run(["bash", "-c", "yes | head -n 1; echo ${PIPESTATUS[0]}"], deadline_s=20).output == "y\n141\n"


def test_pid_and_signal(mark):
    with Child(["sleep", "1000"]) as child:
        assert child.pid is not None
        assert Path(f"/proc/{child.pid}/comm").read_text() in ("sleep\n", "python3\n", "python\n")
        assert child.poll() is None
        child.signal(signal.SIGTERM)
        assert child.wait(20) == -signal.SIGTERM
        child.signal(signal.SIGTERM)


def test_child_outlives_the_thread_that_started_it(mark):
    children: list[Child] = []
    thread = threading.Thread(target=lambda: children.append(Child(["cat"], stdin=subprocess.PIPE)))
    thread.start()
    thread.join()
    with children[0] as child:
        assert child.pid is not None
        assert child.wait(0.3) is None


def test_everything_dies_with_us(mark, processes_with, wait_until):
    script = (
        "from drivers.process import Child\n"
        "child = Child(['sh', '-c', '(setsid sleep 1000 &) ; sleep 1000'])\n"
        "print(child.pid, flush=True)\n"
        "child.wait(1000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT) as ours:
        assert ours.stdout is not None
        assert int(ours.stdout.readline())
        assert wait_until(lambda: sum("sleep" in line for line in processes_with(mark)) >= 2)
        ours.kill()
    assert wait_until(lambda: not processes_with(mark))


def test_terminated_guardian_cleans_up(mark, processes_with, wait_until):
    with Child(["sh", "-c", "setsid sleep 1000 & sleep 1000"]) as child:
        assert child.pid is not None
        assert wait_until(lambda: sum("sleep 1000" in line for line in processes_with(mark)) >= 2)
        parent = int(Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        os.kill(parent, signal.SIGTERM)
        assert child.wait(20) is not None
        assert processes_with(mark) == []


def test_capture_keeps_head_and_tail():
    capture = Capture(head=4, tail=6)
    for piece in (b"ab", b"cdef", b"g", b"hijklmnop"):
        capture.add(piece)
    assert capture.total == 16
    assert capture.text == "abcd\n[… 6 bytes left out …]\nklmnop"
    short = Capture(head=4, tail=6)
    short.add(b"abcdefgh")
    assert short.text == "abcdefgh"


def _write_to(terminal: Terminal, data: bytes) -> None:
    descriptor = os.open(terminal.name, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def test_terminal_changes_nothing():
    with Terminal() as terminal:
        _write_to(terminal, b"a\nb\r\n\t\x03\x04\x1a \xff end\n")
        assert select.select([terminal], [], [], 5)[0]
        terminal.drain()
        assert terminal.capture.text == "a\nb\r\n\t\x03\x04\x1a � end\n"
        assert not terminal.is_at_end


def test_terminal_of_a_program_that_ended(mark):
    with Terminal() as terminal:
        with Child(["sh", "-c", f"exec >{terminal.name}; test -t 1 && head -c 3000 /dev/zero"]) as child:
            deadline = time.monotonic() + 20
            while child.poll() is None and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.05)[0]:
                    terminal.drain()
            assert child.poll() == 0
        terminal.close()
        assert terminal.capture.total == 3000
