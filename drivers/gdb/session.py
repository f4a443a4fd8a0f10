"""One run of a program under gdb with the agent: starts it, decodes its records, keeps the limits."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from drivers.base import DriverError, Launch, Limits
from drivers.gdb import agent, agent_remote, agent_stacks, agent_values, agent_walking, flow
from drivers.gdb.decoding import Decoder
from drivers.gdb.incarnations import FIRST_FUNCTION
from drivers.gdb.machine_run import MachineRun
from drivers.gdb.program import startup_commands
from drivers.gdb.remote import connect_command, explain_refusal, kernel_commands, started
from drivers.gdb.settings import EARLY_OPTIONS, FATAL_SIGNALS
from drivers.machines.console import Console
from drivers.process import Child, Terminal
from drivers.state import EndKind, Frame, Step

if TYPE_CHECKING:  # pyelftools is loaded while gdb starts
    from drivers.gdb.lines import LineTable
    from drivers.gdb.probes import ProbePlan

# gdb reads the program's symbols meanwhile.
_START_S = 60.0
_READ_BYTES = 1 << 18
# How long after gdb's end its machine is still waited for, in case that this was the cause.
_ALSO_S = 0.2
# The program's own signals are its own business: gdb neither stops for them nor keeps them.
_AFTER_START = [
    "handle all nostop noprint pass",
    "handle SIGINT nostop noprint pass",
    *(f"handle {name} stop print pass" for name in FATAL_SIGNALS),
    # The probes' addresses belong to another program from then on: the agent takes them away.
    "catch exec",
]
_RELEASED = b"\1"


class NoPython(DriverError):
    """This gdb was built without Python: there can be no agent in it."""


class AgentSession(MachineRun):
    """Implements `drivers.base.Session`.

    gdb is started at once; `begin` tells it what to run, which may have been built meanwhile.
    """

    def __init__(self, gdb: str) -> None:
        super().__init__()
        self._gdb = gdb
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
                        [
                            gdb,
                            "-nx",
                            "-nh",
                            "-q",
                            "-batch",
                            *EARLY_OPTIONS,
                            "-x",
                            agent.__file__,
                            "-ex",
                            f"python start({theirs}, {shared}, {config})",
                        ],
                        environment=_environment(),
                        stdout=self._errors,
                        stderr=self._errors,
                        pass_fds=inherited,
                    )
                )
            except FileNotFoundError as error:
                raise DriverError(
                    f"there is no {gdb} here: install gdb (apt install gdb), or name another; see 'dexter doctor'"
                ) from error
            except PermissionError as error:
                raise DriverError(f"{gdb} is not an executable program") from error
            finally:
                for descriptor in inherited:
                    os.close(descriptor)
            self._records = records
            self._poller = select.poll()
            self._poller.register(records, select.POLLIN)
            self._poller.register(self._terminal.fileno(), select.POLLIN)
            self._resources = stack.pop_all()

    def begin(self, launch: Launch, limits: Limits, plan: ProbePlan, table: LineTable) -> None:
        """Start the program. Raises NoPython, and DriverError when it cannot be started."""
        from drivers.gdb.frames import find_bases, read_frames  # pyelftools, once more
        from drivers.gdb.processors import cannot_ask

        bases = {}
        self._limits = limits
        self._decoder = Decoder(plan)
        if launch.machine is None:
            own: dict[str, object] = {
                "before": startup_commands(launch, self._terminal.name),
                "after": _AFTER_START,
                "share_processor": cannot_ask(launch.binary),
            }
        else:
            machine = self._machine = self._resources.enter_context(started(launch))
            self._watch(machine.console)
            self.notes = machine.notes
            frames = read_frames(table)
            bases = find_bases(frames, [probe.address for probe in plan.probes])
            own = {
                "before": kernel_commands(launch.binary),
                "remote": {
                    "path": agent_remote.__file__,
                    "walking": agent_walking.__file__,
                    "command": connect_command(machine.endpoint),
                    "first_cpu": machine.first_cpu,
                    "cpus": machine.cpus,
                    "pid": machine.pid,
                    "first_function": FIRST_FUNCTION,
                    "frames": [(entry.start, entry.end, entry.rows) for entry in frames],
                },
            }
        config = {
            **own,
            "entry": table.entry,
            "stacks": agent_stacks.__file__,
            "values": agent_values.__file__,
            "flow": flow.__file__,
            "functions": plan.functions,
            "probes": [[p.address, p.role, p.path, p.line, p.samples, bases.get(p.address)] for p in plan.probes],
            "samples": [
                [sample.expression, sample.depth, pieces]
                for sample, pieces in zip(plan.samples, plan.hidden, strict=True)
            ],
        }
        # A gdb that is gone already is told by the end of its records.
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
                    raise DriverError(f"gdb cannot run {launch.binary}: {explain_refusal(self._gdb, message)}")
        said = self._said()
        if not is_there and "not supported in this copy of GDB" in said:
            raise NoPython("this gdb has no Python")
        raise DriverError(
            f"{self._gdb} did not start the program: it {self._child.fate()}" + (f"; it said: {said}" if said else "")
        )

    def __iter__(self) -> Iterator[Step]:
        try:
            yield from self._steps()
        except KeyboardInterrupt:
            self._conclude(EndKind.INTERRUPTED)
            raise

    def _steps(self) -> Iterator[Step]:
        for record in self._read(self._deadline):
            match record[0]:
                case "step" if self._is_released:  # the agent was ahead of us
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
                    self._conclude_machine(f"gdb: {record[1]}")
                    return
                case "error":
                    self._cut(EndKind.LOST, f"gdb: {record[1]}")
                    return
                case _:
                    self._decoder.learn(record)
        self._conclude_without_end()

    def _is_over(self) -> bool:
        return self._end is not None

    def _conclude_without_end(self) -> None:
        """The records ended before the program did: a limit, or gdb is gone."""
        if time.monotonic() < self._deadline():
            said = self._said()
            # gdb may break when its machine does.
            ended = self._machine.ended(_ALSO_S) if self._machine is not None else None
            if ended is not None and ended.kind is EndKind.LOST:
                self._cut(EndKind.LOST, ended.message)
            else:
                self._cut(EndKind.LOST, f"gdb {self._child.fate()}" + (f"; it said: {said}" if said else ""))
        else:
            self._conclude_late()

    def _read(self, deadline: Callable[[], float]) -> Iterator[list[Any]]:
        """The agent's records, until its pipe ends or the deadline passes. Drains the terminal meanwhile."""
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
        """The last thing that gdb printed."""
        self._child.wait(0.2)
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 500))
        return self._errors.read().decode("utf-8", "replace").strip()

    def release(self) -> None:
        super().release()
        self._control[:1] = _RELEASED


def _environment() -> dict[str, str]:
    # English messages; no questions to servers for symbols; a shell that is quick and known.
    changed = {**os.environ, "LC_ALL": "C", "SHELL": "/bin/sh"}
    changed.pop("DEBUGINFOD_URLS", None)
    return changed
