"""`dexter view`: the steps of a recording as text, a line each, made as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from dexverify.columns import Columns
from dexverify.errors import printable
from dexverify.history import is_function
from dexverify.judged import Judged
from dexverify.observation import is_path
from dexverify.outcome import describe_end
from dexverify.recorder import Run
from dexverify.report.terminal import Style, count
from dexverify.sources import line_of
from dexverify.table import label, shown
from drivers.state import ABSENT, Frame, Sample, Step, Value
from ltd.columns import unpack
from ltd.formula import ForEach, Formula
from ltd.trace import Trace
from ltd.verdict import judge

MAX_FUNCTION = 24
MAX_SOURCE = 48
MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The propositions' names at the steps; more of them than this would not fit on a line anyway."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which steps are shown; None is any. `expressions`: those at which one of these has changed."""

    steps: range | None = None
    function: str | None = None
    thread: int | None = None
    place: tuple[str, int] | None = None
    expressions: tuple[str, ...] = ()

    def admits(self, step: Step) -> bool:
        frame = step.frames[0]
        return (
            (self.steps is None or step.index in self.steps)
            and (self.thread is None or step.thread == self.thread)
            and (self.function is None or is_function(self.function, frame.function))
            and (self.place is None or (frame.line == self.place[1] and is_path(self.place[0], frame.path)))
        )


def view(judged: Judged, only: Filter, style: Style) -> Iterator[str]:
    """The lines: what is judged, then the steps with the truth of each proposition there."""
    run, recording = judged.run, judged.run.recording
    yield f"{judged.result.path}: {count(len(recording), 'step')}, {describe_end(recording.end)}"
    formulas = [(p, p.formula) for p in judged.propositions if p.formula is not None and not p.lacks]
    formulas = formulas[: len(MARKS)]
    verdicts = {finding.span: finding.verdict.value for finding in judged.result.findings}
    for mark, (proposition, _) in zip(MARKS, formulas, strict=False):
        place = f"{PurePath(proposition.span.path).name}:{proposition.span.line}"
        yield f"  {style('strong', mark)}  {place}: {proposition.name}: {verdicts.get(proposition.span, '')}"
    columns = Columns(recording, run.addresses)
    truths = [_truth(columns, formula, run) for _, formula in formulas]
    widths = _Widths.of(run)
    heads = f"{'step':>{widths.step}}  {MARKS[: len(truths)]}  "
    yield style("dim", f"{heads if truths else heads.rstrip() + '  '}where")
    yield from _lines(run, truths, only, widths, style)


def _lines(run: Run, truths: Sequence[str], only: Filter, widths: _Widths, style: Style) -> Iterator[str]:
    has_threads = len(set(run.recording.threads)) > 1
    place_of = _cached(widths.place)
    now: dict[Sample, Value] = {}
    told: dict[Sample, Value] = {}  # as at the last step that was shown
    touched: dict[Sample, None] = {}
    for step in run.recording.steps(0, only.steps.stop if only.steps is not None else None):
        now.update(step.changes)
        touched.update(dict.fromkeys(step.changes))
        if not only.admits(step):
            continue
        changed = [sample for sample in touched if now[sample] != told.get(sample, ABSENT)]
        if only.expressions:
            changed = [sample for sample in changed if sample.expression in only.expressions]
            if not changed:
                continue
        marks = "".join(truth[step.index] for truth in truths)
        thread = f"  [{step.thread}]" if has_threads else ""
        values = "  ".join(_changed(sample, told.get(sample), now[sample]) for sample in changed)
        head = f"{step.index:>{widths.step},}  {marks}  " if marks else f"{step.index:>{widths.step},}  "
        yield f"{head}{place_of(step.frames[0])}{thread}  {style('strong', values)}".rstrip()
        for sample in changed:
            told[sample] = now[sample]
        touched.clear()


def _changed(sample: Sample, before: Value | None, now: Value) -> str:
    old = f"{shown(before)} -> " if before is not None else ""
    return f"{label(sample)}: {old}{shown(now)}" if old else f"{label(sample)}={shown(now)}"


def _truth(columns: Columns, formula: Formula, run: Run) -> str:
    """A character a step: T where the formula holds from there on, '.' where it fails, '?' where that is not known.

    A blank where the step is none of its trace.
    """
    trace, steps = columns.trace(formula)
    marks = bytearray(b" " * len(run.recording))
    for position, mark in enumerate(_marks(formula, trace, complete=not run.is_prefix)):
        marks[steps[position]] = mark
    return marks.decode()


def _marks(formula: Formula, trace: Trace, *, complete: bool) -> bytearray:
    marks = bytearray(b" " * trace.length)
    if isinstance(formula, ForEach):
        for _, places, part in trace.slices(formula.key):
            for place, mark in zip(places, _marks(formula.body, part, complete=complete), strict=True):
                marks[place] = mark
        return marks
    bounds = judge(formula, trace, complete=complete).evaluate().of(formula)
    low, high = unpack(bounds.low, trace.length), unpack(bounds.high, trace.length)
    # b'0' and b'1' added up: neither is set, high alone is, both are.
    sums = bytes(map(int.__add__, low, high))
    return bytearray(sums.translate(bytes.maketrans(b"\x60\x61\x62", b".?T")))


@dataclass(frozen=True, slots=True)
class _Widths:
    """Of the columns: known beforehand, since there are far fewer stacks than steps."""

    step: int
    function: int
    position: int

    @staticmethod
    def of(run: Run) -> _Widths:
        frames = {stack[0] for stack in run.recording.stacks}
        return _Widths(
            max(4, len(f"{len(run.recording):,}")),
            min(MAX_FUNCTION, max((len(frame.function or "??") for frame in frames), default=0)),
            max((len(_position(frame)) for frame in frames), default=0),
        )

    def place(self, frame: Frame) -> str:
        source = printable(" ".join(line_of(frame.path or "", frame.line).split()))
        function = (frame.function or "??")[:MAX_FUNCTION]
        where = f"{function:<{self.function}}  {_position(frame):<{self.position}}"
        return f"{where}  {source[:MAX_SOURCE]:<{MAX_SOURCE}}"


def _position(frame: Frame) -> str:
    return f"{PurePath(frame.path or '??').name}:{frame.line}"


def _cached(render: Callable[[Frame], str]) -> Callable[[Frame], str]:
    known: dict[int, str] = {}  # the recording keeps its frames, so the identity of one is good

    def cached(frame: Frame) -> str:
        found = known.get(id(frame))
        if found is None:
            found = known[id(frame)] = render(frame)
        return found

    return cached
