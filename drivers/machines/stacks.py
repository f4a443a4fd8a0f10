"""A kernel's whole stack by its own call frame table, for a debugger that does not unwind through an exception.

lldb 14 reads neither the table of an exception handler whose return address is not in `ra`, nor addresses of
`.eh_frame` that are extended by their sign: it takes the handler for any function, and the code that was interrupted is
missing from the stack without a word. gdb's frames are the same as these.

Runs in the debugger's process: the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from drivers.inside.walking import NOWHERE, WORD, Memory, Walker


class Place(NamedTuple):
    """A frame. `line_pc` is the address that tells its line: for a caller that of the call, not where it returns to.

    `address` is the canonical frame address; 0 where the table has none.
    """

    pc: int
    line_pc: int
    address: int


class KernelStacks:
    """`entries` are what `drivers.binary.frames.read_frames` read, as lists: [start, end, rows] each, sorted.

    `read` reads memory (address, size), `register` a general register of the selected processor, by number. Call
    `forget` at each stop.
    """

    def __init__(self, entries: list[Any], read: Callable[[int, int], bytes], register: Callable[[int], int]) -> None:
        memory = Memory(read)
        self.forget = memory.forget
        self._register = register
        self._walker = Walker(entries, memory, register)

    def address(self, pc: int) -> int | None:
        """The canonical address of the innermost frame; None where the table does not tell."""
        row = self._walker.row(pc)
        return None if row is None or row[1] == NOWHERE else self._register(row[1]) + row[2] & WORD

    def is_known(self, pc: int) -> bool:
        """Whether the table has an entry for the code at the address, whatever it says."""
        return self._walker.row(pc) is not None

    def places(self, pc: int) -> list[Place] | None:
        """The stack of the processor that is at `pc`, innermost first; None where the table does not tell."""
        frame = self.address(pc)
        if frame is None:
            return None
        found = [Place(pc, pc, frame)]
        callers = self._walker.walk(pc, frame)
        if callers is None:
            return None
        for back, address, is_call in callers:
            row = self._walker.row(back - 1 if is_call else back)
            # gdb takes the line of an exception's frame from where the handler comes back to it, as well.
            is_exception = row is not None and row[5] is not None
            is_known = row is not None and row[1] != NOWHERE
            is_after = is_call and not is_exception and back > 0
            found.append(Place(back, back - 1 if is_after else back, address if is_known else 0))
        return found
