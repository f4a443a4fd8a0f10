"""The agent's stacks: what gdb's frames are called, and which stop has which callers.

Runs inside gdb: the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

try:
    import gdb
except ImportError:  # outside gdb
    gdb = None

OUTERMOST = "{outermost,}"


class Stacks:
    """Call stacks as linked frames with numbers; unwinding happens once per activation of a watched function.

    A live activation's callers do not change, so they are remembered under the activation's frame id (gdb's own:
    canonical frame address and function). The probe at the function's entry forgets them, so that neither
    recursion, nor longjmp, nor another stack at the same place can bring up old ones. Frames of functions that
    are not watched, and inlined ones, have no such probe and are never remembered. Where the first line's probe
    stands for the entry (`entries`: the entry's address -> that of the probe), a frame before it is a new one.
    """

    def __init__(self, records: Any, entries: dict[int, int], mask: int, limit: int) -> None:
        self._records = records
        self._mask = mask  # what to keep of an address
        self._limit = limit
        self._marks = {f"code={entry:#018x}": begin for entry, begin in entries.items()}
        self._callers: dict[str, int] = {}
        self.walker: Any = None  # of a kernel: drivers/inside/walking.py
        self._walked: dict[Any, tuple[int, dict[str, int]]] = {}  # its key -> the callers; which ones to remember
        self._numbers: dict[tuple[int, str, Any], int] = {}
        self._innermost: list[tuple[int, str]] = [(0, "")]  # by number: where the frame goes on, its activation
        self._parents = [0]  # by number: that of the callers

    def caller(self, activation: str) -> tuple[int, str] | None:
        """Where an activation that was stepped in returns to, and in which one; None for another one."""
        callers = self._callers.get(activation)
        return None if callers is None else self._innermost[callers]

    def enter(self, activation: str) -> None:
        self._callers.pop(activation, None)

    def forget(self) -> None:
        """There are no probes from now on."""
        self._callers.clear()
        self._marks.clear()

    def number(self, frame: Any, activation: str, place: tuple[str, int], pc: int, address: int | None) -> int:
        """The number of the stack whose innermost frame is this one (None: the newest), at the (path, line) `place`.

        `address`: the frame's canonical address, where it is known without the frame.
        """
        callers = self._callers.get(activation)
        if callers is None:
            callers = self._find_callers(frame, activation, pc, address)
            self._remember(activation, callers)
        key = (callers, activation, place)
        return self._numbers.get(key) or self._add(key, frame, place)

    def whole(self, frame: Any) -> int:
        """The number of the stack of a frame that no probe stands at."""
        return self._unwind(lambda: frame, "")

    def _find_callers(self, frame: Any, activation: str, pc: int, address: int | None) -> int:
        key = None if self.walker is None or address is None else self.walker.key(pc, address)
        if key in self._walked:
            number, remembered = self._walked[key]
            self._callers.update(remembered)
            return number
        frame = frame or gdb.newest_frame()
        number = self._unwind(frame.older, activation)
        if key is not None:
            chain = list(self._chain(number))
            seen = [(pc, frame_address(name)) for _, pc, name in chain if "artificial" not in name]
            if self.walker.is_confirmed(key, seen):
                remembered = {name: self._parents[n] for n, _, name in chain if self._is_watched(name)}
                self._walked[key] = (number, remembered)
        return number

    def _chain(self, number: int) -> Iterator[tuple[int, int, str]]:
        """The number, address in the code and activation of each frame, from that of the number outwards."""
        while number:
            yield (number, *self._innermost[number])
            number = self._parents[number]

    def _is_watched(self, activation: str) -> bool:
        return activation.split(",")[1] in self._marks and "artificial" not in activation

    def _remember(self, activation: str, callers: int) -> None:
        if self._is_watched(activation):
            self._callers[activation] = callers

    def _unwind(self, first: Callable[[], Any], inner: str) -> int:
        """The number of a stack; `inner` is the activation that its first frame called."""
        pending: list[tuple[Any, str]] = []
        number = 0
        try:
            frame = first()
            while frame is not None and len(pending) < self._limit:
                activation = str(frame)
                # gdb has no id for the outermost frame of a thread, and shows that of the frame before it.
                if activation == inner:
                    activation = OUTERMOST
                pending.append((frame, activation))
                inner = activation
                callers = self._callers.get(activation)
                if callers is not None and frame.pc() >= self._marks[activation.split(",")[1]]:
                    number = callers
                    break
                frame = frame.older()
        except gdb.error:  # a damaged stack ends where it cannot be read
            pass
        for frame, activation in reversed(pending):
            self._remember(activation, number)
            pc = frame.pc()
            key = (number, activation, pc)
            number = self._numbers.get(key) or self._add(key, frame, None)
        return number

    def _add(self, key: tuple[int, str, Any], frame: Any, place: tuple[str | None, int] | None) -> int:
        if place is None:
            # gdb takes a caller's line from the call, not from the return address.
            sal = frame.find_sal()
            place = (sal.symtab.fullname() if sal.symtab else None, sal.line if sal.symtab else 0)
        frame = frame or gdb.newest_frame()
        number = self._numbers[key] = len(self._numbers) + 1
        self._innermost.append((frame.pc(), key[1]))
        self._parents.append(key[0])
        inlined = frame.type() == gdb.INLINE_FRAME
        address = frame_address(key[1]) & self._mask
        self._records.add("frame", number, key[0], frame.name(), *place, inlined, address)
        return number


def frame_address(activation: str) -> int:
    """The canonical frame address in gdb's rendering of a frame id: `{stack=0x…,code=0x…,!special}`."""
    _, found, rest = activation.partition("stack=0x")
    return int(rest.partition(",")[0], 16) if found else 0
