"""Atomic propositions that depend on earlier steps: `Entered`, `Returned`, and DExTer's kinds of step.

Each is a follower, called at every step in order; it tells whether the proposition holds at that step.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from drivers.state import Frame


class Moment(NamedTuple):
    """What a follower sees of a step."""

    thread: int
    frames: tuple[Frame, ...]
    entered: bool
    column: int


_ARGUMENTS = re.compile(r"(?<=\w)<[^<>]*>")
_Key = tuple[str | None, int]


class Entries:
    """`Entered('f')`: the first step in a new activation of f.

    An inlined function has no entry that a debugger could tell: there it is the first step with f innermost after
    one of the same thread without it.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._last: dict[int, tuple[Frame, ...]] = {}

    def __call__(self, moment: Moment) -> bool:
        frames = moment.frames
        before = self._last.get(moment.thread, ())
        self._last[moment.thread] = frames
        if not is_function(self._function, frames[0].function):
            return False
        return moment.entered or (frames[0].is_inlined and not _has_inlined(before, frames))


def _has_inlined(before: tuple[Frame, ...], frames: tuple[Frame, ...]) -> bool:
    """Whether the innermost activation of `frames`, an inlined one, was on the stack before."""
    if len(before) < len(frames):
        return False
    frame, old = frames[0], before[len(before) - len(frames)]
    return old.is_inlined and (old.function, old.address) == (frame.function, frame.address)


class Returns:
    """`Returned('f')`: the first step after an activation of f ended.

    An activation is known by its frame's address. It has ended when a frame that it was called from is on the
    stack again and it is not, or when a new activation stands at its address. A stack on which none of its
    callers is, is another thread's: it says nothing. Where a new activation is the outermost on its stack, a thread
    begins, and what an earlier one had on the same stack has not returned: it is gone.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._live: dict[_Key, frozenset[_Key]] = {}  # activation -> the frames it was called from
        self._shapes: dict[int, tuple[tuple[Frame, ...], tuple[_Key, ...]]] = {}
        self._last: tuple[_Key, ...] = ()

    def __call__(self, moment: Moment) -> bool:
        shape = self._shape(moment.thread, moment.frames)
        if shape == self._last and not moment.entered:
            return False
        self._last = shape
        present = frozenset(shape)
        if moment.entered and len(shape) == 1:
            self._live = {each: callers for each, callers in self._live.items() if shape[0] not in callers}
        ended = [
            activation
            for activation, callers in self._live.items()
            if (activation in present and moment.entered and activation == shape[0])
            or (activation not in present and callers & present)
        ]
        for activation in ended:
            del self._live[activation]
        for depth, key in enumerate(shape):
            if key not in self._live and is_function(self._function, key[0]):
                self._live[key] = frozenset(shape[depth + 1 :])
        return bool(ended)

    def _shape(self, thread: int, frames: tuple[Frame, ...]) -> tuple[_Key, ...]:
        known = self._shapes.get(id(frames))
        if known is not None and known[0] is frames:
            return known[1]
        # The outermost frame has no address: in a kernel, all threads of a processor would have the same. Where none
        # has one, the place counted from the outermost frame of the thread stands for it.
        shape = tuple((frame.function, frame.address) for frame in frames if frame.address) or tuple(
            (frame.function, -(thread << 20) - (len(frames) - depth)) for depth, frame in enumerate(frames)
        )
        self._shapes[id(frames)] = (frames, shape)
        return shape


class StepKinds:
    """`step is KIND`: DExTer's kinds of step, as its `DexExpectStepKind` counts them."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._classify = Classifier()

    def __call__(self, moment: Moment) -> bool:
        return self._classify(moment) == self._kind


class Classifier:
    """The kind of each step, given in order: how it relates to the step before it in the same activation."""

    def __init__(self) -> None:
        # For each thread the last step in every activation on its stack, outermost first.
        self._last: dict[int, list[Moment]] = {}

    def __call__(self, moment: Moment) -> str:
        last = self._last.setdefault(moment.thread, [])
        while last and len(last[-1].frames) > len(moment.frames):
            last.pop()
        before = last.pop() if last and _is_same_activation(last[-1], moment) else None
        last.append(moment)
        return "FUNC" if before is None else _relation(before, moment)


def _is_same_activation(before: Moment, now: Moment) -> bool:
    old, new = before.frames[0], now.frames[0]
    is_same = old.function == new.function and old.address == new.address
    return is_same and len(before.frames) == len(now.frames) and not now.entered


def _relation(before: Moment, now: Moment) -> str:
    old_line, line = before.frames[0].line, now.frames[0].line
    if line != old_line:
        return "VERTICAL_FORWARD" if line > old_line else "VERTICAL_BACKWARD"
    if now.column == before.column:
        return "SAME"
    return "HORIZONTAL_FORWARD" if now.column > before.column else "HORIZONTAL_BACKWARD"


@lru_cache(maxsize=10_000)
def is_function(wanted: str, actual: str | None) -> bool:
    """Whether a frame's function is the one the user named: `f`, `ns::f` and `f(int)` all name `ns::f(int)`.

    So does `f` name every instance `f<int>` of a template, and `C::f` the `C<int>::f` of each instance of a class.
    """
    if actual is None:
        return False
    if wanted == actual:
        return True
    names = {actual, _without_arguments(actual)}
    names |= {name.partition("(")[0] for name in names}
    return any(f"::{name}".endswith(f"::{wanted}") for name in names)


def _without_arguments(name: str) -> str:
    """A name without the arguments of templates; what follows `operator` is left as it is, since that may be `<`."""
    before, operator, after = name.rpartition("operator")
    stem, rest = (before, operator + after) if operator else (name, "")
    while (shorter := _ARGUMENTS.sub("", stem)) != stem:
        stem = shorter
    return stem + rest
