"""A kernel uses the stack of a thread that is gone for a new one: their frames must not pass for the same.

An activation is known by its frame's address. Here an address gets the number of the threads that have begun on its
stack before, so that it stays one activation's for the whole run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from drivers.state import Frame

#: The first C function of a new thread, as OS/161 and those made after it call it.
FIRST_FUNCTION = "thread_startup"
_WORD_BITS = 32
_WORD = (1 << _WORD_BITS) - 1

Stack = tuple[Frame, ...]


class Incarnations:
    """Which thread's a stack is. For processors with addresses of 32 bits, which leaves the upper half free."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()  # by the address of the first function's frame
        self._known: dict[tuple[Stack, int], Stack] = {}

    def begin(self, address: int) -> None:
        """A thread begins; its first function's frame has this address."""
        self._begun[address] += 1

    def of(self, frames: Stack) -> Stack:
        """The frames, with addresses that no earlier thread on this stack had."""
        if not self._begun:
            return frames
        first = next((frame.address for frame in reversed(frames) if frame.address), 0)
        earlier = self._begun[first] - 1
        if earlier < 1:
            return frames
        key = (frames, earlier)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(
                replace(frame, address=(frame.address & _WORD) | earlier << _WORD_BITS) if frame.address else frame
                for frame in frames
            )
        return found
