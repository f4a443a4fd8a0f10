"""Which steps are recorded: DexLimitSteps, DexStepFunction, DexContinue and DexFinishTest over the run's steps.

The driver yields every step at the watched lines; these commands are about what becomes of them. Where a limit
has no condition, the plan narrows the stops as well, and nothing is driven in vain.
"""

from __future__ import annotations

from enum import Enum

from dexverify.annotations.commands import Annotations, Condition, Continue, FinishTest, LimitSteps, Lines, StepFunction
from dexverify.history import is_function
from dexverify.observation import Status, expect_status, reads_of
from dexverify.propositions import Expect
from drivers.state import ABSENT, Kind, Sample, Step, Value


class Decision(Enum):
    """What becomes of a step."""

    RECORD = "record"
    SKIP = "skip"
    FINISH = "record it, and end the run here"


class Window:
    """Decides step by step. `values` of a step are all its sampled values so far, not only the changes."""

    def __init__(self, annotations: Annotations) -> None:
        self._conditions = _Conditions()
        self._limits = [_Limit(command, self._conditions) for command in annotations.limits]
        self._functions = [_Function(command) for command in annotations.step_functions]
        self._continues = [_Skip(command, self._conditions) for command in annotations.continues]
        self._finishes = [_Finish(command, self._conditions) for command in annotations.finishes]
        self.is_open = not (self._limits or self._functions or self._continues or self._finishes)

    @property
    def unseen(self) -> list[str]:
        """The conditions that were asked for, and whose expression was observable at none of these steps."""
        return [text for text, was_seen in self._conditions.asked.items() if not was_seen]

    def decide(self, step: Step, values: dict[Sample, Value]) -> Decision:
        """What becomes of this step, the next one of the run."""
        # Every command counts its hits on every step, whatever another one decides: so no short cuts.
        finished = [command.is_reached(step, values) for command in self._finishes]
        if any(finished):
            return Decision.FINISH
        skipped = [command.skips(step, values) for command in self._continues]
        allowed = [limit.allows(step, values) for limit in self._limits]
        allowed += [function.allows(step) for function in self._functions]
        return Decision.RECORD if not any(skipped) and (any(allowed) or not allowed) else Decision.SKIP


class _Limit:
    """Record inside the range, while the condition holds; `hit_count` bounds how often the range begins.

    It begins with a step on its first line, as in DExTer, or with one inside it after one outside.
    """

    def __init__(self, command: LimitSteps, conditions: _Conditions) -> None:
        self._command = command
        self._conditions = conditions
        self._is_inside = False
        self._entries = 0

    def allows(self, step: Step, values: dict[Sample, Value]) -> bool:
        is_inside = _is_in(self._command.lines, step) and self._conditions.hold(self._command.condition, values)
        self._entries += is_inside and (not self._is_inside or step.frames[0].line == self._command.lines.first)
        self._is_inside = is_inside
        return is_inside and (self._command.hit_count is None or self._entries <= self._command.hit_count)


class _Function:
    """Record while in the function; `hit_count` bounds how many activations of it are recorded."""

    def __init__(self, command: StepFunction) -> None:
        self._command = command
        self._activations = 0

    def allows(self, step: Step) -> bool:
        is_inside = is_function(self._command.function, step.frames[0].function)
        self._activations += is_inside and step.entered
        return is_inside and (self._command.hit_count is None or self._activations <= self._command.hit_count)


class _Skip:
    """From a step at the first line on, which is recorded, to one at the last line, record nothing."""

    def __init__(self, command: Continue, conditions: _Conditions) -> None:
        self._command = command
        self._conditions = conditions
        self._is_skipping = False
        self._hits = 0

    def skips(self, step: Step, values: dict[Sample, Value]) -> bool:
        lines = self._command.lines
        if self._is_skipping:
            self._is_skipping = not _is_in(Lines(lines.path, lines.last, lines.last), step)
            return self._is_skipping
        if _is_in(Lines(lines.path, lines.first, lines.first), step) and self._conditions.hold(
            self._command.condition, values
        ):
            self._hits += 1
            self._is_skipping = self._command.hit_count is None or self._hits <= self._command.hit_count
        return False


class _Finish:
    """The line, with the condition, after it was hit `hit_count` times before."""

    def __init__(self, command: FinishTest, conditions: _Conditions) -> None:
        self._command = command
        self._conditions = conditions
        self._hits = 0

    def is_reached(self, step: Step, values: dict[Sample, Value]) -> bool:
        self._hits += _is_in(self._command.lines, step) and self._conditions.hold(self._command.condition, values)
        return self._hits > self._command.hit_count


def _is_in(lines: Lines, step: Step) -> bool:
    frame = step.frames[0]
    return frame.path == lines.path and lines.first <= frame.line <= lines.last


class _Conditions:
    """Evaluates conditions, and remembers for each that was asked whether its expression was ever observable."""

    def __init__(self) -> None:
        self.asked: dict[str, bool] = {}

    def hold(self, condition: Condition | None, values: dict[Sample, Value]) -> bool:
        """Whether the expression is known to equal one of the values; where it cannot be read, it does not."""
        if condition is None:
            return True
        text = condition.expression.text
        is_seen = values.get(Sample(text), ABSENT).kind is not Kind.ABSENT
        self.asked[text] = self.asked.get(text, False) or is_seen
        return any(_equals(Expect(condition.expression, "==", value), values) for value in condition.values)


def _equals(predicate: Expect, values: dict[Sample, Value]) -> bool:
    return expect_status(predicate, {}, [values.get(sample, ABSENT) for sample in reads_of(predicate)]) is Status.TRUE
