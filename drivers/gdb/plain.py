"""One run of a program under gdb's machine interface: the same recording as the agent's, for a gdb without Python.

The probes are ordinary breakpoints. At each stop one write asks for the frame and for all values that are
wanted there; the frames further out are asked for once per activation of a function, as in the agent.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from drivers.base import DriverError, Launch, Limits, StopPlan
from drivers.gdb.agent import ENTRY, FRAME_LIMIT, STEP, StepFilter
from drivers.gdb.lines import LineTable
from drivers.gdb.mi_values import Evaluator, Level
from drivers.gdb.probes import Probe, plan_probes
from drivers.gdb.program import startup_commands
from drivers.gdb.run import GdbRun
from drivers.gdb.settings import FATAL_SIGNALS
from drivers.gdb.transport import (
    CommandError,
    DebuggerLost,
    Record,
    Transport,
    console,
)
from drivers.process import Terminal
from drivers.state import ABSENT, EndKind, Frame, Sample, Step, Value

_START_S = 60.0
_LEVELS_AT_ONCE = 8
_ENTRY_POINT = re.compile(r"^9\s+AT_ENTRY\s.*\s(0x[0-9a-f]+)$", re.MULTILINE)
# `info frame`, of the selected frame and of any other; the second line has ` <pc register> = 0x… in <function>`.
_FRAME_TEXT = re.compile(
    r"^Stack (?:level \d+, )?frame at (0x[0-9a-f]+):\n"
    r" [^\n]*? = 0x[0-9a-f]+(?: in ([^\n]*?))?(?: \([^()\n]*\))?;[^\n]*\n"
    r"(?P<inlined>(?: inlined into frame \d+)?)",
    re.MULTILINE,
)
_SIGNAL_FRAME = "<signal handler called>"

Activation = tuple[int, str | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class _Place:
    """A frame as gdb describes it, without the line to be shown."""

    activation: Activation
    frame: Frame
    pc: int


class PlainSession(GdbRun):
    """Implements `drivers.base.Session`.

    The constructor starts gdb, stops the program before its first instruction and sets the breakpoints; it
    raises DriverError as `drivers.base.Driver.launch` says.
    """

    def __init__(self, gdb: str, launch: Launch, plan: StopPlan, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._signal: tuple[str, tuple[Frame, ...]] | None = None
        self._count = 0
        self._is_trapped = False
        self._is_at_probe = False
        self._is_locked = False
        self._filter = StepFilter()
        self._callers: dict[Activation, tuple[_Place, ...]] = {}
        self._watched: set[Activation] = set()
        self._stacks: dict[tuple[Frame, ...], tuple[Frame, ...]] = {}
        self._now: dict[Sample, Value] = {}
        with ExitStack() as stack:
            self._terminal = stack.enter_context(Terminal())
            self._gdb = stack.enter_context(Transport(gdb))
            self._gdb.watch(self._terminal, self._drain)
            table = LineTable.read(launch.binary)
            self._plan = plan_probes(table, plan)
            self._prepare(launch)
            # As the plan spells them: gdb may name a file by another path to it.
            self._real = {os.path.realpath(probe.path): probe.path for probe in self._plan.probes}
            self._spelled: dict[str, str] = {probe.path: probe.path for probe in self._plan.probes}
            self._start(launch, table.entry)
            self._evaluator = Evaluator(self._gdb, self._plan, self._bias)
            self._resources = stack.pop_all()
        self._started = self._last_step = time.monotonic()

    def _prepare(self, launch: Launch) -> None:
        commands = startup_commands(launch, self._terminal.name)
        for command, answer in zip(commands, self._gdb.request_all(map(console, commands)), strict=True):
            if isinstance(answer, CommandError):
                raise DriverError(f"gdb refuses {launch.binary}: {answer} (on '{command}')")

    def _start(self, launch: Launch, entry: int) -> None:
        handled = [f"handle {name} stop print pass" for name in FATAL_SIGNALS]
        # gdb would hand on those of its own breakpoints as well: the program's are delivered one by one.
        handled.append("handle SIGTRAP stop print nopass")
        try:
            self._gdb.request(console("starti"))
            stopped = self._gdb.stopped(deadline_s=_START_S)
            if stopped is None or "frame" not in stopped.payload:
                raise DriverError(f"gdb did not start {launch.binary}: {stopped}")
            self._gdb.take_text()
            self._gdb.request(console("info auxv"))
            found = _ENTRY_POINT.search(self._gdb.take_text())
            if found is None:
                raise DriverError("the program's auxiliary vector has no entry point")
            self._bias = int(found[1], 16) - entry
            self._probes: dict[int | None, Probe] = {p.address + self._bias: p for p in self._plan.probes}
            setup = [
                # Values of arguments in every frame would be read for nothing.
                "-gdb-set print frame-arguments none",
                "-gdb-set breakpoint always-inserted on",
                # The program's own signals are its own business: gdb neither stops for them nor keeps them.
                console("handle all nostop noprint pass"),
                console("handle SIGINT nostop noprint pass"),
                *map(console, handled),
                console("catch exec"),
                *(f"-break-insert *{address:#x}" for address in self._probes),
            ]
            for answer in self._gdb.request_all(setup):
                if isinstance(answer, CommandError):
                    raise DriverError(f"gdb cannot watch {launch.binary}: {answer}")
        except CommandError as error:
            raise DriverError(f"gdb cannot run {launch.binary}: {error}") from error

    def __iter__(self) -> Iterator[Step]:
        try:
            yield from self._steps()
        except DebuggerLost as error:
            self._cut(EndKind.LOST, str(error))
        except KeyboardInterrupt:
            self._conclude(EndKind.INTERRUPTED)
            raise

    def _steps(self) -> Iterator[Step]:
        while self._end is None:
            stopped = self._resume()
            if stopped is None:
                return
            step = self._take(stopped)
            if step is None:
                continue
            if self._count >= self._limits.steps:
                self._cut(EndKind.STEP_LIMIT, f"{self._count} steps were recorded")
                return
            self._count += 1
            self._frames = step.frames
            self._last_step = time.monotonic()
            yield step
            if self._is_released and self._end is None:
                self._remove_probes()

    def _remove_probes(self) -> None:
        self._gdb.request("-break-delete")
        self._probes = {}
        self._is_at_probe = False

    def _resume(self) -> Record | None:
        """Run to the next stop; None when there is none because of a limit."""
        try:
            self._request_all(self._commands_to_resume())
        except CommandError as error:
            # Killed from outside while it was stopped, the program has no memory any more to put breakpoints
            # into; without any, gdb goes on and learns of it.
            try:
                self._remove_probes()
                self._request_all(["-exec-continue"])
            except CommandError:
                self._cut(EndKind.LOST, f"gdb: {error}")
                return None
        self._is_trapped = False
        deadline = self._deadline()
        stopped = self._gdb.stopped(deadline_s=deadline - time.monotonic())
        if stopped is None:
            total = self._limits.total_s
            is_total = deadline >= self._started + total
            reason = (
                f"the program ran for longer than {total:g} s"
                if is_total
                else f"no step came for {self._limits.step_s:g} s"
            )
            self._cut(EndKind.TIME_LIMIT, reason)
        return stopped

    def _request_all(self, commands: list[str]) -> None:
        for token in self._gdb.send(*commands):
            self._gdb.result(token)

    def _commands_to_resume(self) -> list[str]:
        if self._is_trapped:
            return [console("signal SIGTRAP")]
        if len(self._gdb.threads) == 1 and not self._is_locked:
            return ["-exec-continue"]
        # Where two threads stand at breakpoints, gdb goes on from both at once, and loses the hit of one whose first
        # instruction leads to another breakpoint (a call). So each thread leaves its breakpoint by itself.
        self._is_locked = self._is_at_probe
        if self._is_locked:
            return ["-gdb-set scheduler-locking on", "-exec-step-instruction"]
        return ["-gdb-set scheduler-locking off", "-exec-continue"]

    def _deadline(self) -> float:
        total = self._started + self._limits.total_s
        if self._limits.step_s is None or self._is_released:
            return total
        return min(total, self._last_step + self._limits.step_s)

    def _take(self, stopped: Record) -> Step | None:
        """What a stop means: a step, or something else, which is noted."""
        payload = stopped.payload
        pc = int(payload["frame"]["addr"], 16) if "frame" in payload else None
        probe = self._probes.get(pc)
        self._is_at_probe = probe is not None
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
                self._signal = (payload["signal-name"], self._whole_stack())
                self._is_trapped = payload["signal-name"] == "SIGTRAP"
            case "exec":  # from here on the addresses belong to another program
                self._remove_probes()
            case "breakpoint-hit" | "end-stepping-range" if probe is not None:
                return self._hit(probe, payload)
        return None

    def _hit(self, probe: Probe, payload: Mapping[str, Any]) -> Step | None:
        thread = int(payload["thread-id"])
        self._gdb.take_text()
        is_step = bool(probe.role & STEP)
        commands = [console("info frame"), *(self._evaluator.commands(probe) if is_step else [])]
        first, *values = self._gdb.send(*commands)
        try:
            self._gdb.result(first)
        except CommandError:  # the program was killed while it was stopped: gdb learns of it when it goes on
            self._gdb.forget(*values)
            return None
        place = self._describe(payload["frame"], self._gdb.take_text())
        activation = place.activation
        if probe.role & ENTRY:
            self._filter.enter(activation)
            self._callers.pop(activation, None)
            self._watched.add(activation)
            if not is_step:
                return None
        is_accepted = self._filter.accept(
            thread, activation, (probe.path, probe.line), lambda before: self._returns_to(before) == place.pc
        )
        if not is_accepted or not is_step:
            self._gdb.forget(*values)
            return None
        callers = self._find_callers(activation)
        innermost = replace(place.frame, path=probe.path, line=probe.line)
        frames = (innermost, *(caller.frame for caller in callers))[:FRAME_LIMIT]
        frames = self._stacks.setdefault(frames, frames)
        levels = [Level(thread, depth, caller.pc) for depth, caller in enumerate(callers, 1)]
        changes = self._note(self._evaluator.values(probe, values, levels))
        is_entered = self._filter.is_entered(activation)
        return Step(self._count, thread, frames, changes, is_entered, probe.column, probe.address)

    def _returns_to(self, activation: Activation) -> int | None:
        """Where an activation that was stepped in returns to; None for another one."""
        callers = self._callers.get(activation)
        return callers[0].pc if callers else None

    def _note(self, values: dict[Sample, Value]) -> dict[Sample, Value]:
        """The values that differ from those of the step before."""
        changes = {sample: ABSENT for sample in self._now if sample not in values}
        changes |= {sample: value for sample, value in values.items() if self._now.get(sample) != value}
        self._now = values
        return changes

    def _find_callers(self, activation: Activation) -> tuple[_Place, ...]:
        callers = self._callers.get(activation)
        if callers is None:
            callers = self._unwind(1)
            self._remember(activation, callers)
        return callers

    def _whole_stack(self) -> tuple[Frame, ...]:
        try:
            return tuple(place.frame for place in self._unwind(0))
        except CommandError:
            return ()

    def _remember(self, activation: Activation, callers: tuple[_Place, ...]) -> None:
        # Only a function whose entry is watched is known to begin anew.
        if activation in self._watched:
            self._callers[activation] = callers

    def _unwind(self, level: int) -> tuple[_Place, ...]:
        """The frames from `level` outwards, up to one whose callers are known."""
        found: list[_Place] = []
        known: tuple[_Place, ...] = ()
        is_outermost = False
        while not is_outermost and not known and len(found) < FRAME_LIMIT:
            first = level + len(found)
            self._gdb.take_text()
            wanted = range(first, first + _LEVELS_AT_ONCE)
            commands = [f"-stack-list-frames {wanted[0]} {wanted[-1]}"]
            commands += [console(f"info frame level {number}") for number in wanted]
            answers = self._gdb.request_all(commands)
            listed = answers[0].payload["stack"] if isinstance(answers[0], Record) else []
            described = [match[0] for match in _FRAME_TEXT.finditer(self._gdb.take_text())]
            is_outermost = len(listed) < _LEVELS_AT_ONCE
            for frame, text in zip(listed, described, strict=False):
                place = self._describe(frame, text)
                found.append(place)
                if place.activation in self._callers:
                    known = self._callers[place.activation]
                    is_outermost = True
                    break
        for index, place in enumerate(found):
            self._remember(place.activation, (*found[index + 1 :], *known))
        return (*found, *known)[:FRAME_LIMIT]

    def _describe(self, frame: object, text: str) -> _Place:
        """From a `frame={…}` of MI and the text of `info frame`."""
        if not isinstance(frame, dict):
            raise DriverError(f"gdb gives no frame: {frame!r}")
        found = _FRAME_TEXT.search(text)
        address = int(found[1], 16) if found else 0
        is_inlined = bool(found and found["inlined"])
        function: str | None = frame.get("func")
        if function == _SIGNAL_FRAME:
            function = found[2] if found else None
        elif function == "??":
            function = None
        path = frame.get("fullname")
        if path is not None:
            path = self._spell(path)
        line = int(frame.get("line", 0)) if path is not None else 0
        return _Place(
            (address, function, path, is_inlined),
            Frame(function, path, line, is_inlined, address),
            int(frame["addr"], 16),
        )

    def _spell(self, path: str) -> str:
        if path not in self._spelled:
            self._spelled[path] = self._real.get(os.path.realpath(path)) or os.path.normpath(path)
        return self._spelled[path]

    def _drain(self) -> None:
        self._terminal.drain()
        if self._terminal.is_at_end:
            self._gdb.unwatch(self._terminal)
