"""The stacks of a run under lldb: unwound once per activation of a watched function, as records with numbers.

A live activation's callers do not change, so they are remembered until the function is entered again at that place.
Runs in the worker: the standard library only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from drivers.inside.steps import FRAME_LIMIT
from drivers.lldb.names import function_name

#: Canonical frame address, the beginning of the function's code or of the inlined block, and whether it is inlined.
Activation = tuple[int, int, bool]

_OUTERMOST_ADDRESS = 0
_MAIN = frozenset({"main", "main()", "main(int, char **)", "main(int, char**)"})


class NumberedStacks:
    """What is known of stacks, whichever way they are unwound: their numbers, and the callers of what is running.

    `watched`: the addresses of the entries that have probes; only what begins there is known to begin anew.
    """

    def __init__(self, records: Any, target: Any, watched: Collection[int]) -> None:
        self._records, self._target = records, target
        self._watched = frozenset(watched)
        self._callers: dict[Activation, int] = {}
        self._numbers: dict[tuple[int, Activation, Any], int] = {}
        self._innermost: list[tuple[int, Activation]] = [(0, (0, 0, False))]  # by number: pc and activation

    def enter(self, activation: Activation) -> None:
        """The activation begins: another one may have been at the same place before."""
        self._callers.pop(activation, None)

    def caller(self, activation: Activation) -> tuple[int, Activation] | None:
        """Where an activation that was stepped in returns to, and in which one; None for another one."""
        callers = self._callers.get(activation)
        return None if callers is None else self._innermost[callers]

    def forget(self) -> None:
        """There are no probes from now on."""
        self._callers.clear()
        self._watched = frozenset()

    def _remember(self, activation: Activation, callers: int) -> None:
        if activation[1] in self._watched and not activation[2]:
            self._callers[activation] = callers


class Stacks(NumberedStacks):
    """Unwound by lldb."""

    def __init__(self, records: Any, target: Any, watched: Collection[int]) -> None:
        super().__init__(records, target, watched)
        self._entries: dict[int, tuple[int, bool]] = {}
        self._is_ours: dict[str, bool] = {}

    def activation(self, frame: Any, pc: int) -> Activation:
        """Of the innermost frame, at a probe."""
        known = self._entries.get(pc)
        if known is None:
            known = self._entries[pc] = _beginning(frame)
        return (frame.GetCFA(), *known)

    def number(self, thread: Any, frame: Any, activation: Activation, place: tuple[str, int], pc: int) -> int:
        """The number of the thread's stack, whose innermost frame is this one, at the (path, line) `place`."""
        callers = self._callers.get(activation)
        if callers is None:
            callers = 0 if self._is_outermost(frame) else self._unwind(thread, 1)
            self._remember(activation, callers)
        key = (callers, activation, place)
        return self._numbers.get(key) or self._add(key, pc, frame, place, activation[0])

    def whole(self, thread: Any) -> int:
        """The number of the stack of a thread that stands anywhere."""
        return self._unwind(thread, 0)

    def _unwind(self, thread: Any, level: int) -> int:
        pending: list[tuple[Any, Activation, int]] = []
        number = 0
        while len(pending) < FRAME_LIMIT:
            frame = thread.GetFrameAtIndex(level + len(pending))
            if not frame.IsValid():
                # gdb has no id for the outermost frame, unless that is main's.
                if pending:
                    last, activation, pc = pending[-1]
                    pending[-1] = (last, (_OUTERMOST_ADDRESS, *activation[1:]), pc)
                break
            if self._is_hidden(frame):
                pending.append((None, (0, 0, True), 0))
                continue
            activation = (frame.GetCFA(), *_beginning(frame))
            pending.append((frame, activation, frame.GetPC()))
            callers = self._callers.get(activation)
            if callers is not None:
                number = callers
                break
            if self._is_outermost(frame):
                break
        for frame, activation, pc in reversed(pending):
            if frame is None:
                continue
            self._remember(activation, number)
            key = (number, activation, pc)
            number = self._numbers.get(key) or self._add(key, pc, frame, None, activation[0])
        return number

    def _is_outermost(self, frame: Any) -> bool:
        return is_outermost(frame, self._target)

    def _is_hidden(self, frame: Any) -> bool:
        """An inlined function of a library that only a separate file of debug information tells of."""
        return bool(frame.IsInlined()) and not self._has_own_lines(frame)

    def _has_own_lines(self, frame: Any) -> bool:
        """Whether the lines of the frame's file are known from that file itself.

        Separate debug information of the libraries is on one machine and not on the other.
        """
        module = frame.GetModule()
        name = str(module.GetFileSpec())
        if name not in self._is_ours:
            self._is_ours[name] = str(module.GetSymbolFileSpec()) in (name, "")
        return self._is_ours[name]

    def _add(
        self, key: tuple[int, Activation, Any], pc: int, frame: Any, place: tuple[str, int] | None, address: int
    ) -> int:
        path, line = place if place is not None else self._place(frame)
        number = self._numbers[key] = len(self._numbers) + 1
        self._innermost.append((pc, key[1]))
        self._records.add("frame", number, key[0], self._name(frame), path, line, bool(frame.IsInlined()), address)
        return number

    def _place(self, frame: Any) -> tuple[str | None, int]:
        entry = frame.GetLineEntry()
        if not entry.IsValid() or not self._has_own_lines(frame):
            return None, 0
        return entry.GetFileSpec().fullpath, entry.GetLine()

    def _name(self, frame: Any) -> str | None:
        if self._has_own_lines(frame):
            return function_name(frame.GetFunctionName())
        return function_name(frame.GetSymbol().GetName())


def is_outermost(frame: Any, target: Any) -> bool:
    """Whether it is main's: what is before it is the C library's."""
    return frame.GetFunctionName() in _MAIN and frame.GetModule() == target.GetModuleAtIndex(0)


def _beginning(frame: Any) -> tuple[int, bool]:
    """Where the frame's code begins, and whether it is inlined."""
    if frame.IsInlined():
        block = frame.GetFrameBlock()
        start = block.GetRangeStartAddress(0)
        return start.GetFileAddress(), True
    function = frame.GetFunction()
    if function.IsValid():
        return function.GetStartAddress().GetFileAddress(), False
    symbol = frame.GetSymbol()
    return (symbol.GetStartAddress().GetFileAddress() if symbol.IsValid() else 0), False
