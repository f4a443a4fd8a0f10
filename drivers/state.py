"""What a driver reports: steps, frames, values, and how the run ended. Independent of the debugger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a value is. Comparison of values is the business of whoever reads them."""

    INTEGER = "integer"  # number: int
    CHARACTER = "character"  # number: int (its code), text: "97 'a'"
    BOOLEAN = "boolean"  # number: 0 or 1
    ENUM = "enum"  # number: int, text: the constant's name, if it has one
    FLOAT = "float"  # number: float
    POINTER = "pointer"  # number: int (the address); content: the string it points to, for char *
    STRING = "string"  # content: an array of char, up to its first NUL
    AGGREGATE = "aggregate"  # text: the debugger's rendering
    UNREADABLE = "unreadable"  # in scope, but cannot be read; text: the debugger's own message
    ABSENT = "absent"  # not in scope at this step, or not sampled at it


@dataclass(frozen=True, slots=True)
class Value:
    """One sampled value. `text` is what the user sees; `type` is the C type's name as the debugger has it."""

    kind: Kind
    text: str = ""
    number: int | float | None = None
    content: str | None = None
    type: str = ""


ABSENT = Value(Kind.ABSENT)


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of the stack. `address` is the canonical frame address (0 where unknown); `path` is absolute."""

    function: str | None
    path: str | None
    line: int
    is_inlined: bool = False
    address: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """An expression to read at each step, in the frame `depth` levels above the innermost."""

    expression: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One stop at the beginning of a source line of the watched files.

    `frames` is innermost first and interned: an unchanged stack is the same object. `changes` holds the samples
    whose value differs from the one at the preceding step (all start out as ABSENT). `entered` is true at the
    first step of a new activation of `frames[0].function`. `code` is the offset of the stop in the watched
    binary (the address minus the load bias): two stops on one line of one function can be told apart by it.
    """

    index: int
    thread: int
    frames: tuple[Frame, ...]
    changes: Mapping[Sample, Value] = field(default_factory=dict)
    entered: bool = False
    column: int = 0
    code: int = 0
    reason: str = "line"


class EndKind(Enum):
    """How a run came to its end. The first group ended by itself: the trace is complete."""

    EXIT = "exit"  # code: the exit status
    SIGNAL = "signal"  # signal: its name; frames: where it happened
    PANIC = "panic"  # a kernel; message: what it printed
    POWEROFF = "poweroff"  # a kernel
    FINISHED = "finished"  # ended by the plan: DexFinishTest
    # the run was cut: the trace is a prefix
    DECIDED = "decided"  # stopped on request: nothing more was wanted
    STEP_LIMIT = "step-limit"
    TIME_LIMIT = "time-limit"
    LOST = "lost"  # the debugger or the emulator went away; message: what was seen
    INTERRUPTED = "interrupted"  # by the user


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended, and where, when that is known. `output` is the tail of what the program printed."""

    kind: EndKind
    code: int | None = None
    signal: str | None = None
    message: str = ""
    frames: tuple[Frame, ...] = ()
    output: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the run ended by itself, so that no further step could have followed."""
        return self.kind in _COMPLETE


_COMPLETE = frozenset({EndKind.EXIT, EndKind.SIGNAL, EndKind.PANIC, EndKind.POWEROFF, EndKind.FINISHED})
