"""The atomic propositions over program states, as the user wrote them. What they hold of is in `observation`.

Each is a frozen value, used as the `predicate` of an `ltd.formula.Atom`; `str()` prints it in the notation of
the annotation language, so that it parses again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from dexverify.errors import Span


@dataclass(frozen=True, slots=True)
class Expression:
    """A C expression, already checked to have no side effect; `names` are the identifiers it begins paths with."""

    text: str
    names: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"expr({self.text!r})"


@dataclass(frozen=True, slots=True)
class Address:
    """`address('name', offset)`: the address bound by `DexDeclareAddress`, plus an offset in bytes."""

    name: str
    offset: int = 0

    def __str__(self) -> str:
        return f"address({self.name!r}, {self.offset})" if self.offset else f"address({self.name!r})"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A number with an allowance: `3.14 ± 0.01`, also written `3.14 +- 0.01`."""

    value: float
    allowance: float

    def __str__(self) -> str:
        return f"{self.value!r} +- {self.allowance!r}"


@dataclass(frozen=True, slots=True)
class Blank:
    """`?`: a value that `dexter write` is to fill in. Until then, whatever is compared with it is unknown."""

    span: Span

    def __str__(self) -> str:
        return "?"


Literal: TypeAlias = "int | float | bool | str | Tolerance"
Operand: TypeAlias = "Literal | Expression | Address | Blank"


@dataclass(frozen=True, slots=True)
class Line:
    """A source line; `path` is absolute."""

    path: str
    line: int
    text: str = field(default="", compare=False)  # as the user wrote it: `12`, `ref('x') + 1`, `'file.c', 12`

    def __str__(self) -> str:
        return self.text or f"{self.path!r}, {self.line}"


@dataclass(frozen=True, slots=True)
class Expect:
    """`Expect(expr)`, `Expect(expr, value)`, `Expect(expr, '<', value)`. Without operator: non-zero."""

    expression: Expression
    operator: str = ""  # one of '' == != < <= > >=
    value: Operand | None = None
    is_plain: bool = field(default=False, compare=False)  # written `Expect(expr, value)`, without the operator

    def __str__(self) -> str:
        if not self.operator:
            return f"Expect({self.expression.text!r})"
        value = repr(self.value) if isinstance(self.value, int | float | str) else str(self.value)
        if self.is_plain:
            return f"Expect({self.expression.text!r}, {value})"
        return f"Expect({self.expression.text!r}, {self.operator!r}, {value})"


@dataclass(frozen=True, slots=True)
class WatchPattern:
    """What a watch of a state must look like; a field that is None matches anything."""

    expression: Expression
    value: Operand | None = None
    type_name: str | None = None
    could_evaluate: bool | None = None
    is_optimized_away: bool | None = None
    is_irretrievable: bool | None = None


@dataclass(frozen=True, slots=True)
class FramePattern:
    """What a frame must look like; a field that is None matches anything. `path` matches by its last components."""

    function: str | None = None
    is_inlined: bool | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    watches: tuple[WatchPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectState:
    """`ExpectState({'frames': […]})`: each listed frame matches the frame at the same depth, 0 the innermost."""

    frames: tuple[FramePattern, ...]
    text: str = field(default="", compare=False)  # the dict as the user wrote it

    def __str__(self) -> str:
        return f"ExpectState({self.text})"


@dataclass(frozen=True, slots=True)
class At:
    """`At(line)`: the step is at that line."""

    line: Line

    def __str__(self) -> str:
        return f"At({self.line})"


@dataclass(frozen=True, slots=True)
class In:
    """`In('f')`: the innermost function is `f`."""

    function: str

    def __str__(self) -> str:
        return f"In({self.function!r})"


@dataclass(frozen=True, slots=True)
class OnStack:
    """`OnStack('f')`: `f` is anywhere on the stack."""

    function: str

    def __str__(self) -> str:
        return f"OnStack({self.function!r})"


@dataclass(frozen=True, slots=True)
class Entered:
    """`Entered('f')`: the first step in a new activation of `f`."""

    function: str

    def __str__(self) -> str:
        return f"Entered({self.function!r})"


@dataclass(frozen=True, slots=True)
class Returned:
    """`Returned('f')`: the first step after an activation of `f` ended."""

    function: str

    def __str__(self) -> str:
        return f"Returned({self.function!r})"


@dataclass(frozen=True, slots=True)
class Thread:
    """`Thread(value)` or `Thread(expr('…'))`: equals the step's thread id."""

    value: int | Expression

    def __str__(self) -> str:
        return f"Thread({self.value})"


@dataclass(frozen=True, slots=True)
class On:
    """Inside a DExTer expectation only: the step is at one of the lines `first` … `last` of `path`."""

    path: str
    first: int
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return f"on line {self.first}"
        if self.last >= MAX_LINE:
            return "in this file" if self.first <= 1 else f"on a line from {self.first} on"
        return f"on a line from {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class HasType:
    """Inside `DexExpectWatchType` only: the expression's type has this name."""

    expression: Expression
    type_name: str

    def __str__(self) -> str:
        return f"type of {self.expression.text!r} is {self.type_name!r}"


@dataclass(frozen=True, slots=True)
class Observed:
    """Inside a DExTer expectation only: the expression is in scope and sampled, whether it can be read or not."""

    expression: Expression

    def __str__(self) -> str:
        return f"{self.expression.text!r} is observed"


@dataclass(frozen=True, slots=True)
class StepKind:
    """Inside `DexExpectStepKind` only: how the step relates to the one before it."""

    kind: str

    def __str__(self) -> str:
        return f"step is {self.kind}"


MAX_LINE = 1_000_000_000

Predicate: TypeAlias = (
    Expect | ExpectState | At | In | OnStack | Entered | Returned | Thread | On | HasType | Observed | StepKind
)
