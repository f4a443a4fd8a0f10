"""One function a command: its syntax to its meaning. Each raises AnnotationError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from signal import Signals
from typing import TypeAlias

from dexverify.annotations.commands import (
    CommandLine,
    Condition,
    Continue,
    DeclareAddress,
    ExpectEnd,
    ExpectProgramState,
    ExpectStepKind,
    ExpectStepOrder,
    ExpectWatchType,
    ExpectWatchValue,
    FinishTest,
    Label,
    LimitSteps,
    StepFunction,
    Unreachable,
    Verify,
    Watch,
)
from dexverify.annotations.nearest import suggest
from dexverify.annotations.resolve.arguments import (
    Arguments,
    expression,
    integer,
    items,
    number,
    operand,
    text,
    truth,
)
from dexverify.annotations.resolve.atoms import expected_state
from dexverify.annotations.resolve.formulas import FormulaBuilder, Scope
from dexverify.annotations.resolve.lines import LINE_NAMES, Place
from dexverify.annotations.syntax import Blank, Call, Number, ungroup
from dexverify.errors import AnnotationError

MAX_TIMES = 50
"""`times=` of DexExpectProgramState nests its formula this deep."""

MAX_IN_ORDER = 500
"""Each value that is to come after another nests the formula by four more operators."""

STEP_KINDS = (
    "FUNC", "FUNC_EXTERNAL", "FUNC_UNKNOWN", "VERTICAL_FORWARD", "VERTICAL_BACKWARD", "HORIZONTAL_FORWARD",
    "HORIZONTAL_BACKWARD", "SAME",
)  # fmt: skip
END_KINDS = ("exit", "signal", "panic", "poweroff")

Command: TypeAlias = (
    Verify | Watch | Label | CommandLine | LimitSteps | StepFunction | FinishTest | Continue | DeclareAddress
    | ExpectEnd | ExpectWatchValue | ExpectWatchType | ExpectProgramState | ExpectStepKind | ExpectStepOrder
    | Unreachable
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A command as written, and where it stands."""

    call: Call
    place: Place


def handle(placed: Placed, scope: Scope) -> Command:
    """The meaning of one command. `DexProposition`, `DexOperator` and `DexDeclareFile` have theirs elsewhere."""
    return _HANDLERS[placed.call.name](placed.call, placed.place, scope)


def label(call: Call, place: Place, scope: Scope) -> Label:
    arguments = Arguments(call, "DexLabel('name', on_line=…)", least=1, most=1, names=("on_line",))
    name = text(arguments.given[0], "a label")
    if name in scope.atlas.labels:
        first = scope.atlas.labels[name][1]
        hint = f"the first one is at {first.path}:{first.line}"
        raise AnnotationError(f"the label {name!r} is given twice", arguments.given[0].span, hint)
    line = scope.atlas.on_line(arguments, place)
    scope.atlas.labels[name] = (line, call.span)
    return Label(name, line, call.span)


def declare_address(call: Call, place: Place, scope: Scope) -> DeclareAddress:
    usage = "DexDeclareAddress('name', 'expression', on_line=…, hit_count=0)"
    arguments = Arguments(call, usage, least=2, most=2, names=("on_line", "hit_count"))
    name = text(arguments.given[0], "the name of an address")
    if name in scope.addresses:
        first = scope.addresses[name]
        hint = f"the first one is at {first.path}:{first.line}"
        raise AnnotationError(f"the address {name!r} is declared twice", arguments.given[0].span, hint)
    read = expression(arguments.given[1])
    line = scope.atlas.on_line(arguments, place)
    hits = arguments.count("hit_count", 0) or 0
    scope.addresses[name] = call.span
    return DeclareAddress(name, read, line, hits, call.span)


def _verify(call: Call, place: Place, scope: Scope) -> Verify:
    arguments = Arguments(call, "DexVerify(formula, name='…')", least=1, most=1, names=("name",))
    name = text(arguments.named["name"], "name=") if "name" in arguments.named else ""
    return Verify(FormulaBuilder(scope, place).verify(arguments.given[0]), name, call.span)


def _watch(call: Call, place: Place, scope: Scope) -> Watch:
    arguments = Arguments(call, "DexWatch('expression', …, on_line=…)", least=1, names=LINE_NAMES)
    read = tuple(expression(node) for node in arguments.given)
    return Watch(read, scope.atlas.lines(arguments, place), call.span)


def _command_line(call: Call, _place: Place, _scope: Scope) -> CommandLine:
    (node,) = Arguments(call, "DexCommandLine(['argument', …])", least=1, most=1).given
    arguments: list[str] = []
    for item in items(node, "the command line"):
        inner = ungroup(item)
        if isinstance(inner, Number):
            arguments.append(str(inner.value))
        else:
            arguments.append(text(item, "an argument", may_be_empty=True))
        if "\0" in arguments[-1]:
            raise AnnotationError("an argument cannot hold a NUL", item.span)
    return CommandLine(tuple(arguments), call.span)


def _condition(arguments: Arguments, scope: Scope) -> Condition | None:
    if not arguments.given:
        return None
    read = expression(arguments.given[0])
    if len(arguments.given) == 1:
        hint = f"write {arguments.usage}"
        raise AnnotationError("the value of the condition is missing", arguments.given[0].span, hint)
    for node in arguments.given[1:]:
        if isinstance(ungroup(node), Blank):
            hint = "'dexter write' fills in what is expected, not what limits the recording"
            raise AnnotationError("the value of a condition cannot be left empty", node.span, hint)
    return Condition(read, tuple(operand(node, scope.addresses) for node in arguments.given[1:]))


def _limit_steps(call: Call, place: Place, scope: Scope) -> LimitSteps:
    usage = "DexLimitSteps('expression', value, …, from_line=…, to_line=…, hit_count=…)"
    arguments = Arguments(call, usage, names=(*LINE_NAMES, "hit_count"))
    lines = scope.atlas.lines(arguments, place, is_everywhere=True)
    return LimitSteps(_condition(arguments, scope), lines, arguments.count("hit_count", None), call.span)


def _step_function(call: Call, _place: Place, _scope: Scope) -> StepFunction:
    arguments = Arguments(call, "DexStepFunction('function', hit_count=…)", least=1, most=1, names=("hit_count",))
    function = text(arguments.given[0], "the name of a function")
    return StepFunction(function, arguments.count("hit_count", None), call.span)


def _finish_test(call: Call, place: Place, scope: Scope) -> FinishTest:
    usage = "DexFinishTest('expression', value, …, on_line=…, hit_count=0)"
    arguments = Arguments(call, usage, names=("on_line", "hit_count"))
    lines = scope.atlas.lines(arguments, place)
    return FinishTest(_condition(arguments, scope), lines, arguments.count("hit_count", 0) or 0, call.span)


def _continue(call: Call, place: Place, scope: Scope) -> Continue:
    usage = "DexContinue('expression', value, …, from_line=…, to_line=…, hit_count=…)"
    arguments = Arguments(call, usage, names=("from_line", "to_line", "hit_count"))
    lines = scope.atlas.lines(arguments, place)
    return Continue(_condition(arguments, scope), lines, arguments.count("hit_count", None), call.span)


def _expect_end(call: Call, _place: Place, _scope: Scope) -> ExpectEnd:
    usage = "DexExpectEnd('exit', 0), ('signal', 'SIGSEGV'), ('panic') or ('poweroff')"
    given = Arguments(call, usage, least=1, most=2).given
    kind = text(given[0], "how the run ends")
    if kind not in END_KINDS:
        hint = suggest(kind, END_KINDS, "the ends are")
        raise AnnotationError(f"there is no end {kind!r}", given[0].span, hint)
    if len(given) == 1:
        return ExpectEnd(kind, None, call.span)
    if kind == "exit":
        return ExpectEnd(kind, integer(given[1], "the exit status", least=0), call.span)
    if kind == "signal":
        name = text(given[1], "the signal")
        known = [signal.name for signal in Signals]
        if name not in known:
            raise AnnotationError(f"there is no signal {name!r}", given[1].span, suggest(name, known))
        return ExpectEnd(kind, name, call.span)
    raise AnnotationError(f"DexExpectEnd({kind!r}) takes nothing more", given[1].span, f"write {usage}")


_WATCH_NAMES = (*LINE_NAMES, "require_in_order")


def _in_order(arguments: Arguments) -> bool:
    """Raises AnnotationError where more are to come in order than can be judged."""
    node = arguments.named.get("require_in_order")
    is_in_order = truth(node, "require_in_order=") if node is not None else True
    _, *wanted = arguments.given
    if is_in_order and len(wanted) > MAX_IN_ORDER:
        hint = "require_in_order=False takes any number; or say it of fewer lines at a time"
        raise AnnotationError(f"at most {MAX_IN_ORDER} are judged in their order", wanted[MAX_IN_ORDER].span, hint)
    return is_in_order


def _expect_watch_value(call: Call, place: Place, scope: Scope) -> ExpectWatchValue:
    usage = "DexExpectWatchValue('expression', value, …, from_line=…, to_line=…)"
    arguments = Arguments(call, usage, least=2, names=(*_WATCH_NAMES, "float_range"))
    range_node = arguments.named.get("float_range")
    return ExpectWatchValue(
        expression(arguments.given[0]),
        tuple(operand(node, scope.addresses) for node in arguments.given[1:]),
        scope.atlas.lines(arguments, place, is_everywhere=True),
        _in_order(arguments),
        number(range_node, "float_range=", least=0) if range_node else None,
        call.span,
    )


def _expect_watch_type(call: Call, place: Place, scope: Scope) -> ExpectWatchType:
    usage = "DexExpectWatchType('expression', 'type', …, from_line=…, to_line=…)"
    arguments = Arguments(call, usage, least=2, names=_WATCH_NAMES)
    return ExpectWatchType(
        expression(arguments.given[0]),
        tuple(text(node, "the name of a type") for node in arguments.given[1:]),
        scope.atlas.lines(arguments, place, is_everywhere=True),
        _in_order(arguments),
        call.span,
    )


def _expect_program_state(call: Call, place: Place, scope: Scope) -> ExpectProgramState:
    usage = "DexExpectProgramState({'frames': […]}, times=1)"
    arguments = Arguments(call, usage, least=1, most=1, names=("times",))
    times = arguments.count("times", 1)
    if times is None or times > MAX_TIMES:
        span = arguments.named["times"].span
        raise AnnotationError(f"times= is at most {MAX_TIMES}", span, "count in the program, and look at the counter")
    return ExpectProgramState(expected_state(arguments.given[0], scope.atlas, scope.addresses, place), times, call.span)


def _expect_step_kind(call: Call, _place: Place, _scope: Scope) -> ExpectStepKind:
    given = Arguments(call, "DexExpectStepKind('FUNC', 3)", least=2, most=2).given
    kind = text(given[0], "the kind of step")
    if kind not in STEP_KINDS:
        hint = suggest(kind, STEP_KINDS, "the kinds are")
        raise AnnotationError(f"there is no kind of step {kind!r}", given[0].span, hint)
    return ExpectStepKind(kind, integer(given[1], "the number of steps", least=0), call.span)


def _expect_step_order(call: Call, place: Place, scope: Scope) -> ExpectStepOrder:
    arguments = Arguments(call, "DexExpectStepOrder(1, 3, on_line=…)", least=1, names=("on_line",))
    order = tuple(integer(node, "a position", least=1) for node in arguments.given)
    for before, node, position in zip(order, arguments.given[1:], order[1:], strict=False):
        if position <= before:
            raise AnnotationError(f"position {position} after {before}", node.span, "positions only grow")
    return ExpectStepOrder(order, scope.atlas.on_line(arguments, place), call.span)


def _unreachable(call: Call, place: Place, scope: Scope) -> Unreachable:
    arguments = Arguments(call, "DexUnreachable(on_line=…)", most=0, names=LINE_NAMES)
    return Unreachable(scope.atlas.lines(arguments, place), call.span)


_HANDLERS: dict[str, Callable[[Call, Place, Scope], Command]] = {
    "DexVerify": _verify,
    "DexWatch": _watch,
    "DexLabel": label,
    "DexCommandLine": _command_line,
    "DexLimitSteps": _limit_steps,
    "DexStepFunction": _step_function,
    "DexFinishTest": _finish_test,
    "DexContinue": _continue,
    "DexDeclareAddress": declare_address,
    "DexExpectEnd": _expect_end,
    "DexExpectWatchValue": _expect_watch_value,
    "DexExpectWatchType": _expect_watch_type,
    "DexExpectProgramState": _expect_program_state,
    "DexExpectStepKind": _expect_step_kind,
    "DexExpectStepOrder": _expect_step_order,
    "DexUnreachable": _unreachable,
}
