"""A verdict in the user's terms: a sentence, the part of the formula that decided, and the steps that matter."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import PurePath

from dexverify.columns import Columns
from dexverify.errors import Span
from dexverify.observation import THREAD, Status, reads_of, unknown_reason
from dexverify.outcome import describe_end
from dexverify.plan import key_sample, samples_of
from dexverify.propositions import Expect, ExpectState, Expression, On
from dexverify.recorder import Run
from dexverify.report.model import Explanation, Row
from dexverify.sources import text_of
from drivers.state import Kind, Sample, Value
from ltd.explanation import Reason, decisive, explain, positions
from ltd.formula import Atom, Formula, Next, Throughout, Within, atoms, predicates
from ltd.printer import prefix
from ltd.verdict import Judgement, Verdict, unknown_causes

MAX_COLUMNS = 6
MAX_VALUE = 40


def name_of(formula: Formula) -> str:
    """A formula as the user wrote it, if they did; else as the printer has it."""
    return (text_of(formula.origin) if isinstance(formula.origin, Span) else "") or prefix(formula)


class Explainer:
    """Explains the verdict of one formula. `steps` are the indices of the steps at the positions of its trace."""

    def __init__(self, run: Run, columns: Columns, formula: Formula, steps: Sequence[int]) -> None:
        self._run = run
        self._recording = run.recording
        self._columns = columns
        self._formula = formula
        self._steps = steps

    def explain(self, judgement: Judgement) -> Explanation:
        """Why the verdict is what it is."""
        if judgement.verdict is Verdict.UNKNOWN:
            return self._unknown(judgement)
        reason = explain(judgement)
        decided = decisive(reason)
        at = _Positions(self._steps, judgement)
        notes = list(dict.fromkeys([*self._instance(judgement), *self._unobservable(reason, at)]))
        if judgement.verdict in {Verdict.PRESUMABLY_HOLDS, Verdict.PRESUMABLY_FAILS}:
            notes.append(f"the run might have gone on: {describe_end(self._recording.end)}")
        summary, label = self._claim(decided, at)
        span = decided.formula.origin
        return Explanation(
            summary,
            span if isinstance(span, Span) else None,
            label,
            *self._table(reason, decided, at),
            notes=tuple(notes),
        )

    def unreadable_key(self, key: Hashable) -> Explanation:
        """Why a `ForEach` cannot be judged whose key cannot be read somewhere."""
        step, value = self._columns.unreadable_key(key) or (0, None)
        message = value.text if value is not None else ""
        summary = f"at step {step:,} the value to slice by cannot be read: '{key_sample(key).expression}': {message}"
        return Explanation(summary, self._span())

    def _span(self) -> Span | None:
        return self._formula.origin if isinstance(self._formula.origin, Span) else None

    def _unknown(self, judgement: Judgement) -> Explanation:
        if not self._steps:
            return Explanation(self._never_observable(), self._span())
        at = _Positions(self._steps, judgement)
        causes = unknown_causes(judgement)
        lines = [self._cause(predicate, at(position)) for predicate, position in causes]
        first = causes[0] if causes else None
        span = next(
            (atom.origin for atom in atoms(self._formula) if first is not None and atom.predicate == first[0]),
            None,
        )
        steps = sorted({at(position) for _, position in causes})[:4]
        columns = self._shown_columns(steps)
        rows = tuple(self._row(step, columns) for step in steps)
        return Explanation(
            lines[0] if lines else "it cannot be judged",
            span if isinstance(span, Span) else self._span(),
            "unknown here",
            tuple(_label(sample) for sample in columns),
            rows,
            (*lines[1:4], *self._instance(judgement)),
        )

    def _never_observable(self) -> str:
        if not len(self._recording):
            return "no step was recorded: no watched line was reached"
        names = dict.fromkeys(f"'{sample.expression}'" for sample in _read_by_user(self._formula))
        return f"{', '.join(names)} never observable: not in scope, or not sampled, at any step"

    def _cause(self, predicate: Hashable, step: int) -> str:
        values = [self._value(sample, step) for sample in reads_of(predicate)]  # type: ignore[arg-type]
        why = unknown_reason(predicate, values, self._run.addresses)  # type: ignore[arg-type]
        return f"at step {step:,} ({self._place(step)}) it is unknown: {why}"

    def _instance(self, judgement: Judgement) -> Iterator[str]:
        if judgement.instance:
            names = ", ".join(f"{key_sample(key).expression} = {value}" for key, value in judgement.instance)
            at = _Positions(self._steps, judgement)
            count = len(judgement.positions)
            where = f"{count:,} steps, from {at(0):,} to {at(count - 1):,}" if count > 1 else f"at step {at(0):,} only"
            yield f"for {names}: {where}"

    def _claim(self, reason: Reason, at: _Positions) -> tuple[str, str]:
        """What decided, as a sentence, and as a label below the caret."""
        name = name_of(reason.formula)
        first, last = at(reason.first), at(reason.last)
        if reason.first < reason.last:
            to_end = at.is_last(reason.last)
            where = f"from step {first:,} on" if to_end else f"from step {first:,} to step {last:,}"
            if reason.value:
                return f"{name} holds at every step {where}", f"holds at every step {where}"
            short = f"never holds after step {first - 1:,}" if to_end and first else f"never holds {where}"
            return f"{where}, {name} never holds", short
        if isinstance(reason.formula, Next | Within | Throughout) and not reason.children and not reason.value:
            return (
                f"step {first:,} is too near the end of the run for {name}",
                f"too few steps follow step {first:,}",
            )
        verb = "holds" if reason.value else "does not hold"
        return f"at step {first:,}, {name} {verb}{self._actual(reason.formula, first)}", f"{verb} at step {first:,}"

    def _actual(self, formula: Formula, step: int) -> str:
        if not isinstance(formula, Atom) or not isinstance(formula.predicate, Expect):
            return ""
        shown = [sample for sample in _read_by_user(formula) if self._value(sample, step).kind is not Kind.ABSENT]
        texts = [f"{_label(sample)} is {_short(self._value(sample, step))}" for sample in shown]
        return f": {' and '.join(texts)}" if texts else ""

    def _unobservable(self, reason: Reason, at: _Positions) -> Iterator[str]:
        """Where an atom counted as false because there was nothing to see of it."""
        for leaf in dict.fromkeys(_leaves(reason)):
            if leaf.value:
                continue
            steps = [at(position) for position in range(leaf.first, leaf.last + 1)]
            for atom in {atom.predicate: atom for atom in atoms(leaf.formula)}.values():
                statuses = self._columns.statuses(atom.predicate)
                hidden = sum(statuses[step] == Status.UNOBSERVABLE for step in steps)
                if not hidden:
                    continue
                which = f"at {hidden:,} of these {len(steps):,} steps" if len(steps) > 1 else f"at step {steps[0]:,}"
                names = ", ".join(f"'{sample.expression}'" for sample in _read_by_user(atom))
                yield f"{which}, {names} cannot be observed, so {name_of(atom)} counts as false"

    def _table(self, reason: Reason, decided: Reason, at: _Positions) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        marks = self._marks(reason, decided, at)
        steps = {at(position) for position in positions(reason)} | marks.keys()
        if not decided.value and (first := at(decided.first)) > 0:
            steps.add(first - 1)
        last = len(self._recording) - 1
        if last in steps or decided.first < decided.last:
            steps.add(last)
            marks[last] = "; ".join(filter(None, [marks.get(last, ""), self._ending()]))
        shown = sorted(steps)
        columns = self._shown_columns(shown)
        rows = tuple(self._row(step, columns, marks.get(step, "")) for step in shown)
        return tuple(_label(sample) for sample in columns), rows

    def _marks(self, reason: Reason, decided: Reason, at: _Positions) -> dict[int, str]:
        marks: dict[int, list[str]] = {}
        for leaf in dict.fromkeys([decided, *_leaves(reason)]):
            name = name_of(leaf.formula)
            if leaf.first < leaf.last:
                if leaf is decided and not leaf.value:
                    marks.setdefault(at(leaf.first), []).append(f"{name} never again")
            else:
                marks.setdefault(at(leaf.first), []).append(f"{name}{'' if leaf.value else ': not here'}")
            if len(marks) >= 6:
                break
        return {step: "; ".join(dict.fromkeys(texts)) for step, texts in marks.items()}

    def _ending(self) -> str:
        return "" if self._run.decided_at is not None else f"end: {describe_end(self._recording.end)}"

    def _shown_columns(self, steps: Sequence[int]) -> list[Sample]:
        """The formula's own samples first, then the others whose value changes between these steps."""
        own = list(dict.fromkeys(_read_by_user(self._formula)))
        others = [sample for sample in self._recording.samples if sample not in own and self._changes(sample, steps)]
        constants = set(samples_of(self._formula)) - set(own)
        seen = [s for s in [*own, *others] if any(self._value(s, step).kind is not Kind.ABSENT for step in steps)]
        return [sample for sample in seen if sample not in constants][:MAX_COLUMNS]

    def _changes(self, sample: Sample, steps: Sequence[int]) -> bool:
        return len({self._value(sample, step).text for step in steps}) > 1

    def _row(self, step: int, columns: Sequence[Sample], mark: str = "") -> Row:
        frame = self._recording.frames(step)[0]
        values = tuple(_short(self._value(sample, step)) for sample in columns)
        return Row(step, frame.function or "??", self._place(step), values, mark)

    def _place(self, step: int) -> str:
        frame = self._recording.frames(step)[0]
        return f"{PurePath(frame.path or '??').name}:{frame.line}"

    def _value(self, sample: Sample, step: int) -> Value:
        if sample == THREAD:
            thread = self._recording.threads[step]
            return Value(Kind.INTEGER, str(thread), thread)
        return self._recording.value(sample, step)


class _Positions:
    """From a position of the judged trace (a slice, perhaps) to the index of the step."""

    def __init__(self, steps: Sequence[int], judgement: Judgement) -> None:
        self._steps = steps
        self._positions = judgement.positions

    def __call__(self, position: int) -> int:
        return self._steps[self._positions[position]]

    def is_last(self, position: int) -> bool:
        return position == len(self._positions) - 1


def _leaves(reason: Reason) -> Iterator[Reason]:
    if not reason.children:
        yield reason
    for child in reason.children:
        yield from _leaves(child)


def _read_by_user(formula: Formula) -> Iterator[Sample]:
    """What a formula reads, without the enum constants that only help to compare."""
    for predicate in predicates(formula):
        match predicate:
            case Expect() as expect:
                yield Sample(expect.expression.text)
                if isinstance(expect.value, Expression):
                    yield Sample(expect.value.text)
            case ExpectState() as state:
                for depth, frame in enumerate(state.frames):
                    yield from (Sample(watch.expression.text, depth) for watch in frame.watches)
            case On():
                continue
            case _:
                yield from reads_of(predicate)  # type: ignore[arg-type]  # every atom is one of ours


def _label(sample: Sample) -> str:
    return sample.expression if sample.depth == 0 else f"{sample.expression} (frame {sample.depth})"


def _short(value: Value) -> str:
    if value.kind is Kind.ABSENT:
        return "-"
    text = f"<{value.text}>" if value.kind is Kind.UNREADABLE else " ".join(value.text.split())
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
