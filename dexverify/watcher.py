"""Looking on while a run goes on: one monitor a formula, so that a run ends as soon as nothing more is wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import is_not

from dexverify.columns import key_of
from dexverify.history import Moment
from dexverify.observation import OF_STEP, OfHistory, OfStack, OfValues, Status, observer_of, step_value
from dexverify.plan import key_sample
from dexverify.propositions import Address, Expect, ExpectState
from drivers.state import ABSENT, Frame, Sample, Step, Value
from ltd.formula import Formula, predicates
from ltd.monitor import Monitor
from ltd.verdict import Verdict

_TRUTH: dict[Status, bool | None] = {
    Status.FALSE: False,
    Status.TRUE: True,
    Status.UNKNOWN: None,
    Status.UNOBSERVABLE: False,
}


def can_be_watched(formula: Formula) -> bool:
    """Whether a formula can be judged before the run has ended: not where it compares with a declared address,
    which may be bound later than it is used."""
    return not any(map(_has_address, predicates(formula)))


class Watcher:
    """The monitors of all propositions of a test. `verdicts` are those that are certain, None for the others."""

    def __init__(self, formulas: Sequence[Formula]) -> None:
        wanted = dict.fromkeys(predicate for formula in formulas for predicate in predicates(formula))
        self._atoms = {predicate: _Atom(predicate) for predicate in wanted}
        self._monitors = [_Watched(formula, self._atoms) for formula in formulas]
        self.verdicts: list[Verdict | None] = [None] * len(formulas)

    def advance(self, step: Step, values: Mapping[Sample, Value]) -> bool:
        """Take the next recorded step, with all values at it; whether every proposition is certain now."""
        moment = Moment(step.thread, step.frames, step.entered, step.column)
        for atom in self._atoms.values():
            atom.advance(moment, values, step.changes)
        for index, watched in enumerate(self._monitors):
            if self.verdicts[index] is None:
                self.verdicts[index] = watched.advance(moment, values)
        return all(verdict is not None for verdict in self.verdicts)

    def status_of(self, predicate: Hashable) -> Status:
        """What one of the atoms is at the step taken last."""
        return self._atoms[predicate].status


class _Atom:
    """One atomic proposition, evaluated again only when something that it depends on has changed."""

    def __init__(self, predicate: Hashable) -> None:
        observer = observer_of(predicate, {})  # type: ignore[arg-type]  # every atom is one of ours
        self.status = Status.UNOBSERVABLE
        self._frames: tuple[Frame, ...] | None = None
        self._reads = frozenset(observer.reads) if isinstance(observer, OfValues) else frozenset()
        self._follow = observer.start() if isinstance(observer, OfHistory) else None
        self._observer = observer

    def advance(self, moment: Moment, values: Mapping[Sample, Value], changes: Mapping[Sample, Value]) -> None:
        is_first = self._frames is None
        stack_changed = is_not(self._frames, moment.frames)
        self._frames = moment.frames
        match self._observer:
            case OfHistory():
                assert self._follow is not None  # noqa: S101 - for the type checker
                self.status = Status(self._follow(moment))
            case OfStack() if stack_changed:
                self.status = self._observer.status(moment.frames)
            case OfValues() if (
                is_first
                or not self._reads.isdisjoint(changes)
                or (stack_changed and self._observer.stack_status is not None)
                or not self._reads.isdisjoint(OF_STEP)
            ):
                self.status = self._of_values(self._observer, moment, values)

    @staticmethod
    def _of_values(observer: OfValues, moment: Moment, values: Mapping[Sample, Value]) -> Status:
        if observer.stack_status is not None and observer.stack_status(moment.frames) is Status.FALSE:
            return Status.FALSE
        return observer.status([value_at(sample, moment, values) for sample in observer.reads])


class _Watched:
    """A formula with its monitor; it advances only at the steps of the formula's own trace."""

    def __init__(self, formula: Formula, atoms: Mapping[Hashable, _Atom]) -> None:
        self._atoms = {predicate: atoms[predicate] for predicate in predicates(formula)}
        self._monitor = Monitor(formula)

    def advance(self, moment: Moment, values: Mapping[Sample, Value]) -> Verdict | None:
        if self._atoms and all(atom.status is Status.UNOBSERVABLE for atom in self._atoms.values()):
            return None
        truth: Callable[[Hashable], bool | None] = lambda predicate: _TRUTH[self._atoms[predicate].status]  # noqa: E731
        return self._monitor.advance(truth, lambda key: key_of(value_at(key_sample(key), moment, values)))


def value_at(sample: Sample, moment: Moment, values: Mapping[Sample, Value]) -> Value:
    """The value of a sample at the present step; what a step says of itself is the step's own."""
    if sample in OF_STEP:
        return step_value(sample, moment.thread, moment.column)
    return values.get(sample, ABSENT)


def _has_address(predicate: Hashable) -> bool:
    match predicate:
        case Expect():
            return isinstance(predicate.value, Address)
        case ExpectState():
            return any(isinstance(watch.value, Address) for frame in predicate.frames for watch in frame.watches)
    return False
