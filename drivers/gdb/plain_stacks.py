"""The call stacks of a plain session: frames from MI and `info frame`, unwound once per activation as in the agent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drivers.base import DriverError
from drivers.gdb.transport import CommandError, Record, Transport, console
from drivers.inside.steps import FRAME_LIMIT
from drivers.probes import Probe
from drivers.state import Frame

_LEVELS_AT_ONCE = 8
# `info frame`, of the selected frame and of any other; the second line has ` <pc register> = 0x… in <function>`.
_FRAME_TEXT = re.compile(
    r"^Stack (?:level \d+, )?frame at (0x[0-9a-f]+):\n"
    r" [^\n]*? = 0x[0-9a-f]+(?: in ([^\n]*?))?(?: \([^()\n]*?(?::(?P<line>\d+))?\))?;[^\n]*\n"
    r"(?P<inlined>(?: inlined into frame \d+)?)",
    re.MULTILINE,
)
_SIGNAL_FRAME = "<signal handler called>"

Activation = tuple[int, str | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A frame as gdb describes it, without the line to be shown."""

    activation: Activation
    frame: Frame
    pc: int


class Stacks:
    """Unwinds. Only an activation of a function whose entry is watched (`enter`) has its callers remembered."""

    def __init__(self, transport: Transport, probes: Iterable[Probe]) -> None:
        self._gdb = transport
        self._callers: dict[Activation, tuple[Place, ...]] = {}
        self._watched: set[Activation] = set()
        self._sources: dict[int, str | None] = {}
        # As the plan spells them: gdb may name a file by another path to it.
        paths = {probe.path for probe in probes}
        self._real = {os.path.realpath(path): path for path in paths}
        self._spelled = {path: path for path in paths}

    def enter(self, activation: Activation) -> None:
        """The activation begins: another one may have been at the same place before."""
        self._callers.pop(activation, None)
        self._watched.add(activation)

    def forget(self) -> None:
        """No entry is watched from now on."""
        self._callers.clear()
        self._watched.clear()

    def caller(self, activation: Activation) -> tuple[int, Activation] | None:
        """Where an activation that was stepped in returns to, and in which one; None for another one."""
        callers = self._callers.get(activation)
        return (callers[0].pc, callers[0].activation) if callers else None

    def callers(self, activation: Activation) -> tuple[Place, ...]:
        """Those of the innermost frame, whose activation this is."""
        callers = self._callers.get(activation)
        if callers is None:
            callers = self._unwind(1, activation)
            self._remember(activation, callers)
        return callers

    def whole(self) -> tuple[Frame, ...]:
        """The whole stack; empty where gdb cannot tell."""
        try:
            return tuple(place.frame for place in self._unwind(0, None))
        except CommandError:
            return ()

    def describe(self, frame: object, text: str) -> Place:
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
        pc = int(frame["addr"], 16)
        path, line = frame.get("fullname"), frame.get("line", 0)
        if path is None and found is not None and found["line"]:  # MI tells no line of a frame that was interrupted
            path, line = self._source(pc), found["line"]
        if path is not None:
            path = self._spell(path)
        line = int(line) if path is not None else 0
        return Place((address, function, path, is_inlined), Frame(function, path, line, is_inlined, address), pc)

    def _source(self, pc: int) -> str | None:
        """The file that the code at an address is from, asked for by the only command that gives whole paths."""
        if pc not in self._sources:
            (answer,) = self._gdb.request_all([f"-data-disassemble -s {pc:#x} -e {pc + 1:#x} -- 5"])
            lines = answer.payload["asm_insns"] if isinstance(answer, Record) else []
            self._sources[pc] = next((line.get("fullname") for line in lines if isinstance(line, dict)), None)
        return self._sources[pc]

    def _remember(self, activation: Activation, callers: tuple[Place, ...]) -> None:
        # Only a function whose entry is watched is known to begin anew.
        if activation in self._watched:
            self._callers[activation] = callers

    def _unwind(self, level: int, inner: Activation | None) -> tuple[Place, ...]:
        """The frames from `level` outwards, up to one whose callers are known; `inner` is what the first one called."""
        found: list[Place] = []
        known: tuple[Place, ...] = ()
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
                place = self.describe(frame, text)
                found.append(place)
                if place.activation in self._callers:
                    known = self._callers[place.activation]
                    is_outermost = True
                    break
        if found and not known and len(found) < FRAME_LIMIT:
            # gdb has no id for the outermost frame of a thread, and shows that of the frame before it.
            inner = found[-2].activation if len(found) > 1 else inner
            if inner is not None and found[-1].activation[0] == inner[0] and not inner[-1]:
                found[-1] = _without_address(found[-1])
        for index, place in enumerate(found):
            self._remember(place.activation, (*found[index + 1 :], *known))
        return (*found, *known)[:FRAME_LIMIT]

    def _spell(self, path: str) -> str:
        if path not in self._spelled:
            self._spelled[path] = self._real.get(os.path.realpath(path)) or os.path.normpath(path)
        return self._spelled[path]


def _without_address(place: Place) -> Place:
    return replace(place, activation=(0, *place.activation[1:]), frame=replace(place.frame, address=0))
