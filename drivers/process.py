"""Child processes that cannot outlive us, and the terminal that a program under a debugger gets.

A `Child` runs behind `drivers/guardian.py`, which kills the command and all that it started when the command
ends, when `close` is called, and when this process dies in whatever way. `run` is for compilers and build
programs: it waits for them, with a deadline.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import tty
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO
from weakref import WeakSet

from drivers.base import DriverError

_GUARDIAN = Path(__file__).with_name("guardian.py")
_READ_BYTES = 65536
# One call of `drain` reads at most this often, so that a program that never stops printing cannot hold it.
_READS_AT_ONCE = 256
_CLOSE_S = 10.0


class Capture:
    """Output of any length, kept to its first `head` and last `tail` bytes; `total` counts all of it."""

    def __init__(self, *, head: int = 0, tail: int = 65536) -> None:
        self.total = 0
        self._head_limit = head
        self._tail_limit = tail
        self._head = b""
        self._chunks: deque[bytes] = deque()
        self._kept = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        missing = self._head_limit - len(self._head)
        if missing > 0:
            self._head += data[:missing]
            data = data[missing:]
        if not data:
            return
        self._chunks.append(data)
        self._kept += len(data)
        while self._kept - len(self._chunks[0]) >= self._tail_limit:
            self._kept -= len(self._chunks.popleft())

    @property
    def text(self) -> str:
        """What was kept, decoded as UTF-8 with replacement, with a note where something was left out."""
        tail = b"".join(self._chunks)[-self._tail_limit :]
        omitted = self.total - len(self._head) - len(tail)
        note = f"\n[… {omitted} bytes left out …]\n" if omitted and self._head else ""
        return self._head.decode("utf-8", "replace") + note + tail.decode("utf-8", "replace")


_open: WeakSet[Child] = WeakSet()
_open_lock = Lock()


def close_all() -> None:
    """Have everything killed that any thread has started and not closed yet, without waiting for it."""
    with _open_lock:
        children = list(_open)
    for child in children:
        child.abandon()


class Child:
    """A command that dies with us, together with all that it started.

    `stdin`, `stdout` and `stderr` are what `subprocess.Popen` takes (default: /dev/null); the ends of pipes are
    the attributes of the same names. `pass_fds` are inherited by the command. Raises FileNotFoundError when
    there is no such program and PermissionError when it is not executable.
    """

    def __init__(
        self,
        arguments: Sequence[str | os.PathLike[str]],
        *,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
        stderr: int | IO[bytes] = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> None:
        command = [os.fspath(argument) for argument in arguments]
        _require_program(command[0], directory, environment)
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._guardian = subprocess.Popen(
                    # Isolated, without site packages: it starts in a third of the time.
                    [sys.executable, "-I", "-S", str(_GUARDIAN), str(theirs.fileno()), *command],
                    cwd=directory,
                    env=environment,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    pass_fds=[theirs.fileno(), *pass_fds],
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        self._lifeline = ours
        with _open_lock:
            _open.add(self)
        self._pid: int | None = None
        self.stdin = self._guardian.stdin
        self.stdout = self._guardian.stdout
        self.stderr = self._guardian.stderr

    @property
    def pid(self) -> int | None:
        """The command's process id (not the guardian's); None when it was gone before it could be told."""
        if self._pid is None and self._lifeline.fileno() >= 0:
            self._lifeline.settimeout(_CLOSE_S)
            try:
                answer = self._lifeline.recv(64)
            except OSError:  # the time-out is one as well
                return None
            self._pid = int(answer) if answer else None
        return self._pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command itself. Nothing happens when it has ended."""
        # While the guardian lives it is the parent, but a pid that it has reaped could be another's by now.
        pid = self.pid
        if pid is None or self.poll() is not None:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    def poll(self) -> int | None:
        """The exit status (negative: killed by that signal), or None while something of it still runs."""
        return self._guardian.poll()

    def wait(self, deadline_s: float) -> int | None:
        """As `poll`, after waiting for at most `deadline_s` seconds."""
        try:
            return self._guardian.wait(deadline_s)
        except subprocess.TimeoutExpired:
            return None

    def fate(self) -> str:
        """How the command ended, in words, for a sentence that begins with its name."""
        status = self.poll()
        if status is None:
            return "went away"
        return f"was killed by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"

    def abandon(self) -> None:
        """Have everything killed, without waiting for it; may be called from another thread."""
        try:
            self._lifeline.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed already
            return

    def close(self) -> None:
        """Kill everything, and wait until it is gone. May be called again."""
        with _open_lock:
            _open.discard(self)
        self._lifeline.close()
        if self.wait(_CLOSE_S) is None:
            self._guardian.kill()
            self._guardian.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:  # bytes that the command never read
                    continue

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _require_program(name: str, directory: Path | None, environment: Mapping[str, str] | None) -> None:
    search = None if environment is None else environment.get("PATH")
    # A relative path with a slash counts from the directory the command starts in.
    place = str(directory / name) if directory is not None and os.sep in name else name
    if shutil.which(place, path=search) is None:
        if os.sep in name and Path(place).exists():
            raise PermissionError(f"{name} is not an executable file")
        raise FileNotFoundError(f"there is no program {name}")


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended. `status` is negative for a signal, None when the deadline killed it.

    `output` is standard output and standard error, as they came; the middle of a very long one is left out.
    """

    arguments: tuple[str, ...]
    status: int | None
    output: str
    is_timed_out: bool
    seconds: float


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    deadline_s: float,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output_bytes: int = 1 << 20,
) -> Completed:
    """Run a command to its end, without input. At `deadline_s` seconds it is killed with all that it started.

    Raises FileNotFoundError and PermissionError as `Child` does.
    """
    started = time.monotonic()
    capture = Capture(head=output_bytes // 2, tail=output_bytes // 2)
    reading, writing = os.pipe()
    try:
        try:
            child = Child(arguments, directory=directory, environment=environment, stdout=writing, stderr=writing)
        finally:
            os.close(writing)
        with child:
            is_at_end = _read_until(reading, capture, started + deadline_s)
            # At the end of the output the command may still run, with its output closed.
            status = child.wait(max(0.0, started + deadline_s - time.monotonic())) if is_at_end else None
    finally:
        os.close(reading)
    words = tuple(os.fspath(argument) for argument in arguments)
    return Completed(words, status, capture.text, status is None, time.monotonic() - started)


def _read_until(descriptor: int, capture: Capture, deadline: float) -> bool:
    """Read to the end of file (True), or until the deadline (False)."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if poller.poll(left * 1000):
            data = os.read(descriptor, _READ_BYTES)
            if not data:
                return True
            capture.add(data)
    return False


class Terminal:
    """A pseudo-terminal for a program's output: no echo, and no byte changed on the way.

    Whoever waits for the program watches `fileno()` and calls `drain` when it is readable, so that a program
    that prints without end never blocks; the last `tail` bytes are kept. `name` is the device to open. Raises
    DriverError where the system has none left.
    """

    def __init__(self, *, tail: int = 65536) -> None:
        try:
            self._master, self._slave = os.openpty()
        except OSError as error:
            raise DriverError(
                f"the system gives no pseudo-terminal for the program ({error.strerror}): mount /dev/pts, "
                "or see whether too many are in use"
            ) from error
        tty.setraw(self._slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._slave)
        self.capture = Capture(tail=tail)
        self.is_at_end = False

    def fileno(self) -> int:
        return self._master

    def drain(self) -> None:
        """Read what is there, without waiting. Sets `is_at_end` when nobody can write any more."""
        for _ in range(_READS_AT_ONCE):
            if self.is_at_end:
                return
            try:
                data = os.read(self._master, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:  # EIO: the last writer closed it, or the session that had it ended (tty_ioctl(4))
                data = b""
            if data:
                self.capture.add(data)
            else:
                self.is_at_end = True

    def close(self) -> None:
        """Read the rest and close it. May be called again."""
        if self._master < 0:
            return
        os.close(self._slave)
        self.drain()
        os.close(self._master)
        self._master = self._slave = -1
        self.is_at_end = True

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
