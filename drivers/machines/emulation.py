"""A machine that runs: the emulator's process, its console and messages, and the way to its debugger's socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from drivers.base import DriverError
from drivers.machines.base import Debugger, Ended
from drivers.machines.console import Console
from drivers.machines.relays import Dialect, RelayProcess
from drivers.process import Child
from drivers.state import EndKind

_POLL_S = 0.01
# sockaddr_un has 108 bytes, with the NUL at the end (unix(7)).
_PATH_BYTES = 107
_RELAY_SOCKET = "relay"
# From the machine's end to the relay's, which sees it at once.
_RELAY_END_S = 2.0

Judge = Callable[[int, str, str], Ended]


class Emulation:
    """Implements `drivers.machines.base.RunningMachine`.

    `judge` gets the exit status (not a signal's), the console's text and the emulator's own messages. `path` is its
    socket's, relative to `directory`. With `relayed`, a relay for that debugger stands before it, which knows the
    stub's dialect.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str | os.PathLike[str]],
        directory: Path,
        path: str,
        *,
        first_cpu: int,
        cpus: int,
        notes: Sequence[str],
        judge: Judge,
        pass_fds: Sequence[int] = (),
        relayed: tuple[Debugger, Dialect] | None = None,
    ) -> None:
        self.first_cpu = first_cpu
        self.cpus = cpus
        self.notes = tuple(notes)
        self._name = name
        self._judge = judge
        self._ended: Ended | None = None
        self._log = directory / f"{name}.log"
        self.console = Console()
        with contextlib.ExitStack() as stack:
            stack.callback(self.console.close)
            self.endpoint = _reach(directory / (_RELAY_SOCKET if relayed else path), stack)
            self._relay: RelayProcess | None = None
            if relayed:
                self._relay = RelayProcess(*relayed, self.endpoint, path, directory, first_cpu=first_cpu, cpus=cpus)
                stack.callback(self._relay.close)
            with self._log.open("wb") as log:
                try:
                    self._child = Child(
                        arguments, directory=directory, stdout=self.console.writer, stderr=log, pass_fds=pass_fds
                    )
                except (FileNotFoundError, PermissionError) as error:
                    raise DriverError(f"there is no usable {arguments[0]!s} here: {error}") from error
            stack.callback(self._child.close)
            self.pid = self._child.pid
            self.console.close_writer()
            self._resources = stack.pop_all()

    def wait_for(self, is_ready: Callable[[str], bool], deadline_s: float) -> None:
        """Wait until the emulator is ready, as its messages tell. Raises DriverError when it ends, or takes longer."""
        deadline = time.monotonic() + deadline_s
        while not is_ready(self._messages()):
            if self._child.wait(_POLL_S) is not None:
                raise DriverError(f"{self._name} did not start: {self._last_words() or 'it ' + self._child.fate()}")
            if time.monotonic() > deadline:
                raise DriverError(f"{self._name} did not start within {deadline_s:g} s: {self._last_words()}")

    def ended(self, deadline_s: float) -> Ended | None:
        deadline = time.monotonic() + deadline_s
        while self._ended is None:
            # An emulator whose console nobody reads would never end.
            self.console.drain()
            status = self._child.wait(min(_POLL_S, max(0.0, deadline - time.monotonic())))
            broken = self._find_broken_relay(0.0 if status is None else _RELAY_END_S)
            if broken is not None:
                self._ended = broken
            elif status is not None:
                self.console.drain()
                self._ended = self._explain(status)
            elif time.monotonic() >= deadline:
                return None
        return self._ended

    def _explain(self, status: int) -> Ended:
        if status < 0:
            return Ended(EndKind.LOST, message=f"{self._name} {self._child.fate()}")
        return self._judge(status, self.console.capture.text, self._last_words())

    @property
    def relay_pid(self) -> int | None:
        """The relay's process id; None when there is none."""
        return self._relay.pid if self._relay is not None else None

    def _find_broken_relay(self, deadline_s: float) -> Ended | None:
        broken = self._relay and self._relay.find_break(self._name, deadline_s)
        return Ended(EndKind.LOST, message=broken) if broken else None

    def _messages(self) -> str:
        return _read(self._log)

    def _last_words(self) -> str:
        """The emulator's last message, without its name."""
        line = _last_line(self._log)
        return line.partition(": ")[2] or line

    def close(self) -> None:
        self._resources.close()


def _read(log: Path) -> str:
    return log.read_bytes().decode("utf-8", "replace")


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in _read(log).splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _reach(path: Path, stack: contextlib.ExitStack) -> str:
    """A path to a socket that fits into a socket's address and that gdb can be told; the socket need not be there."""
    text = str(path.absolute())
    if len(os.fsencode(text)) <= _PATH_BYTES and text.isascii() and text.isprintable() and " " not in text:
        return text
    short = Path(tempfile.mkdtemp(prefix="dx-", dir="/tmp"))
    stack.callback(shutil.rmtree, short, ignore_errors=True)
    (short / "d").symlink_to(path.absolute().parent, target_is_directory=True)
    return str(short / "d" / path.name)


def emulator_version(program: str, arguments: Sequence[str], hint: str) -> str:
    """What the emulator prints when asked for its version. Raises DriverError with the hint when it is not there."""
    from drivers.process import run

    try:
        completed = run([program, *arguments], deadline_s=30.0)
    except (FileNotFoundError, PermissionError) as error:
        raise DriverError(f"there is no usable {program} here: {hint}") from error
    return completed.output


def find_program(name: str) -> str:
    """The program's name, or its absolute path where it is a path: the emulator starts in another directory."""
    return str(Path(name).absolute()) if os.sep in name else name
