"""One run of a program under gdb's machine interface: the same recording as the agent's, for a gdb without Python.

The probes are ordinary breakpoints. At each stop one write asks for the frame and for all values that are
wanted there; the frames further out are asked for once per activation of a function, as in the agent.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from drivers.base import DriverError, Launch, Limits, StopPlan
from drivers.binary.lines import LineTable
from drivers.gdb.mi_values import Evaluator, Level
from drivers.gdb.plain_stacks import Stacks
from drivers.gdb.program import startup_commands
from drivers.gdb.remote import connect_command, explain_refusal, kernel_commands
from drivers.gdb.transport import (
    CommandError,
    DeadlineExceeded,
    DebuggerLost,
    Record,
    Transport,
    console,
)
from drivers.inside.steps import ENTRY, FRAME_LIMIT, STEP, StepFilter
from drivers.probes import Probe, plan_probes
from drivers.process import Terminal
from drivers.session.incarnations import FIRST_FUNCTION, Incarnations
from drivers.session.machine_run import MachineRun
from drivers.session.machines import started
from drivers.session.run import FATAL_SIGNALS
from drivers.state import ABSENT, EndKind, Frame, Sample, Step, Value

_START_S = 60.0
_ENTRY_POINT = re.compile(r"^9\s+AT_ENTRY\s.*\s(0x[0-9a-f]+)$", re.MULTILINE)
# A stub's thread is a processor.
_THREAD = re.compile(r"Thread (?:\d+\.)?(\d+)")


class PlainSession(MachineRun):
    """Implements `drivers.base.Session`.

    The constructor starts gdb, has the program or the kernel there before its first instruction, and sets the
    breakpoints; it raises DriverError as `drivers.base.Driver.launch` says.
    """

    def __init__(self, gdb: str, launch: Launch, plan: StopPlan, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._name = gdb
        self._signal: tuple[str, tuple[Frame, ...]] | None = None
        self._count = 0
        self._is_trapped = False
        self._is_at_probe = False
        self._is_locked = False
        self._left = ""  # the thread that stopped, where another one is selected
        self._filter = StepFilter()
        self._known_stacks: dict[tuple[Frame, ...], tuple[Frame, ...]] = {}
        self._now: dict[Sample, Value] = {}
        self._cpus: dict[str, int] = {}
        self._panic_places: tuple[int, ...] = ()
        self._begin_places: tuple[int, ...] = ()
        self._incarnations = Incarnations()
        with ExitStack() as stack:
            if launch.machine is None:
                self._terminal = stack.enter_context(Terminal())
                commands = startup_commands(launch, self._terminal.name)
            else:
                self._machine = stack.enter_context(started(launch))
                self._console, self.notes = self._machine.console, self._machine.notes
                commands = kernel_commands(launch.binary)
            self._gdb = stack.enter_context(Transport(gdb))
            self._gdb.watch(self._output, self._drain)
            table = LineTable.read(launch.binary)
            self._plan = plan_probes(table, plan)
            self._stacks = Stacks(self._gdb, self._plan.probes)
            self._prepare(launch, commands)
            try:
                self._bias = self._start(launch, table.entry) if self._machine is None else self._connect()
                self._probes: dict[int | None, Probe] = {p.address + self._bias: p for p in self._plan.probes}
                self._watch(launch)
            except CommandError as error:
                raise DriverError(f"gdb cannot run {launch.binary}: {error}") from error
            self._evaluator = Evaluator(self._gdb, self._plan, self._bias)
            self._resources = stack.pop_all()
        self._begin_clock()
        self._gdb.limit = self._deadline

    def _prepare(self, launch: Launch, commands: list[str]) -> None:
        for command, answer in zip(commands, self._gdb.request_all(map(console, commands)), strict=True):
            if isinstance(answer, CommandError):
                reason = explain_refusal(self._name, str(answer))
                raise DriverError(f"gdb refuses {launch.binary}: {reason} (on '{command}')")

    def _start(self, launch: Launch, entry: int) -> int:
        """Stop the program before its first instruction. Returns its load bias."""
        self._gdb.request(console("starti"))
        stopped = self._gdb.stopped(deadline_s=_START_S)
        if stopped is None or "frame" not in stopped.payload:
            raise DriverError(f"gdb did not start {launch.binary}: {stopped}")
        self._gdb.take_text()
        self._gdb.request(console("info auxv"))
        found = _ENTRY_POINT.search(self._gdb.take_text())
        if found is None:
            raise DriverError("the program's auxiliary vector has no entry point")
        return int(found[1], 16) - entry

    def _connect(self) -> int:
        """Connect to the machine, which is stopped. A kernel is where it was linked to be."""
        if self._machine is not None:
            self._gdb.request(console(connect_command(self._machine.endpoint)), deadline_s=_START_S)
        self._gdb.take_text()
        return 0

    def _watch(self, launch: Launch) -> None:
        setup = [
            # Values of arguments in every frame would be read for nothing.
            "-gdb-set print frame-arguments none",
            "-gdb-set breakpoint always-inserted on",
        ]
        if self._machine is None:
            setup += [
                # The program's own signals are its own business: gdb neither stops for them nor keeps them.
                console("handle all nostop noprint pass"),
                console("handle SIGINT nostop noprint pass"),
                *(console(f"handle {name} stop print pass") for name in FATAL_SIGNALS),
                # gdb would hand on those of its own breakpoints as well: the program's are delivered one by one.
                console("handle SIGTRAP stop print nopass"),
                console("catch exec"),
            ]
        setup += [f"-break-insert *{address:#x}" for address in self._probes]
        for answer in self._gdb.request_all(setup):
            if isinstance(answer, CommandError):
                raise DriverError(f"gdb cannot watch {launch.binary}: {answer}")
        if self._machine is not None:
            self._panic_places = self._stop_at("panic")
            self._begin_places = self._stop_at(f"*{FIRST_FUNCTION}")

    def _stop_at(self, place: str) -> tuple[int, ...]:
        """Stop there as well; the addresses, or none where the kernel has no such function."""
        (answer,) = self._gdb.request_all([f"-break-insert {place}"])
        if not isinstance(answer, Record):
            return ()
        found = answer.payload["bkpt"]
        return tuple(int(place["addr"], 16) for place in found.get("locations", [found]))

    def __iter__(self) -> Iterator[Step]:
        try:
            yield from self._steps()
        except DeadlineExceeded as error:
            self._conclude_unanswered(str(error))
        except DebuggerLost as error:
            self._conclude_lost(str(error))
        except CommandError as error:
            self._conclude_lost(f"gdb: {error}")
        except KeyboardInterrupt:
            self._conclude(EndKind.INTERRUPTED)
            raise

    def _conclude_unanswered(self, message: str) -> None:
        if time.monotonic() >= self._deadline():
            self._conclude_late()
        else:
            self._cut(EndKind.LOST, message)

    def _conclude_lost(self, message: str) -> None:
        # gdb 13 ends itself when the connection closes while it reads the stack at a stop.
        if self._machine is not None and self._gdb.has_exited:
            self._conclude_machine(message)
        else:
            self._cut(EndKind.LOST, message)

    def _steps(self) -> Iterator[Step]:
        while self._end is None:
            stopped = self._resume()
            if stopped is None:
                return
            for step in self._take(stopped):
                if self._count >= self._limits.steps:
                    self._cut(EndKind.STEP_LIMIT, f"{self._count} steps were recorded")
                    return
                self._count += 1
                self._frames = step.frames
                self._last_step = time.monotonic()
                yield step
                if self._is_released or self._end is not None:  # while the step was looked at
                    break
            if self._is_released and self._end is None:
                self._remove_probes()

    def _remove_probes(self) -> None:
        self._gdb.request("-break-delete")
        self._probes = {}
        self._is_at_probe = False
        self._stacks.forget()
        if self._machine is not None:
            self._panic_places = self._stop_at("panic")

    def _resume(self) -> Record | None:
        """Run to the next stop; None when there is none."""
        try:
            self._request_all(self._commands_to_resume())
        except CommandError as error:
            if self._machine is not None:
                raise
            # Killed from outside while it was stopped, the program has no memory any more to put breakpoints
            # into; without any, gdb goes on and learns of it.
            try:
                self._remove_probes()
                self._request_all(["-exec-continue"])
            except CommandError:
                self._cut(EndKind.LOST, f"gdb: {error}")
                return None
        self._is_trapped = False
        # At the end of a connection there is no `*stopped`.
        names = ("stopped",) if self._machine is None else ("stopped", "thread-group-exited")
        stopped = self._gdb.next_event(names, self._deadline)
        if stopped is None:
            self._conclude_late()
        return stopped

    def _request_all(self, commands: list[str]) -> None:
        for token in self._gdb.send(*commands):
            self._gdb.result(token)

    def _commands_to_resume(self) -> list[str]:
        if self._is_trapped:
            return [console("signal SIGTRAP")]
        if self._machine is not None or (len(self._gdb.threads) == 1 and not self._is_locked):
            left, self._left = self._left, ""
            return [f"-thread-select {left}", "-exec-continue"] if left else ["-exec-continue"]
        # Where two threads stand at breakpoints, gdb goes on from both at once, and loses the hit of one whose first
        # instruction leads to another breakpoint (a call). So each thread leaves its breakpoint by itself.
        self._is_locked = self._is_at_probe
        if self._is_locked:
            return ["-gdb-set scheduler-locking on", "-exec-step-instruction"]
        return ["-gdb-set scheduler-locking off", "-exec-continue"]

    def _take(self, stopped: Record) -> Iterator[Step]:
        """What a stop means: steps, or something else, which is noted."""
        payload = stopped.payload
        pc = int(payload["frame"]["addr"], 16) if "frame" in payload else None
        probe = self._probes.get(pc)
        self._is_at_probe = probe is not None
        is_breakpoint = payload.get("reason") in ("breakpoint-hit", "end-stepping-range")
        if self._machine is not None and not is_breakpoint:
            self._take_machine(stopped)
        elif not is_breakpoint:
            self._take_program(payload)
        else:
            if pc in self._panic_places and not self._panic:
                self._panic = self._stacks.whole()
            if pc in self._begin_places:
                self._gdb.take_text()
                self._gdb.request(console("info frame"))
                place = self._stacks.describe(payload["frame"], self._gdb.take_text())
                self._incarnations.begin(place.frame.address)
            if probe is not None:
                yield from self._take_hits(probe, pc, payload)

    def _take_machine(self, stopped: Record) -> None:
        if self._gdb.has_exited:
            self._conclude_machine("gdb: Remote connection closed")
        elif stopped.payload.get("reason") == "signal-received":
            self._conclude_trapped(self._stacks.whole())
        else:
            raise CommandError(f"a stop without a reason: {dict(stopped.payload)}")

    def _take_program(self, payload: Mapping[str, Any]) -> None:
        match payload.get("reason"):
            case "exited-normally":
                self._conclude(EndKind.EXIT, code=0)
            case "exited":
                # gdb writes the status in octal.
                self._conclude(EndKind.EXIT, code=int(payload["exit-code"], 8))
            case "exited-signalled":
                name = payload["signal-name"]
                is_known = self._signal is not None and self._signal[0] == name
                frames = self._signal[1] if self._signal is not None and is_known else self._frames
                self._conclude(EndKind.SIGNAL, signal=name, frames=frames)
            case "signal-received":
                self._signal = (payload["signal-name"], self._stacks.whole())
                self._is_trapped = payload["signal-name"] == "SIGTRAP"
            case "exec":  # from here on the addresses belong to another program
                self._remove_probes()

    def _take_hits(self, probe: Probe, pc: int | None, payload: Mapping[str, Any]) -> Iterator[Step]:
        step = self._hit(probe, payload["frame"], payload["thread-id"])
        if step is not None:
            yield step
        if self._machine is None or self._machine.cpus == 1:
            return
        # To go on from a breakpoint gdb takes it away for the time of one instruction, in which all processors go on:
        # another one that stands at it would pass unseen.
        # In gdb's order of threads, which is the agent's.
        others = sorted(self._gdb.threads - {payload["thread-id"]}, key=int, reverse=True)
        answers = self._gdb.request_all(
            f"-data-evaluate-expression --thread {number} (unsigned)$pc" for number in others
        )
        for number, answer in zip(others, answers, strict=True):
            if isinstance(answer, Record) and answer.payload.get("value") == str(pc):
                self._left = payload["thread-id"]
                step = self._hit(probe, self._gdb.request(f"-thread-select {number}").payload["frame"], number)
                if step is not None:
                    yield step

    def _hit(self, probe: Probe, frame: object, number: str) -> Step | None:
        """`number` is gdb's for the thread, which is selected."""
        self._gdb.take_text()
        is_step = bool(probe.role & STEP)
        commands = [console("info frame"), *(self._evaluator.commands(probe) if is_step else [])]
        first, *values = self._gdb.send(*commands)
        try:
            self._gdb.result(first)
        except CommandError:
            if self._machine is not None:
                raise
            # The program was killed while it was stopped: gdb learns of it when it goes on.
            self._gdb.forget(*values)
            return None
        place = self._stacks.describe(frame, self._gdb.take_text())
        activation = place.activation
        if probe.role & ENTRY:
            self._filter.enter(activation)
            self._stacks.enter(activation)
            if not is_step:
                return None
        thread = int(number) if self._machine is None else self._cpu(number, self._machine.first_cpu)
        is_accepted = self._filter.accept(
            thread,
            activation,
            (probe.path, probe.line),
            lambda before, now: self._stacks.caller(before) == (place.pc, now),
        )
        if not is_accepted or not is_step:
            self._gdb.forget(*values)
            return None
        callers = self._stacks.callers(activation)
        innermost = replace(place.frame, path=probe.path, line=probe.line)
        frames = (innermost, *(caller.frame for caller in callers))[:FRAME_LIMIT]
        frames = self._incarnations.of(self._known_stacks.setdefault(frames, frames))
        levels = [Level(int(number), depth, caller.pc) for depth, caller in enumerate(callers, 1)]
        changes = self._note(self._evaluator.values(probe, values, levels))
        if self._gdb.has_exited:
            raise CommandError("the connection closed while a stop was looked at")
        is_entered = self._filter.is_entered(activation)
        return Step(self._count, thread, frames, changes, is_entered, probe.column, probe.address)

    def _cpu(self, number: str, first: int) -> int:
        """The processor that gdb's thread of this number is."""
        if number not in self._cpus:
            threads = self._gdb.request(f"-thread-info {number}").payload["threads"]
            found = _THREAD.match(threads[0]["target-id"]) if threads else None
            if found is None:
                raise CommandError(f"gdb knows no processor for its thread {number}: {threads}")
            self._cpus[number] = int(found[1]) - first
        return self._cpus[number]

    def _note(self, values: dict[Sample, Value]) -> dict[Sample, Value]:
        """The values that differ from those of the step before."""
        changes = {sample: ABSENT for sample in self._now if sample not in values}
        changes |= {sample: value for sample, value in values.items() if self._now.get(sample) != value}
        self._now = values
        return changes

    def _drain(self) -> None:
        self._last_output = time.monotonic()
        self._output.drain()
        if self._output.is_at_end:
            self._gdb.unwatch(self._output)
