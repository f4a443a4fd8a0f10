"""Which steps are recorded: DexLimitSteps, DexStepFunction, DexContinue, DexFinishTest."""

from __future__ import annotations

from typing import Any

from dexverify.annotations.commands import (
    Annotations,
    Condition,
    Continue,
    FinishTest,
    LimitSteps,
    Lines,
    StepFunction,
)
from dexverify.errors import Span
from dexverify.propositions import Expression
from dexverify.window import Decision, Window
from drivers.state import Frame, Kind, Sample, Step, Value

SPAN = Span("/a.c", 1, 1, 1, 2)
I = Sample("i")  # noqa: E741 - the C variable's name


def decisions(lines: list[int], *, function: str = "main", entered: tuple[int, ...] = (), **commands: Any) -> str:
    """What becomes of steps at these lines, a letter each; the variable i is the number of the step."""
    window = Window(Annotations(("/a.c",), **commands))
    values: dict[Sample, Value] = {}
    letters = []
    for index, line in enumerate(lines):
        values[I] = Value(Kind.INTEGER, str(index), index)
        step = Step(index, 1, (Frame(function, "/a.c", line),), {}, index in entered)
        letters.append(window.decide(step, values).name[0])
        if letters[-1] == Decision.FINISH.name[0]:
            break
    return "".join(letters)


def condition(*values: int) -> Condition:
    return Condition(Expression("i"), values)


def test_without_commands_everything_is_recorded() -> None:
    assert Window(Annotations(("/a.c",))).is_open


def test_a_limit_is_a_range() -> None:
    limit = LimitSteps(None, Lines("/a.c", 2, 3), None, SPAN)
    assert decisions([1, 2, 3, 4, 3], limits=(limit,)) == "SRRSR"


def test_a_limit_with_a_condition_holds_while_the_condition_does() -> None:
    limit = LimitSteps(condition(1, 2), Lines("/a.c", 1, 9), None, SPAN)
    assert decisions([1, 2, 3, 4], limits=(limit,)) == "SRRS"


def test_a_limit_can_be_entered_so_often() -> None:
    limit = LimitSteps(None, Lines("/a.c", 2, 3), 1, SPAN)
    assert decisions([1, 2, 3, 4, 2, 3], limits=(limit,)) == "SRRSSS"


def test_each_step_on_a_limit_s_first_line_counts() -> None:
    limit = LimitSteps(None, Lines("/a.c", 2, 3), 2, SPAN)
    assert decisions([2, 3, 3, 2, 3, 2, 3], limits=(limit,)) == "RRRRRSS"
    limit = LimitSteps(condition(2, 3, 4), Lines("/a.c", 2, 2), 2, SPAN)
    assert decisions([2, 2, 2, 2, 2, 2], limits=(limit,)) == "SSRRSS"


def test_two_limits_are_either() -> None:
    limits = (LimitSteps(None, Lines("/a.c", 1, 1), None, SPAN), LimitSteps(None, Lines("/a.c", 3, 3), None, SPAN))
    assert decisions([1, 2, 3], limits=limits) == "RSR"


def test_a_function_so_many_activations() -> None:
    command = StepFunction("f", 1, SPAN)
    assert decisions([1, 2, 1, 2], function="f", entered=(0, 2), step_functions=(command,)) == "RRSS"
    assert decisions([1, 2], function="g", step_functions=(command,)) == "SS"


def test_continue_skips_up_to_its_last_line() -> None:
    command = Continue(None, Lines("/a.c", 2, 5), None, SPAN)
    assert decisions([1, 2, 3, 4, 5, 6, 2, 3], continues=(command,)) == "RRSSRRRS"


def test_continue_so_often() -> None:
    command = Continue(None, Lines("/a.c", 2, 3), 1, SPAN)
    assert decisions([2, 9, 3, 2, 9, 3], continues=(command,)) == "RSRRRR"


def test_finish_after_so_many_hits() -> None:
    command = FinishTest(None, Lines("/a.c", 2, 2), 1, SPAN)
    assert decisions([1, 2, 3, 2, 4], finishes=(command,)) == "RRRF"


def test_a_condition_that_is_never_observable_is_told() -> None:
    known, unknown = Condition(Expression("i"), (3,)), Condition(Expression("j"), (3,))
    commands = [FinishTest(each, Lines("/a.c", 2, 2), 0, SPAN) for each in (known, unknown)]
    elsewhere = FinishTest(Condition(Expression("k"), (3,)), Lines("/a.c", 9, 9), 0, SPAN)
    window = Window(Annotations(("/a.c",), finishes=(*commands, elsewhere)))
    step = Step(0, 1, (Frame("main", "/a.c", 2),), {})
    window.decide(step, {I: Value(Kind.INTEGER, "1", 1)})
    assert window.unseen == ["j"]


def test_finish_on_a_condition() -> None:
    command = FinishTest(condition(3), Lines("/a.c", 2, 2), 0, SPAN)
    assert decisions([2, 2, 2, 2, 2], finishes=(command,)) == "RRRF"
