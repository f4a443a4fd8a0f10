"""Iterating over steps, as the reference evaluation does it: look at the present step, advance, go back, copy."""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from typing import Protocol, Self


class StepIterator(Protocol):
    """Stands at one step of a finite trace, or just behind the last one (`at_end`) or before the first."""

    @property
    def at_end(self) -> bool:
        """Whether there is no present step because all of them have been passed."""
        ...

    @property
    def at_start(self) -> bool:
        """Whether the present step is the first one, so that there is nothing to go back to."""
        ...

    def look(self, predicate: Hashable) -> bool:
        """Whether the predicate holds at the present step."""
        ...

    def advance(self) -> None:
        """Go to the next step, or behind the last one."""
        ...

    def back(self) -> None:
        """Go to the step before."""
        ...

    def copy(self) -> Self:
        """An independent iterator at the same step."""
        ...


class Valuations:
    """A `StepIterator` over a sequence that has, for each step, a container of the predicates that hold at it."""

    __slots__ = ("_position", "_steps")

    def __init__(self, steps: Sequence[Container[Hashable]], position: int = 0) -> None:
        self._steps = steps
        self._position = position

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._steps)

    @property
    def at_start(self) -> bool:
        return self._position == 0

    def look(self, predicate: Hashable) -> bool:
        return predicate in self._steps[self._position]

    def advance(self) -> None:
        self._position += 1

    def back(self) -> None:
        self._position -= 1

    def copy(self) -> Self:
        return type(self)(self._steps, self._position)
