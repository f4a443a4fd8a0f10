"""The commands of one test, understood: names resolved, formulas built, every thing with its span."""

from __future__ import annotations

from dataclasses import dataclass

from dexverify.errors import Span
from dexverify.propositions import ExpectState, Expression, Line, Operand
from ltd.formula import Formula


@dataclass(frozen=True, slots=True)
class Condition:
    """`[expr, value, …]`: the expression equals one of the values."""

    expression: Expression
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines `first` … `last` of the file `path` (absolute)."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Verify:
    """`DexVerify(p)`. `formula.origin` and every atom's origin is a Span."""

    formula: Formula
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Watch:
    expressions: tuple[Expression, ...]
    lines: Lines
    span: Span


@dataclass(frozen=True, slots=True)
class Label:
    """`DexLabel('name', on_line=…)`: kept so that an error about its line can show it."""

    name: str
    line: Line
    span: Span


@dataclass(frozen=True, slots=True)
class CommandLine:
    arguments: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LimitSteps:
    condition: Condition | None
    lines: Lines
    hit_count: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class StepFunction:
    function: str
    hit_count: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class FinishTest:
    condition: Condition | None
    lines: Lines
    hit_count: int
    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    condition: Condition | None
    lines: Lines
    hit_count: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class DeclareAddress:
    name: str
    expression: Expression
    line: Line
    hit_count: int
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectEnd:
    """`kind` is one of exit, signal, panic, poweroff; `value` the exit status or the signal's name, if given."""

    kind: str
    value: int | str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectWatchValue:
    expression: Expression
    values: tuple[Operand, ...]
    lines: Lines
    require_in_order: bool
    float_range: float | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectWatchType:
    expression: Expression
    types: tuple[str, ...]
    lines: Lines
    require_in_order: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectProgramState:
    state: ExpectState
    times: int
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectStepKind:
    kind: str
    times: int
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectStepOrder:
    order: tuple[int, ...]
    line: Line
    span: Span


@dataclass(frozen=True, slots=True)
class Unreachable:
    lines: Lines
    span: Span


Expectation = ExpectWatchValue | ExpectWatchType | ExpectProgramState | ExpectStepKind | ExpectStepOrder | Unreachable


@dataclass(frozen=True, slots=True)
class Annotations:
    """Everything that the files of one test say. `files` are the watched source files, absolute."""

    files: tuple[str, ...]
    verifies: tuple[Verify, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    watches: tuple[Watch, ...] = ()
    labels: tuple[Label, ...] = ()
    command_line: CommandLine | None = None
    limits: tuple[LimitSteps, ...] = ()
    step_functions: tuple[StepFunction, ...] = ()
    finishes: tuple[FinishTest, ...] = ()
    continues: tuple[Continue, ...] = ()
    addresses: tuple[DeclareAddress, ...] = ()
    expect_end: ExpectEnd | None = None
    xfail: str | None = None  # the reason after `XFAIL:`
    requires: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()  # with any of these, as `requires` has them
    sources: tuple[str, ...] = ()  # DexSources: further files of the program, absolute
