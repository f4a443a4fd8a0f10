"""Negation normal form, for the monitor: negation stands at atoms only, and every operator has its dual.

Over a finite trace the dual of an operator that asks for a further step is one that is content without: those are
`strong` and weak here. Nodes are interned, so that equal subformulas are one object and compare by identity.
Constants are folded as far as the strong and weak views see them (`Evaluation.beyond` in `ltd.columns`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

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
)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A constant."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """An atom, by its index among the formula's predicates, or its negation."""

    index: int
    positive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """All of the operands, or one of them."""

    every: bool
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """`operand` at the next step; where there is none, not `strong`."""

    strong: bool
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """`left` until `right`; where the trace ends before a `right`, not `strong`."""

    strong: bool
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """`operand` at every, or at one, of the next `count` steps; where the trace ends within them, not `strong`."""

    strong: bool
    every: bool
    count: int
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """`operand` at the step before; `initially` where there is none. `slot` is where the monitor remembers."""

    initially: bool
    operand: Node
    slot: int


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """`right or (left and the value before)`, or its dual `right and (left or the value before)`, as `dual` says.

    The value before the first step is `dual`.
    """

    dual: bool
    left: Node
    right: Node
    slot: int


Node: TypeAlias = Truth | Literal | Several | Ahead | Stretch | Counted | Before | Past

TRUE, FALSE = Truth(True), Truth(False)


class Normalizer:
    """Turns formulas into nodes. `predicates` and `slots` (the nodes that remember, inner ones first) grow with it."""

    def __init__(self) -> None:
        self.predicates: dict[Hashable, int] = {}
        self.slots: list[Before | Past] = []
        self._interned: dict[tuple[object, ...], Node] = {}
        self._done: dict[tuple[int, bool], Node] = {}

    def normalize(self, formula: Formula, positive: bool = True) -> Node:
        """The node of `formula`, or of its negation. Raises ValueError for a `ForEach`."""
        # With a stack of our own: expansions nest deeper than Python's calls may.
        pending = [(formula, positive)]
        while pending:
            part, sign = pending[-1]
            if (id(part), sign) not in self._done:
                below = (part.expansion,) if isinstance(part, Composite) else children(part)
                needed = sign != isinstance(part, Not)
                missing = [(each, needed) for each in below if (id(each), needed) not in self._done]
                if missing:
                    pending += missing
                    continue
                self._done[id(part), sign] = self._normalize(part, sign)
            pending.pop()
        return self._done[id(formula), positive]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes but the constants, operands before what they are operands of."""
        return tuple(self._interned.values())

    def _normalize(self, formula: Formula, positive: bool) -> Node:
        match formula:
            case Constant():
                return TRUE if formula.value == positive else FALSE
            case Atom():
                index = self.predicates.setdefault(formula.predicate, len(self.predicates))
                return self._intern(Literal, index, positive)
            case Not():
                return self.normalize(formula.operand, not positive)
            case And() | Or():
                operands = [self.normalize(operand, positive) for operand in formula.operands]
                return self._several(positive == isinstance(formula, And), operands)
            case Until() | Weak():
                strong = positive == isinstance(formula, Until)
                left, right = self.normalize(formula.left, positive), self.normalize(formula.right, positive)
                if positive:
                    return self._stretch(strong, left, right)
                # not (p until q) is: not q, up to and including a step without p, or to the end
                return self._stretch(strong, right, self._several(True, [left, right]))
            case Next():
                return self._ahead(positive, self.normalize(formula.operand, positive))
            case Within() | Throughout():
                every = positive == isinstance(formula, Throughout)
                return self._counted(positive, every, formula.count, self.normalize(formula.operand, positive))
            case Previously():
                return self._before(not positive, self.normalize(formula.operand, positive))
            case Since():
                left, right = self.normalize(formula.left, positive), self.normalize(formula.right, positive)
                return self._past(not positive, left, right)
            case Composite():
                return self.normalize(formula.expansion, positive)
            case ForEach():
                raise ValueError("ForEach stands outermost, or inside another ForEach")
            case _:
                assert_never(formula)

    def _intern(self, kind: Callable[..., Node], *fields: object) -> Node:
        key = (kind, *fields)
        if key not in self._interned:
            self._interned[key] = kind(*fields)
        return self._interned[key]

    def _several(self, every: bool, operands: list[Node]) -> Node:
        neutral, absorbing = (TRUE, FALSE) if every else (FALSE, TRUE)
        if absorbing in operands:
            return absorbing
        kept = tuple(dict.fromkeys(operand for operand in operands if operand is not neutral))
        if len(kept) < 2:
            return kept[0] if kept else neutral
        return self._intern(Several, every, kept)

    def _stretch(self, strong: bool, left: Node, right: Node) -> Node:
        if right is TRUE or left is FALSE:
            return right
        if right is FALSE and strong:
            return FALSE
        if left is TRUE and not strong:
            return TRUE
        return self._intern(Stretch, strong, left, right)

    def _ahead(self, strong: bool, operand: Node) -> Node:
        if operand is (FALSE if strong else TRUE):
            return operand
        return self._intern(Ahead, strong, operand)

    def _counted(self, strong: bool, every: bool, count: int, operand: Node) -> Node:
        if count < 1:
            return TRUE if every else FALSE
        if operand is (FALSE if strong else TRUE):
            return operand
        return self._intern(Counted, strong, every, count, operand)

    def _before(self, initially: bool, operand: Node) -> Node:
        if operand is (TRUE if initially else FALSE):
            return operand
        return self._remember(Before, initially, operand)

    def _past(self, dual: bool, left: Node, right: Node) -> Node:
        if isinstance(right, Truth) or left is (TRUE if dual else FALSE):
            return right
        return self._remember(Past, dual, left, right)

    def _remember(self, kind: Callable[..., Before | Past], *fields: object) -> Node:
        key = (kind, *fields)
        if key not in self._interned:
            node = kind(*fields, len(self.slots))
            self.slots.append(node)
            self._interned[key] = node
        return self._interned[key]
