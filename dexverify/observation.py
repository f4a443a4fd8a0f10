"""What each atomic proposition is, step by step: false, true, unknown, or not observable.

An observer says what it reads and what its status is for those inputs. It is asked again only when an input has
changed: `columns.py` walks the changes of a whole recording, `watcher.py` those of a run that is going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from itertools import repeat
from typing import TypeAlias, assert_never

from dexverify.comparison import OPERATORS, Incomparable, compare, is_same_type, is_true
from dexverify.history import Entries, Moment, Returns, StepKinds, is_function
from dexverify.propositions import (
    Address,
    At,
    Blank,
    Entered,
    Expect,
    ExpectState,
    Expression,
    FramePattern,
    HasType,
    In,
    Observed,
    On,
    OnStack,
    Predicate,
    Returned,
    StepKind,
    Thread,
    Tolerance,
    WatchPattern,
)
from drivers.state import ABSENT, Frame, Kind, Sample, Value


class Status(IntEnum):
    """What an atomic proposition is at one step."""

    FALSE = 0
    TRUE = 1
    UNKNOWN = 2
    UNOBSERVABLE = 3


# What a step says of itself, under names that no C variable has: no driver is asked to read it. The thread's id is
# spelt as in gdb.
THREAD = Sample("$_thread")
COLUMN = Sample("$_column")
OF_STEP = frozenset({THREAD, COLUMN})
MAX_FRAMES = 200  # of a stack are read

Frames: TypeAlias = "tuple[Frame, ...]"
Addresses: TypeAlias = "Mapping[str, int | None]"


@dataclass(frozen=True, slots=True)
class OfStack:
    """Depends on the stack alone."""

    status: Callable[[Frames], Status]


@dataclass(frozen=True, slots=True)
class OfValues:
    """Depends on sampled values, and on the stack too where `stack_status` is given (it is asked first).

    `of_integers`, where it is given, says the same for plain integers, of which it takes an iterator for each sample.
    """

    reads: tuple[Sample, ...]
    status: Callable[[Sequence[Value]], Status]
    stack_status: Callable[[Frames], Status] | None = None
    of_integers: Callable[..., Iterator[bool]] | None = None


@dataclass(frozen=True, slots=True)
class OfHistory:
    """Depends on the steps before this one; `start()` gives a fresh follower, asked at every step in order."""

    start: Callable[[], Callable[[Moment], bool]]


Observer: TypeAlias = "OfStack | OfValues | OfHistory"


def observer_of(predicate: Predicate, addresses: Addresses) -> Observer:
    """The observer of an atomic proposition. `addresses` has what `DexDeclareAddress` bound (None: never bound)."""
    match predicate:
        case In():
            return OfStack(lambda frames: Status(is_function(predicate.function, frames[0].function)))
        case OnStack():
            return OfStack(partial(_is_on_stack, predicate.function))
        case At():
            line = predicate.line
            return OfStack(lambda frames: Status(frames[0].line == line.line and frames[0].path == line.path))
        case On():
            return OfStack(
                lambda frames: Status(
                    predicate.first <= frames[0].line <= predicate.last and frames[0].path == predicate.path
                )
            )
        case Thread():
            return OfValues(reads_of(predicate), partial(_is_thread, predicate.value))
        case Entered():
            return OfHistory(partial(Entries, predicate.function))
        case Returned():
            return OfHistory(partial(Returns, predicate.function))
        case StepKind():
            return OfHistory(partial(StepKinds, predicate.kind))
        case Expect():
            status = partial(expect_status, predicate, addresses)
            return OfValues(reads_of(predicate), status, of_integers=_on_integers(predicate))
        case HasType():
            return OfValues(reads_of(predicate), partial(_has_type, predicate.type_name))
        case Observed():
            return OfValues(
                reads_of(predicate),
                lambda values: Status.UNOBSERVABLE if values[0].kind is Kind.ABSENT else Status.TRUE,
            )
        case ExpectState():
            return OfValues(
                reads_of(predicate),
                partial(_watches_match, predicate, addresses),
                partial(_frames_match, predicate.frames),
            )
        case _:
            assert_never(predicate)


def reads_of(predicate: Predicate) -> tuple[Sample, ...]:
    """The samples that an atomic proposition needs, in the order in which its observer takes their values."""
    match predicate:
        case Expect():
            return (Sample(predicate.expression.text), *_operand_reads(predicate.value))
        case HasType() | Observed():
            return (Sample(predicate.expression.text),)
        case Thread():
            return (THREAD, *_operand_reads(predicate.value))
        case ExpectState():
            column = (COLUMN,) if predicate.frames[0].column is not None else ()
            return column + tuple(
                sample
                for depth, frame in enumerate(predicate.frames)
                for watch in frame.watches
                for sample in (Sample(watch.expression.text, depth), *_operand_reads(watch.value, depth))
            )
        case _:
            return ()


def unknown_reason(predicate: Predicate, values: Sequence[Value], addresses: Addresses) -> str:
    """Why an atomic proposition is unknown, given the values it read: the debugger's own message, or ours."""
    for sample, value in zip(reads_of(predicate), values, strict=True):
        if value.kind is Kind.UNREADABLE:
            return f"'{sample.expression}': {value.text}"
    match predicate:
        case OnStack():
            return f"only the innermost {MAX_FRAMES} frames of a stack are read"
        case Expect():
            result = _compared(predicate.operator, predicate.value, values, addresses)
            return result.message if isinstance(result, Incomparable) else ""
        case ExpectState():
            for result in _watch_results(predicate, addresses, values):
                if isinstance(result, Incomparable):
                    return result.message
    return ""


def _operand_reads(operand: object, depth: int = 0) -> tuple[Sample, ...]:
    if isinstance(operand, Expression):
        return (Sample(operand.text, depth),)
    if isinstance(operand, str) and operand.replace("::", "").isidentifier():
        return (Sample(operand, depth),)  # an enum constant, perhaps: only the debugger knows
    return ()


def expect_status(predicate: Expect, addresses: Addresses, values: Sequence[Value]) -> Status:
    """What an `Expect` is, given the values that it reads."""
    if values[0].kind is Kind.ABSENT:
        return Status.UNOBSERVABLE
    if isinstance(predicate.value, Expression) and values[1].kind is Kind.ABSENT:
        return Status.UNOBSERVABLE
    return _status(_compared(predicate.operator, predicate.value, values, addresses))


def _on_integers(predicate: Expect) -> Callable[..., Iterator[bool]] | None:
    """As `expect_status` for plain integers, which are compared by value whatever their type."""
    match predicate.value:
        case None:
            return partial(map, bool)
        case int():
            wanted = repeat(predicate.value)
            return lambda numbers: map(OPERATORS[predicate.operator], numbers, wanted)
        case Expression():
            return partial(map, OPERATORS[predicate.operator])
    return None


def _is_on_stack(function: str, frames: Frames) -> Status:
    if any(is_function(function, frame.function) for frame in frames):
        return Status.TRUE
    # A stack that is deeper than what is read of it may have the function further out.
    return Status.UNKNOWN if len(frames) >= MAX_FRAMES else Status.FALSE


def _is_thread(operand: int | Expression, values: Sequence[Value]) -> Status:
    if isinstance(operand, int):
        return Status(values[0].number == operand)
    if values[1].kind is Kind.ABSENT:
        return Status.UNOBSERVABLE
    return _status(_compared("==", operand, values, {}))


def _compared(operation: str, operand: object, values: Sequence[Value], addresses: Addresses) -> bool | Incomparable:
    value = values[0]
    if value.kind is Kind.UNREADABLE:
        return Incomparable(value.text)
    if not operation:
        return is_true(value)
    match operand:
        case Expression():
            if values[1].kind is Kind.UNREADABLE:
                return Incomparable(values[1].text)
            return compare(value, operation, values[1])
        case Address():
            base = addresses.get(operand.name)
            if base is None:
                return Incomparable(f"address {operand.name!r} was never bound in this run")
            return compare(value, operation, base + operand.offset)
        case str():
            return compare(value, operation, operand, values[1] if len(values) > 1 else None)
        case int() | float() | Tolerance():
            return compare(value, operation, operand)
        case Blank():
            return Incomparable("what is expected is not filled in yet: 'dexter write' does it")
    raise AssertionError(f"no operand: {operand!r}")


def _status(result: bool | Incomparable) -> Status:
    return Status.UNKNOWN if isinstance(result, Incomparable) else Status(result)


def _has_type(type_name: str, values: Sequence[Value]) -> Status:
    match values[0].kind:
        case Kind.ABSENT:
            return Status.UNOBSERVABLE
        case Kind.UNREADABLE if not values[0].type:
            return Status.UNKNOWN
    return Status(is_same_type(values[0].type, type_name))


def _frames_match(patterns: tuple[FramePattern, ...], frames: Frames) -> Status:
    if len(patterns) > len(frames):
        return Status.FALSE
    return Status(all(_frame_matches(p, f) for p, f in zip(patterns, frames, strict=False)))


def _frame_matches(pattern: FramePattern, frame: Frame) -> bool:
    return (
        (pattern.function is None or is_function(pattern.function, frame.function))
        and (pattern.is_inlined is None or pattern.is_inlined == frame.is_inlined)
        and (pattern.line is None or pattern.line == frame.line)
        and (pattern.path is None or is_path(pattern.path, frame.path))
    )


def step_value(sample: Sample, thread: int, column: int) -> Value:
    """The value of one of `OF_STEP`."""
    number = thread if sample == THREAD else column
    return Value(Kind.INTEGER, str(number), number, type="int")


def is_path(wanted: str, actual: str | None) -> bool:
    """Whether a path ends in the components that the user named."""
    return actual is not None and f"/{actual}".endswith(f"/{wanted.lstrip('/')}")


def _watches_match(predicate: ExpectState, addresses: Addresses, values: Sequence[Value]) -> Status:
    results = _watch_results(predicate, addresses, values)
    if any(result is False for result in results):
        return Status.FALSE
    return Status.UNKNOWN if any(isinstance(result, Incomparable) for result in results) else Status.TRUE


def _watch_results(predicate: ExpectState, addresses: Addresses, values: Sequence[Value]) -> list[bool | Incomparable]:
    results: list[bool | Incomparable] = []
    position = 0
    if (column := predicate.frames[0].column) is not None:
        results.append(values[0].number == column)
        position = 1
    for depth, frame in enumerate(predicate.frames):
        for watch in frame.watches:
            reads = 1 + len(_operand_reads(watch.value, depth))
            results.append(_watch_matches(watch, values[position : position + reads], addresses))
            position += reads
    return results


def _watch_matches(watch: WatchPattern, values: Sequence[Value], addresses: Addresses) -> bool | Incomparable:
    value = values[0]
    can_read = value.kind not in {Kind.ABSENT, Kind.UNREADABLE}
    is_optimized_away = value.kind is Kind.UNREADABLE and "optimized out" in value.text
    flags = (
        (watch.could_evaluate, can_read),
        (watch.is_optimized_away, is_optimized_away),
        (watch.is_irretrievable, value.kind is Kind.UNREADABLE and not is_optimized_away),
    )
    if any(wanted is not None and wanted != actual for wanted, actual in flags):
        return False
    if watch.type_name is not None and value.kind is Kind.UNREADABLE and not value.type:
        return Incomparable(value.text)
    if watch.type_name is not None and not is_same_type(value.type, watch.type_name):
        return False
    if watch.value is None:
        return can_read or any(wanted is not None for wanted, _ in flags) or Incomparable(value.text)
    if value.kind is Kind.ABSENT:
        return False  # the state that is described has this variable, and this one has not
    return _compared("==", watch.value, values, addresses)


def address_of(value: Value) -> int | None:
    """The address that a `DexDeclareAddress` expression gives; None when it cannot be read as one."""
    return value.number if value is not ABSENT and isinstance(value.number, int) else None
