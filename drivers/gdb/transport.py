"""Talking to gdb: its machine interface over pipes, one poll for everything that can happen, no sleeping.

Records are parsed by pygdbmi. Its IoManager is not used: it does not see the end of file, loses every record
of a batch when one of them does not parse, and never reads gdb's standard error in time. Commands carry
numeric tokens (GDB manual, "GDB/MI Input Syntax"), so that any number of them can be under way at once.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from pygdbmi import gdbmiparser

from drivers.base import DriverError
from drivers.gdb.settings import EARLY_OPTIONS
from drivers.process import Capture, Child

_READ_BYTES = 1 << 16
# The longest that gdb itself may take for a command that does not run the program (it reads symbols meanwhile).
COMMAND_S = 60.0

# These come at each stop, or for each library, and take longer to parse than all that is wanted.
_NEVER_WANTED = ("=breakpoint-", "=library-", "=cmd-param-changed", "*running")


class CommandError(DriverError):
    """gdb answered a command with `^error`; the message is gdb's own."""


class DebuggerLost(DriverError):
    """gdb ended, or closed its output. The message says what it last printed on standard error."""


class DeadlineExceeded(DriverError):
    """gdb did not answer in time."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of gdb's output.

    `kind`: "result" (`^`), "exec" (`*`), "status" (`=`, `+`), "console" (`~`), "log" (`&`), "target" (`@`), or
    "other" for a line that is none of these. `name` is the class (`done`, `error`, `stopped`, …); `text` the
    content of a stream record. `payload` is pygdbmi's: a key that gdb repeats holds a list.
    """

    kind: str
    name: str = ""
    token: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


class Watchable(Protocol):
    """Something to be read while waiting for gdb: a terminal, or the pipe that an agent writes records to."""

    def fileno(self) -> int: ...


class Transport:
    """A running gdb. A context manager; leaving it kills gdb and the program.

    `arguments` go to gdb after the transport's own. gdb gets `environment` (default: ours) with LC_ALL=C, so that its
    messages are the ones we know, and without debuginfod, which could ask for files over the network.
    Raises DriverError when there is no such gdb.
    """

    def __init__(
        self,
        gdb: str = "gdb",
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        changed = {**(os.environ if environment is None else environment), "LC_ALL": "C", "SHELL": "/bin/sh"}
        changed.pop("DEBUGINFOD_URLS", None)
        if shutil.which(gdb, path=changed.get("PATH")) is None:
            raise DriverError(f"there is no {gdb} here: install gdb, or name another; see 'dexter doctor'")
        own = ["-nx", "-nh", "-q", *EARLY_OPTIONS, "--interpreter=mi3"]
        pipe = subprocess.PIPE
        self._child = Child([gdb, *own, *arguments], environment=changed, stdin=pipe, stdout=pipe, stderr=pipe)
        self._input = _descriptor(self._child.stdin)
        self._output = _descriptor(self._child.stdout)
        self._errors = _descriptor(self._child.stderr)
        for descriptor in (self._input, self._output, self._errors):
            os.set_blocking(descriptor, False)
        self._poller = select.poll()
        self._poller.register(self._output, select.POLLIN)
        self._poller.register(self._errors, select.POLLIN)
        self._watched: dict[int, Callable[[], object]] = {}
        self._error_text = Capture(tail=4096)
        self._partial = b""
        self._unsent = b""
        self._token = 0
        self._results: dict[int, Record] = {}
        self._abandoned: set[int] = set()
        self._is_lost = False
        #: When the run is over in any case (time.monotonic): nothing waits for longer, except for `stopped`.
        self.limit: Callable[[], float] | None = None
        #: Whether the program, or the connection to it, is gone.
        self.has_exited = False
        #: The numbers of the program's threads.
        self.threads: set[str] = set()
        #: Records that are not results, oldest first; whoever wants them takes them out.
        self.events: deque[Record] = deque(maxlen=10_000)

    @property
    def pid(self) -> int | None:
        """gdb's process id."""
        return self._child.pid

    def watch(self, source: Watchable, on_ready: Callable[[], object]) -> None:
        """Call `on_ready` from `pump` whenever `source` can be read, or has ended."""
        self._poller.register(source.fileno(), select.POLLIN)
        self._watched[source.fileno()] = on_ready

    def unwatch(self, source: Watchable) -> None:
        """Forget a source; one that has ended must be forgotten, as it stays ready for ever."""
        if self._watched.pop(source.fileno(), None) is not None:
            self._poller.unregister(source.fileno())

    def send(self, *commands: str) -> list[int]:
        """Hand over commands in one write; returns their tokens, for `result`. Does not wait.

        A command is one MI line without its token. Raises DebuggerLost.
        """
        tokens = []
        text = []
        for command in commands:
            self._token += 1
            tokens.append(self._token)
            text.append(f"{self._token}{command}\n")
        self._unsent += "".join(text).encode("utf-8", "surrogateescape")
        self._write()
        return tokens

    def result(self, token: int, *, deadline_s: float = COMMAND_S) -> Record:
        """Wait for the result record of a command: `^done`, `^running`, `^connected` or `^exit`.

        Raises CommandError for `^error`, DeadlineExceeded, and DebuggerLost.
        """
        started = time.monotonic()
        while token not in self._results:
            deadline = started + deadline_s
            if self.limit is not None:
                deadline = min(deadline, self.limit())
            left = deadline - time.monotonic()
            if left <= 0:
                self._abandoned.add(token)
                raise DeadlineExceeded(f"gdb did not answer a command within {time.monotonic() - started:.0f} s")
            self.pump(left)
        record = self._results.pop(token)
        if record.name == "error":
            message = record.payload.get("msg", "gdb gave no reason")
            raise CommandError(str(message))
        return record

    def request(self, command: str, *, deadline_s: float = COMMAND_S) -> Record:
        """`send` one command and wait for its `result`."""
        (token,) = self.send(command)
        return self.result(token, deadline_s=deadline_s)

    def request_all(self, commands: Iterable[str], *, deadline_s: float = COMMAND_S) -> list[Record | CommandError]:
        """Send commands in one write; one answer for each, an error being an answer too."""
        deadline = time.monotonic() + deadline_s
        answers: list[Record | CommandError] = []
        for token in self.send(*commands):
            try:
                answers.append(self.result(token, deadline_s=max(0.0, deadline - time.monotonic())))
            except CommandError as error:
                answers.append(error)
        return answers

    def stopped(self, *, deadline_s: float) -> Record | None:
        """The next `*stopped` record, or None when none came in time. Other events before it are dropped.

        Raises DebuggerLost.
        """
        deadline = time.monotonic() + deadline_s
        return self.next_event(("stopped",), lambda: deadline)

    def next_event(self, names: Collection[str], deadline: Callable[[], float]) -> Record | None:
        """The next record with one of these names, or None when none came in time. Others before it are dropped.

        `deadline` (time.monotonic) is asked for after whatever has happened. Raises DebuggerLost.
        """
        while True:
            while self.events:
                record = self.events.popleft()
                if record.kind in ("exec", "status") and record.name in names:
                    return record
            left = deadline() - time.monotonic()
            if left <= 0:
                return None
            self.pump(left)

    def forget(self, *tokens: int) -> None:
        """The results of these commands are not wanted any more."""
        for token in tokens:
            if self._results.pop(token, None) is None:
                self._abandoned.add(token)

    def take_text(self) -> str:
        """What gdb has printed as console text since the last event was taken; all events are dropped."""
        text = "".join(event.text for event in self.events if event.kind == "console")
        self.events.clear()
        return text

    def interrupt(self) -> None:
        """Make gdb stop the program. With mi-async off gdb reads no command meanwhile: it wants the signal."""
        self._child.signal(signal.SIGINT)

    def pump(self, timeout_s: float) -> None:
        """Wait for anything to happen, for at most `timeout_s` seconds, and take it in.

        Raises DebuggerLost when gdb's output has ended; all that came before it was taken in by then.
        """
        if self._is_lost:
            raise DebuggerLost(self._obituary())
        for descriptor, event in self._poller.poll(max(0.0, timeout_s) * 1000):
            if descriptor == self._output:
                self._read_output()
            elif descriptor == self._errors:
                self._read_errors()
            elif descriptor == self._input:
                self._write()
            elif descriptor in self._watched and event & ~select.POLLNVAL:
                self._watched[descriptor]()

    def close(self) -> None:
        """Kill gdb and the program. May be called again."""
        self._is_lost = True
        self._child.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _write(self) -> None:
        while self._unsent:
            try:
                written = os.write(self._input, self._unsent)
            except BlockingIOError:
                # gdb is busy: the rest goes when it reads again, while its answers are taken in.
                self._poller.register(self._input, select.POLLOUT)
                return
            except OSError as error:
                self._unsent = b""
                self._is_lost = True
                raise DebuggerLost(self._obituary()) from error
            self._unsent = self._unsent[written:]
        try:
            self._poller.unregister(self._input)
        except KeyError:
            return

    def _read_output(self) -> None:
        while True:
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._poller.unregister(self._output)
                self._is_lost = True
                return
            *lines, self._partial = (self._partial + data).split(b"\n")
            for line in lines:
                self._take(line.decode("utf-8", "surrogateescape").rstrip("\r"))
            if len(data) < _READ_BYTES:
                return

    def _read_errors(self) -> None:
        try:
            data = os.read(self._errors, _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            self._error_text.add(data)
        else:
            self._poller.unregister(self._errors)

    def _take(self, line: str) -> None:
        if not line or gdbmiparser.response_is_finished(line) or line.startswith(_NEVER_WANTED):
            return
        record = parse_record(line)
        if record.kind != "result":
            self.events.append(record)
            if record.name == "thread-created":
                self.threads.add(record.payload["id"])
            elif record.name == "thread-exited":
                self.threads.discard(record.payload["id"])
            elif record.name == "thread-group-exited":
                self.has_exited = True
        elif record.token is not None:
            if record.token in self._abandoned:
                self._abandoned.remove(record.token)
            else:
                self._results[record.token] = record

    def _obituary(self) -> str:
        self._child.wait(0.2)
        said = self._error_text.text.strip()
        return f"gdb {self._child.fate()}" + (f"; it said: {said[-500:]}" if said else "")


def _descriptor(stream: IO[bytes] | None) -> int:
    if stream is None:
        raise AssertionError("a pipe was asked for")
    return stream.fileno()


def parse_record(line: str) -> Record:
    """One line of MI output. A line that pygdbmi cannot parse (cut off by gdb) becomes an "other" record."""
    try:
        parsed = gdbmiparser.parse_response(line)
    except (ValueError, IndexError):
        return Record("other", text=line)
    kind = parsed["type"]
    if kind in ("console", "log", "target"):
        return Record(kind, text=parsed["payload"])
    if kind not in ("result", "notify"):
        return Record("other", text=line)
    if kind == "notify":
        # pygdbmi has one kind for `*` (the program runs or stops) and `=` (everything else).
        kind = "exec" if line.lstrip("0123456789").startswith("*") else "status"
    return Record(kind, parsed["message"], parsed["token"], parsed["payload"] or {})


def quote(text: str) -> str:
    """A C string for an MI argument (GDB manual, "GDB/MI Input Syntax")."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


def console(command: str, options: str = "") -> str:
    """The MI command for a command of gdb's own language. `options` are MI's own, such as ` --frame 1`."""
    return f"-interpreter-exec{options} console {quote(command)}"
