"""The steps that matter to a verdict, as a table: where each was, and the values that one wants to see there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dexverify.observation import OF_STEP, THREAD, reads_of, step_value
from dexverify.propositions import Expect, ExpectState, Expression, On
from dexverify.recorder import Run
from dexverify.report.model import Row, place_of
from dexverify.threads import THREAD_NAME, shown_name
from drivers.state import Kind, Sample, Value
from ltd.formula import Formula, predicates

MAX_COLUMNS = 6
MAX_HEAD = 28
MAX_VALUE = 40


class StepTable:
    """Rows for the steps of one run, with the values that one formula is about."""

    def __init__(self, run: Run, formula: Formula) -> None:
        self._run = run
        self._recording = run.recording
        self._own = list(dict.fromkeys(read_by_user(formula)))

    def rows(self, steps: Sequence[int], marks: Mapping[int, str]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        """The heads of the value columns, and a row for each step, with its mark if it has one."""
        columns = self._columns(steps)
        rows = tuple(
            Row(
                step,
                frame.function or "??",
                frame.path or "",
                frame.line,
                tuple(_shown(sample, self.value(sample, step)) for sample in columns),
                marks.get(step, ""),
            )
            for step in steps
            for frame in self._recording.frames(step)[:1]
        )
        return tuple(_cut(label(sample), MAX_HEAD) for sample in columns), rows

    def place(self, step: int) -> str:
        """`file.c:12`."""
        frame = self._recording.frames(step)[0]
        return place_of(frame.path, frame.line)

    def value(self, sample: Sample, step: int) -> Value:
        """The value of a sample at a step; what a step says of itself is the step's own."""
        if sample in OF_STEP:
            return step_value(sample, self._recording.threads[step], self._recording.line_columns[step])
        return self._recording.value(sample, step)

    def _columns(self, steps: Sequence[int]) -> list[Sample]:
        """The formula's own samples, then what DexWatch names; for a formula about places alone, whatever changes."""
        watched = [Sample(text) for text in self._run.watched]
        others = watched if self._own or watched else list(self._recording.samples)
        wanted = dict.fromkeys([*self._whose(), *self._own, *(s for s in others if self._changes(s, steps))])
        seen = [s for s in wanted if any(self.value(s, step).kind is not Kind.ABSENT for step in steps)]
        return seen[:MAX_COLUMNS]

    def _whose(self) -> list[Sample]:
        """For a kernel, which of its threads it is; and on which processor, where it has several."""
        if THREAD_NAME not in self._recording.changes:
            return []
        return [THREAD_NAME, *([THREAD] if len(set(self._recording.threads)) > 1 else [])]

    def _changes(self, sample: Sample, steps: Sequence[int]) -> bool:
        return len({self.value(sample, step).text for step in steps}) > 1


def read_by_user(formula: Formula) -> Iterator[Sample]:
    """What a formula reads, without the enum constants that only help to compare."""
    for predicate in predicates(formula):
        match predicate:
            case Expect():
                yield Sample(predicate.expression.text)
                if isinstance(predicate.value, Expression):
                    yield Sample(predicate.value.text)
            case ExpectState():
                for depth, frame in enumerate(predicate.frames):
                    yield from (Sample(watch.expression.text, depth) for watch in frame.watches)
            case On():
                continue
            case _:
                yield from reads_of(predicate)  # type: ignore[arg-type]  # every atom is one of ours


def label(sample: Sample) -> str:
    """A sample's name for the reader."""
    if sample == THREAD:
        return "thread"
    if sample == THREAD_NAME:
        return "kernel thread"
    return sample.expression if sample.depth == 0 else f"{sample.expression} (frame {sample.depth})"


def _shown(sample: Sample, value: Value) -> str:
    return _cut(shown_name(value), MAX_VALUE) if sample == THREAD_NAME else shown(value)


def shown(value: Value) -> str:
    """A value on one short line."""
    if value.kind is Kind.ABSENT:
        return "-"
    text = f"<{value.text}>" if value.kind is Kind.UNREADABLE else " ".join(value.text.split())
    return _cut(text, MAX_VALUE)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
