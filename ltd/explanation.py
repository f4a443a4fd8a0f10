"""Why a formula has its value: a walk down the evaluated columns to the few positions and parts that settle it.

What is claimed is certain (unknown atoms and continuations cannot change it) and is said of the parts that the user
wrote: the inside of a composite's expansion is passed through, never shown. Of several sufficient reasons the
earliest is taken: the first position at which a `Henceforth` is violated, the first operand of an `And` that
is false. It takes one or two linear passes for each node on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from ltd.columns import Evaluation
from ltd.formula import (
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
    children,
    walk,
)
from ltd.search import first, last
from ltd.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Reason:
    """`formula` has `value` at every position from `first` to `last`, because of `children`.

    `position` is the one that is explained. Over a range the children, if there are any, say why it is so at a
    position that stands for the others: there are none where nothing temporal is left to explain. Positions are
    those of `Judgement.trace`. What has neither a range nor children is plain to see there: an atom, or that the
    trace ends (or begins) at that position.
    """

    formula: Formula
    position: int
    value: bool
    first: int
    last: int
    children: tuple[Reason, ...]


def explain(judgement: Judgement) -> Reason:
    """The reason for a verdict. Raises ValueError for UNKNOWN, whose causes `ltd.verdict.unknown_causes` names."""
    if judgement.verdict is Verdict.UNKNOWN:
        raise ValueError("there is no reason for an unknown verdict, only causes: see unknown_causes")
    value = judgement.verdict in (Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS)
    if isinstance(judgement.formula, ForEach):
        return Reason(judgement.formula, 0, value, 0, judgement.trace.length - 1, ())
    return _Walk(judgement.evaluate()).reason(judgement.formula, 0, value)


def decisive(reason: Reason) -> Reason:
    """The part that decided: down from the whole formula, to the last of the children each time.

    They are in the order of the story they tell: the request before the answer that never came, the stretch in
    which nothing happened before the step that broke it. Where all of them say the same of one position, as those
    of a false `Or` do, none stands out, and the whole is the answer.
    """
    while reason.children:
        claims = {(child.first, child.last, child.value) for child in reason.children}
        if len(claims) == 1 and len(reason.children) > 1:
            break
        reason = reason.children[-1]
    return reason


def positions(reason: Reason, limit: int = 8) -> tuple[int, ...]:
    """The positions that matter, ascending, at most `limit`: of each claim the ends, the decisive one's first."""
    ordered = [decisive(reason), *(leaf for leaf in _leaves(reason))]
    matter = dict.fromkeys(end for claim in ordered for end in (claim.first, claim.last))
    return tuple(sorted(list(matter)[:limit]))


def _leaves(reason: Reason) -> Iterator[Reason]:
    if not reason.children:
        yield reason
    for child in reason.children:
        yield from _leaves(child)


Claim: TypeAlias = tuple[Formula, int, int, bool]
"""A formula has a value at every position from the first to the last one given."""


class _Walk:
    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._length = evaluation.length
        self._mask = (1 << evaluation.length) - 1
        self._written = {id(node) for node in walk(evaluation.formula)}

    def reason(self, formula: Formula, position: int, value: bool) -> Reason:
        """The reason with its children, all the way down."""
        return self._explained((formula, position, position, value))

    def _explained(self, claim: Claim) -> Reason:
        formula, position, stop, value = claim
        parts: list[Reason] = []
        seen: set[tuple[int, int, int, bool]] = set()
        # With a stack of our own for what is not shown: expansions nest deeper than Python's calls may.
        pending = list(self._below(claim))[::-1] if position == stop or _is_temporal(formula) else []
        while pending:
            part, start, end, wanted = pending.pop()
            if (id(part), start, end, wanted) in seen:
                continue
            seen.add((id(part), start, end, wanted))
            if not self._is_shown(part):
                pending += list(self._below((part, start, end, wanted)))[::-1]
            else:
                parts.append(self._explained((part, start, end, wanted)))
        return Reason(formula, position, value, position, stop, tuple(parts))

    def _is_shown(self, formula: Formula) -> bool:
        return id(formula) in self._written or formula.origin is not None or isinstance(formula, Atom)

    def _where(self, formula: Formula, value: bool) -> int:
        """The column of the positions at which `formula` certainly has `value`."""
        bounds = self._evaluation.of(formula)
        return bounds.low if value else self._mask ^ bounds.high

    def _first(self, formula: Formula, value: bool, start: int) -> int | None:
        return first(self._where(formula, value), self._length, start)

    def _last(self, formula: Formula, value: bool, end: int) -> int | None:
        return last(self._where(formula, value), self._length, end)

    def _why(self, formula: Formula, position: int, value: bool) -> Iterator[Claim]:
        """What it is about the parts of `formula` that gives it `value` at `position`."""
        match formula:
            case Constant() | Atom() | ForEach():
                return
            case Not():
                yield formula.operand, position, position, not value
            case And() | Or():
                if value == isinstance(formula, And):
                    for operand in formula.operands:
                        yield operand, position, position, value
                else:
                    yield self._settling(formula, position, value), position, position, value
            case Until() | Weak():
                yield from self._until(formula, position, value)
            case Since():
                yield from self._since(formula, position, value)
            case Next() | Within() | Throughout():
                count = 1 if isinstance(formula, Next) else formula.count
                yield from self._ahead(formula, position, value, count)
            case Previously():
                if position > 0:
                    yield formula.operand, position - 1, position - 1, value
            case Composite():
                yield formula.expansion, position, position, value
            case _:
                assert_never(formula)

    def _settling(self, formula: And | Or, position: int, value: bool) -> Formula:
        for operand in formula.operands:
            if self._first(operand, value, position) == position:
                return operand
        raise AssertionError("a value without a reason")

    def _until(self, formula: Until | Weak, position: int, value: bool) -> Iterator[Claim]:
        left, right, end = formula.left, formula.right, self._length - 1
        if value:
            reached = self._first(right, True, position)
            broken = first(self._mask ^ self._where(left, True), self._length, position)
            if reached is not None and (broken is None or reached <= broken):
                yield from _stretch(left, position, reached - 1, True)
                yield right, reached, reached, True
            else:
                yield left, position, end, True
        else:
            broken = self._first(left, False, position)
            yield right, position, end if broken is None else broken, False
            if broken is not None:
                yield left, broken, broken, False

    def _since(self, formula: Since, position: int, value: bool) -> Iterator[Claim]:
        left, right = formula.left, formula.right
        if value:
            reached = self._last(right, True, position)
            assert reached is not None  # noqa: S101  (what Since means)
            yield from _stretch(left, reached + 1, position, True)
            yield right, reached, reached, True
        else:
            broken = self._last(left, False, position)
            yield right, broken or 0, position, False
            if broken is not None:
                yield left, broken, broken, False

    def _ahead(self, formula: Next | Within | Throughout, position: int, value: bool, count: int) -> Iterator[Claim]:
        """Some step ahead with the value settles `Within` true and `Throughout` false; else it takes all of them."""
        start, end = position + 1, min(position + count, self._length - 1)
        if value != isinstance(formula, Throughout):
            found = self._first(formula.operand, value, start)
            if found is not None and found <= end:
                yield formula.operand, found, found, value
                return
        if isinstance(formula, Throughout) and not value:
            return  # the trace ends too early: nothing below has to be false
        yield from _stretch(formula.operand, start, end, value)

    def _below(self, claim: Claim) -> Iterator[Claim]:
        """The claim in terms of the parts of its formula."""
        formula, start, end, value = claim
        if start == end:
            yield from self._why(formula, start, value)
            return
        match formula:
            case Not():
                yield formula.operand, start, end, not value
            case Composite():
                yield formula.expansion, start, end, value
            case And() | Or():
                if value == isinstance(formula, And):
                    for operand in formula.operands:
                        yield operand, start, end, value
                else:
                    yield from self._mostly(formula, start, end, value)
            case Next():
                yield formula.operand, start + 1, min(end + 1, self._length - 1), value
            case Previously():
                yield formula.operand, max(start - 1, 0), end - 1, value
            case Weak() | Throughout() | Since():
                # What makes it true from the start on, or false at the end, does so for those between as well.
                yield from self._why(formula, start if value else end, value)
            case Until() | Within():
                yield from self._why(formula, end if value else start, value)
            case Constant() | Atom() | ForEach():
                return
            case _:
                assert_never(formula)

    def _mostly(self, formula: And | Or, start: int, end: int, value: bool) -> Iterator[Claim]:
        """The first operand if it has the value all along; else what is so where it has not.

        That something never is so, is told in full where one other operand accounts for all of the rest. Else the
        latest position is an example: for a `Response` that holds, the last request and its answer.
        """
        leading, *others = formula.operands
        exceptions = self._mask ^ self._where(leading, value)
        earliest, latest = first(exceptions, self._length, start), last(exceptions, self._length, end)
        if earliest is None or latest is None or earliest > end or latest < start:
            yield leading, start, end, value
            return
        if not value:
            for other in others:
                gap = first(self._mask ^ self._where(other, value), self._length, earliest)
                if gap is None or gap > end:
                    yield from _stretch(leading, start, earliest - 1, value)
                    yield other, earliest, end, value
                    return
        yield from self._why(formula, latest, value)


def _is_temporal(formula: Formula) -> bool:
    """Whether it looks at other steps than the present one. Looks at shared parts once."""
    seen: set[int] = set()
    pending = [formula]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not isinstance(node, Constant | Atom | Not | And | Or | Composite):
            return True
        pending += (node.expansion,) if isinstance(node, Composite) else children(node)
    return False


def _stretch(formula: Formula, start: int, end: int, value: bool) -> Iterator[Claim]:
    if start <= end:
        yield formula, start, end, value
