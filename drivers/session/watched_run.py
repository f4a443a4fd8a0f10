"""A run that something inside the debugger watches: it starts the debugger, reads the records, and keeps the limits."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from drivers.base import DriverError, Launch, Limits
from drivers.machines.console import Console
from drivers.process import Child, Terminal
from drivers.session.decoding import Decoder
from drivers.session.machine_run import MachineRun
from drivers.state import EndKind, Frame, Step

if TYPE_CHECKING:  # pyelftools is loaded while the debugger starts
    from drivers.probes import ProbePlan

# The debugger reads the program's symbols meanwhile.
_START_S = 60.0
_READ_BYTES = 1 << 18
# How long after the debugger's end its machine is still waited for, in case that this was the cause.
_ALSO_S = 0.2
_RELEASED = b"\1"


class WatchedRun(MachineRun):
    """Implements `drivers.base.Session`, but for what is to be run.

    The debugger is started at once; whoever inherits this tells it by `_begin` what to run, which may have been built
    meanwhile. `name` is the debugger's, for messages.
    """

    def __init__(
        self, name: str, command: Callable[[int, int, int], Sequence[str]], environment: dict[str, str], program: str
    ) -> None:
        """`program` is which of the debuggers called `name` it is, as the user named it.

        `command` gets the descriptors of the records, of the control byte, and of the config (records.py).

        Raises FileNotFoundError or PermissionError where there is no such program.
        """
        super().__init__()
        self._name, self._program = name, program
        self._signal: tuple[str, tuple[Frame, ...]] | None = None
        self._count = 0
        self._partial = b""
        self._pending: Iterator[list[Any]] = iter(())
        with contextlib.ExitStack() as stack:
            self._terminal = stack.enter_context(Terminal())
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            records, theirs = os.pipe()
            stack.callback(os.close, records)
            config, ours = os.pipe()
            self._config = stack.enter_context(os.fdopen(ours, "wb"))
            shared = os.memfd_create("dexter-control")
            os.ftruncate(shared, mmap.PAGESIZE)
            self._control = stack.enter_context(mmap.mmap(shared, mmap.PAGESIZE))
            inherited = (theirs, shared, config)
            try:
                self._child = stack.enter_context(
                    Child(
                        command(*inherited),
                        environment=environment,
                        stdout=self._errors,
                        stderr=self._errors,
                        pass_fds=inherited,
                    )
                )
            finally:
                for descriptor in inherited:
                    os.close(descriptor)
            self._records = records
            self._poller = select.poll()
            self._poller.register(records, select.POLLIN)
            self._poller.register(self._terminal.fileno(), select.POLLIN)
            self._resources = stack.pop_all()

    def _begin(self, launch: Launch, limits: Limits, plan: ProbePlan, config: dict[str, object]) -> None:
        """Have the program started. Raises DriverError when it cannot be."""
        self._limits = limits
        self._decoder = Decoder(plan)
        # A debugger that is gone already is told by the end of its records.
        with contextlib.suppress(BrokenPipeError):
            self._config.write(json.dumps(config).encode("utf-8", "surrogateescape"))
            self._config.close()
        deadline = time.monotonic() + _START_S
        is_there = False
        for record in self._read(lambda: deadline):
            match record:
                case ["hello"]:
                    is_there = True
                case ["pid", _]:
                    self._begin_clock()
                    return
                case ["error", message]:
                    raise DriverError(f"{self._name} cannot run {launch.binary}: {self._explain(message)}")
        said = self._said()
        if not is_there:
            self._explain_absence(said)
        raise DriverError(
            f"{self._program} did not start the program: it {self._child.fate()}"
            + (f"; it said: {said}" if said else "")
        )

    def _explain(self, message: str) -> str:
        """What the debugger's error at the start means."""
        return message

    def _explain_absence(self, said: str) -> None:
        """Raise DriverError where it is known why nothing inside the debugger came up."""

    def __iter__(self) -> Iterator[Step]:
        try:
            yield from self._steps()
        except KeyboardInterrupt:
            self._conclude(EndKind.INTERRUPTED)
            raise

    def _steps(self) -> Iterator[Step]:
        for record in self._read(self._deadline):
            match record[0]:
                case "step" if self._is_released:  # what watches was ahead of us
                    continue
                case "step":
                    if self._count >= self._limits.steps:
                        self._cut(EndKind.STEP_LIMIT, f"{self._count} steps were recorded")
                        return
                    step = self._decoder.step(self._count, record)
                    self._count += 1
                    self._frames = step.frames
                    self._last_step = time.monotonic()
                    yield step
                    if self._is_over():  # stopped, or finished, while the step was looked at
                        return
                case "signal":
                    self._signal = (record[1], self._decoder.frames(record[2]))
                case "exit" if self._machine is not None:
                    self._conclude_machine("the machine said that it ended, but did not")
                    return
                case "exit":
                    self._conclude(EndKind.EXIT, code=record[1])
                    return
                case "killed":
                    known = self._signal is not None and self._signal[0] == record[1]
                    frames = self._signal[1] if self._signal is not None and known else self._frames
                    self._conclude(EndKind.SIGNAL, signal=record[1], frames=frames)
                    return
                case "panic":
                    self._panic = self._panic or self._decoder.frames(record[1])
                case "trap":
                    self._conclude_trapped(self._decoder.frames(record[1]))
                    return
                case "closed":
                    self._conclude_machine(f"{self._name}: {record[1]}")
                    return
                case "error":
                    self._cut(EndKind.LOST, f"{self._name}: {record[1]}")
                    return
                case _:
                    self._decoder.learn(record)
        self._conclude_without_end()

    def _is_over(self) -> bool:
        return self._end is not None

    def _conclude_without_end(self) -> None:
        """The records ended before the program did: a limit, or the debugger is gone."""
        if time.monotonic() < self._deadline():
            said = self._said()
            # It may break when its machine does.
            ended = self._machine.ended(_ALSO_S) if self._machine is not None else None
            if ended is not None and ended.kind is EndKind.LOST:
                self._cut(EndKind.LOST, ended.message)
            else:
                self._cut(EndKind.LOST, f"{self._name} {self._child.fate()}" + (f"; it said: {said}" if said else ""))
        else:
            self._conclude_late()

    def _read(self, deadline: Callable[[], float]) -> Iterator[list[Any]]:
        """The records, until its pipe ends or the deadline passes. Drains the terminal meanwhile."""
        while True:
            yield from self._pending
            timeout = deadline() - time.monotonic()
            if timeout <= 0:
                return
            for descriptor, _ in self._poller.poll(timeout * 1000):
                if descriptor != self._records:
                    self._drain()
                    continue
                data = os.read(self._records, _READ_BYTES)
                if not data:
                    return
                whole, newline, rest = data.rpartition(b"\n")
                if newline:
                    self._pending = iter(json.loads(b"[%b]" % (self._partial + whole).replace(b"\n", b",")))
                    self._partial = rest
                else:
                    self._partial += data

    def _watch(self, console: Console) -> None:
        """The output to read is the machine's."""
        self._poller.unregister(self._terminal.fileno())
        self._console = console
        self._poller.register(console.fileno(), select.POLLIN)

    def _drain(self) -> None:
        self._last_output = time.monotonic()
        self._output.drain()
        if self._output.is_at_end:
            self._poller.unregister(self._output.fileno())

    def _said(self) -> str:
        """The last thing that the debugger printed."""
        self._child.wait(0.2)
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 500))
        return self._errors.read().decode("utf-8", "replace").strip()

    def release(self) -> None:
        super().release()
        self._control[:1] = _RELEASED
