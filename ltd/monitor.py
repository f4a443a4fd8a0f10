"""The verdict while the trace is still growing, as early as it is certain.

Certain means for every finite continuation, the empty one included. The monitor is never later than the strong and
the weak view of the steps seen (`judge(…, complete=False)`), and may be earlier. It is exact in that it never says
what the complete trace would deny; it does not find every certainty that is there, which takes automata of
exponential size (LTL3: Bauer, Leucker and Schallhart, TOSEM 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ltd.automaton import Automaton, State
from ltd.columns import Bounds
from ltd.formula import ForEach, Formula, predicates
from ltd.residual import TooLarge, holds_at_end
from ltd.trace import Trace
from ltd.verdict import RANKS, Verdict, judge

Truth = Callable[[Hashable], bool | None]
Key = Callable[[Hashable], Hashable]
_Valuation = tuple[bool | None, ...]


def _no_key(key: Hashable) -> Hashable:
    raise LookupError(f"the formula is judged for each {key}: advance() must be given `key`")


class Monitor:
    """Watches one formula over one trace.

    What remains to be shown is kept as a normal form, which can grow exponentially with the formula. Past
    `ltd.residual.MAX_CLAUSES` `is_exhausted` turns true, and the monitor evaluates the two views themselves at each
    step: just as early, but in time linear in the steps so far.
    """

    def __init__(self, formula: Formula) -> None:
        self._watch: _Watch | _WatchEach = _watch(formula)

    @property
    def is_exhausted(self) -> bool:
        """Whether the normal form was given up for the views."""
        return self._watch.is_exhausted

    def advance(self, truth: Truth, key: Key = _no_key) -> Verdict | None:
        """Take one step of the formula's trace; HOLDS or FAILS as soon as that is certain, and from then on.

        `truth` gives the value of an atom's predicate at the step, None where it is unknown; `key` gives the
        value of a `ForEach`'s key, None where the step belongs to no slice.
        """
        return self._watch.advance(truth, key)

    def finish(self, complete: bool) -> Verdict:
        """The verdict if no step follows; `complete` as in `ltd.verdict.judge`."""
        return self._watch.finish(complete)


def _watch(formula: Formula) -> _Watch | _WatchEach:
    return _WatchEach(_Template(formula)) if isinstance(formula, ForEach) else _Watch(Automaton(formula))


class _Watch:
    """One formula without `ForEach`: a state that counts unknown atoms against it, and one that counts them for it."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._against: State = automaton.initial
        self._in_favour: State = automaton.initial
        self._started = False
        self._decided: Verdict | None = None
        self._seen: list[_Valuation] = []
        self._known: dict[_Valuation, _Valuation] = {}  # each kept once
        self._views: _Views | None = None

    @property
    def is_exhausted(self) -> bool:
        return self._views is not None

    def advance(self, truth: Truth, _key: Key) -> Verdict | None:
        self._started = True
        if self._decided is not None:
            return self._decided
        step, valuation = self._automaton.step, tuple(map(truth, self._automaton.predicates))
        if self._views is not None:
            self._views.add(valuation)
            return self._look()
        self._seen.append(self._known.setdefault(valuation, valuation))
        try:
            if None in valuation or self._against is not self._in_favour:
                self._against = step(self._against, valuation, optimistic=False)
                self._in_favour = step(self._in_favour, valuation, optimistic=True)
            else:
                self._against = self._in_favour = step(self._against, valuation, optimistic=False)
        except TooLarge:
            self._views = _Views(self._automaton)
            for each in self._seen:
                self._views.add(each)
            return self._look()
        if self._against.certain:
            self._decided = Verdict.HOLDS
        elif self._in_favour.certain is False:
            self._decided = Verdict.FAILS
        return self._decided

    def _look(self) -> Verdict | None:
        assert self._views is not None  # noqa: S101 - for the type checker
        verdict = self._views.verdict(complete=False)
        self._decided = verdict if verdict in (Verdict.HOLDS, Verdict.FAILS) else None
        return self._decided

    def finish(self, complete: bool) -> Verdict:
        if self._decided is not None:
            return self._decided
        if not self._started:
            return Verdict.UNKNOWN
        if self._views is not None:
            return self._views.verdict(complete=complete)
        if holds_at_end(self._against.residual):
            return Verdict.HOLDS if complete else Verdict.PRESUMABLY_HOLDS
        if not holds_at_end(self._in_favour.residual):
            return Verdict.FAILS if complete else Verdict.PRESUMABLY_FAILS
        return Verdict.UNKNOWN


class _Views:
    """The strong and the weak view of the steps so far, evaluated anew at each."""

    def __init__(self, automaton: Automaton) -> None:
        self._formula = automaton.formula
        self._columns = {predicate: Bounds(0, 0) for predicate in automaton.predicates}
        # What the normal form has no use for is of none here either: unknown throughout.
        self._unused = set(predicates(automaton.formula)) - self._columns.keys()
        self._length = 0

    def add(self, valuation: _Valuation) -> None:
        self._length += 1
        for (predicate, bounds), truth in zip(self._columns.items(), valuation, strict=True):
            low, high = bounds.low << 1 | (truth is True), bounds.high << 1 | (truth is not False)
            self._columns[predicate] = Bounds(low, high)

    def verdict(self, *, complete: bool) -> Verdict:
        unknown = Bounds(0, (1 << self._length) - 1)
        columns = {**dict.fromkeys(self._unused, unknown), **self._columns}
        return judge(self._formula, Trace(self._length, columns), complete=complete).verdict


class _Template:
    """What the slices of one `ForEach` share: the automaton of its body is built once."""

    def __init__(self, formula: ForEach) -> None:
        self.key = formula.key
        self._body: _Template | Automaton
        self._body = _Template(formula.body) if isinstance(formula.body, ForEach) else Automaton(formula.body)

    def watch(self) -> _Watch | _WatchEach:
        return _WatchEach(self._body) if isinstance(self._body, _Template) else _Watch(self._body)


class _WatchEach:
    """A `ForEach`: one watch for each value of its key. It fails as soon as one fails, and never holds early."""

    def __init__(self, template: _Template) -> None:
        self._template = template
        self._slices: dict[Hashable, _Watch | _WatchEach] = {}
        self._started = False
        self._failed = False

    @property
    def is_exhausted(self) -> bool:
        return any(each.is_exhausted for each in self._slices.values())

    def advance(self, truth: Truth, key: Key) -> Verdict | None:
        self._started = True
        if self._failed:
            return Verdict.FAILS
        value = key(self._template.key)
        if value is None:
            return None
        if value not in self._slices:
            self._slices[value] = self._template.watch()
        self._failed = self._slices[value].advance(truth, key) is Verdict.FAILS
        return Verdict.FAILS if self._failed else None

    def finish(self, complete: bool) -> Verdict:
        if not self._started:
            return Verdict.UNKNOWN
        verdicts = [each.finish(complete) for each in self._slices.values()]
        verdict = min(verdicts, key=RANKS.index, default=Verdict.HOLDS)
        return Verdict.PRESUMABLY_HOLDS if verdict is Verdict.HOLDS and not complete else verdict
