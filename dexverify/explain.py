"""A verdict in the user's terms: a sentence, the part of the formula that decided, and the steps that matter."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from dexverify.columns import Columns
from dexverify.errors import Span
from dexverify.observation import Status, reads_of, unknown_reason
from dexverify.outcome import describe_end
from dexverify.plan import key_sample
from dexverify.recorder import Run
from dexverify.report.model import Explanation, Row
from dexverify.sources import text_of
from dexverify.table import StepTable, label, read_by_user, shown
from drivers.state import Kind
from ltd.explanation import Reason, decisive, explain, positions
from ltd.formula import Atom, Formula, Next, Throughout, Within, atoms
from ltd.printer import prefix
from ltd.verdict import Judgement, Verdict, unknown_causes

MAX_MARKED = 6  # rows
MAX_IN_MARK = 2  # parts of the formula in the mark of one row


def name_of(formula: Formula) -> str:
    """A formula as the user wrote it, if they did; else as the printer has it."""
    return (text_of(formula.origin) if isinstance(formula.origin, Span) else "") or prefix(formula)


class Explainer:
    """Explains the verdict of one formula. `steps` are the indices of the steps at the positions of its trace.

    `command` is given for the formula that a command stands for: its parts all come from there, and are named by
    what they mean instead.
    """

    def __init__(
        self, run: Run, columns: Columns, formula: Formula, steps: Sequence[int], command: Span | None = None
    ) -> None:
        self._recording = run.recording
        self._run = run
        self._columns = columns
        self._formula = formula
        self._steps = steps
        self._command = command
        self._table = StepTable(run, formula)

    def explain(self, judgement: Judgement) -> Explanation:
        """Why the verdict is what it is."""
        if judgement.verdict is Verdict.UNKNOWN:
            return self._unknown(judgement)
        reason = explain(judgement)
        decided = decisive(reason)
        at = _Positions(self._steps, judgement)
        summary, below = self._claim(decided, at)
        notes = [*self._slice(judgement, at), *self._unobservable(reason, at)]
        if judgement.verdict in {Verdict.PRESUMABLY_HOLDS, Verdict.PRESUMABLY_FAILS}:
            notes.append(f"the run might have gone on: {describe_end(self._recording.end)}")
        span = decided.formula.origin
        return Explanation(
            self._instance(judgement) + summary,
            span if isinstance(span, Span) else None,
            below,
            *self._rows(reason, decided, at),
            notes=tuple(dict.fromkeys(notes)),
            step=at(decided.first),
        )

    def unreadable_key(self, key: Hashable) -> Explanation:
        """Why a `ForEach` cannot be judged whose key cannot be read somewhere."""
        step, value = self._columns.unreadable_key(key) or (0, None)
        message = value.text if value is not None else ""
        summary = f"at step {step:,} the value to slice by cannot be read: '{key_sample(key).expression}': {message}"
        return Explanation(summary, self._span(), step=step)

    def unobservable_key(self, key: Hashable) -> Explanation:
        """Why a `ForEach` cannot be judged whose key was in scope nowhere."""
        return Explanation(
            f"'{key_sample(key).expression}', the value to slice by, was in scope at no step", self._span()
        )

    def _span(self) -> Span | None:
        return self._formula.origin if isinstance(self._formula.origin, Span) else None

    def _name(self, formula: Formula) -> str:
        return name_of(formula) if self._command is None else prefix(formula)

    def _unknown(self, judgement: Judgement) -> Explanation:
        if not self._steps:
            return Explanation(self._never_observable(), self._span())
        at = _Positions(self._steps, judgement)
        causes = unknown_causes(judgement)
        lines = [self._cause(predicate, at(position)) for predicate, position in causes]
        first = causes[0][0] if causes else None
        span = next((atom.origin for atom in atoms(self._formula) if atom.predicate == first), None)
        columns, rows = self._table.rows(sorted({at(position) for _, position in causes})[:4], {})
        return Explanation(
            self._instance(judgement) + (lines[0] if lines else "it cannot be judged"),
            span if isinstance(span, Span) else self._span(),
            "unknown here",
            columns,
            rows,
            (*lines[1:4], *self._slice(judgement, at)),
            at(causes[0][1]) if causes else None,
        )

    def _never_observable(self) -> str:
        if not len(self._recording):
            return "no step was recorded: no watched line was reached"
        names = list(dict.fromkeys(f"'{sample.expression}'" for sample in read_by_user(self._formula)))
        verb = "is" if len(names) == 1 else "are"
        return f"{', '.join(names)} {verb} never observable: not in scope, or not sampled, at any step"

    def _cause(self, predicate: Hashable, step: int) -> str:
        values = [self._table.value(sample, step) for sample in reads_of(predicate)]  # type: ignore[arg-type]
        why = unknown_reason(predicate, values, self._run.addresses)  # type: ignore[arg-type]
        return f"at step {step:,} ({self._table.place(step)}) it is unknown: {why}"

    def _instance(self, judgement: Judgement) -> str:
        names = [f"{key_sample(key).expression} = {value}" for key, value in judgement.instance]
        return f"for {', '.join(names)}: " if names else ""

    def _slice(self, judgement: Judgement, at: _Positions) -> Iterator[str]:
        if names := self._instance(judgement):
            count = len(judgement.positions)
            where = f"{count:,} steps, from {at(0):,} to {at(count - 1):,}" if count > 1 else f"step {at(0):,} only"
            yield f"{names}{where}"

    def _claim(self, reason: Reason, at: _Positions) -> tuple[str, str]:
        """What decided, as a sentence, and as a label below the caret."""
        name = self._name(reason.formula)
        first, last = at(reason.first), at(reason.last)
        if reason.first < reason.last:
            where = f"from step {first:,} on" if at.is_last(reason.last) else f"from step {first:,} to step {last:,}"
            if reason.value:
                return f"{name} holds at every step {where}", f"holds at every step {where}"
            return f"{where}, {name} never holds", f"never holds {where}"
        if isinstance(reason.formula, Next | Within | Throughout) and not reason.children and not reason.value:
            return (
                f"{name} needs more steps than follow step {first:,}, where this formula's trace ends",
                f"too few steps follow step {first:,}",
            )
        said, actual = self._said(reason.formula, reason.value), self._actual(reason.formula, first)
        label = "decided" if self._command is not None else "holds" if reason.value else "does not hold"
        return f"at step {first:,}, {said}{actual}", f"{label} at step {first:,}"

    def _said(self, formula: Formula, value: bool) -> str:
        """That a part of the formula is true, or false, at a step."""
        name = self._name(formula)
        if self._command is not None:  # the parts of an expectation are told as they are: the user never wrote them
            return name if value else f"not {name}"
        return f"{name} {'holds' if value else 'does not hold'}"

    def _actual(self, formula: Formula, step: int) -> str:
        """What an atom's expressions are, to be read beside what it says of them."""
        if not isinstance(formula, Atom) and self._command is None:
            return ""
        values = ((sample, self._table.value(sample, step)) for sample in read_by_user(formula))
        texts = [f"{label(sample)} is {shown(value)}" for sample, value in values if value.kind is not Kind.ABSENT]
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
                names = ", ".join(f"'{sample.expression}'" for sample in read_by_user(atom))
                yield f"{which}, {names} cannot be observed, so {self._name(atom)} counts as false"

    def _rows(self, reason: Reason, decided: Reason, at: _Positions) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        marks = self._marks(reason, decided, at)
        steps = {at(position) for position in positions(reason)} | marks.keys()
        if not decided.value and (first := at(decided.first)) > 0:
            steps.add(first - 1)
        last = len(self._recording) - 1
        if last in steps or decided.first < decided.last:
            steps.add(last)
            marks[last] = "; ".join(filter(None, [marks.get(last, ""), self._ending()]))
        return self._table.rows(sorted(steps), marks)

    def _marks(self, reason: Reason, decided: Reason, at: _Positions) -> dict[int, str]:
        """What is to be seen at the steps: the parts that are true or false there, the deciding one first."""
        marks: dict[int, list[str]] = {}
        for part in dict.fromkeys([decided, *_leaves(reason)]):
            is_range = part.first < part.last
            if part.children or (is_range and (part.value or part is not decided)):
                continue
            never = f"{self._name(part.formula)} never holds from here on"
            marks.setdefault(at(part.first), []).append(never if is_range else self._said(part.formula, part.value))
            if len(marks) >= MAX_MARKED:
                break
        return {step: _joined(list(dict.fromkeys(texts))) for step, texts in marks.items()}

    def _ending(self) -> str:
        return "" if self._run.decided_at is not None else f"end: {describe_end(self._recording.end)}"


class _Positions:
    """From a position of the judged trace (a slice, perhaps) to the index of the step."""

    def __init__(self, steps: Sequence[int], judgement: Judgement) -> None:
        self._steps = steps
        self._positions = judgement.positions

    def __call__(self, position: int) -> int:
        return self._steps[self._positions[position]]

    def is_last(self, position: int) -> bool:
        return position == len(self._positions) - 1


def _joined(texts: list[str]) -> str:
    more = "; …" if len(texts) > MAX_IN_MARK else ""
    return "; ".join(texts[:MAX_IN_MARK]) + more


def _leaves(reason: Reason) -> Iterator[Reason]:
    if not reason.children:
        yield reason
    for child in reason.children:
        yield from _leaves(child)
