"""Which stops are steps."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

# What a probe is, as bits: the entry of a function; a line to record. One that is neither tells that a line was left.
# BODY is made by flow.py: the first line of a function, which stands for its entry too.
ENTRY, STEP, BODY = 1, 2, 4
FRAME_LIMIT = 200


class StepFilter:
    """Which stops are steps: stops at one line of one activation are one step, until the line is left.

    A call in the middle of a line does not leave it: what follows the call on that line is no new step, unless
    the call returns to an address that begins a statement. These are the rules of gdb's own `step` (infrun.c).
    `activation` is any hashable that is one per running call of a function (its frame address and function).
    """

    def __init__(self) -> None:
        self._running: dict[int, Hashable] = {}  # thread -> the activation it was seen in last
        self._lines: dict[Hashable, Hashable] = {}  # activation -> the line it was seen at last
        self._entered: set[Hashable] = set()

    def enter(self, activation: Hashable) -> None:
        """A thread is at the first instruction of a function."""
        self._entered.add(activation)
        self._lines.pop(activation, None)

    def accept(self, thread: int, activation: Hashable, line: Hashable, is_return: Callable[[Any, Any], bool]) -> bool:
        """Whether this stop is a step; it belongs to the one before otherwise.

        `is_return`, called with the activation that ran before and this one, tells whether the stop is where the one
        returns to the other: in a kernel, what ran before may belong to another of its threads.
        """
        before = self._running.get(thread)
        self._running[thread] = activation
        if self._lines.get(activation) != line:
            self._lines[activation] = line
            return True
        return before != activation and is_return(before, activation)

    def is_entered(self, activation: Hashable) -> bool:
        """Whether this is the first step of the activation. Asked once per step."""
        is_first = activation in self._entered
        self._entered.discard(activation)
        return is_first
