"""Formula progression (Bacchus and Kabanza, AAAI 1996) as a deterministic automaton that is built as it is used.

A state is what remains to be shown of the whole formula and, for each past operator, what its value at the last step
rests on: both as residuals. A step replaces each obligation by what it means at that step. States and transitions
are remembered, so on a trace that repeats itself a step is a look-up in a dictionary.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from ltd import normal
from ltd.formula import Formula
from ltd.normal import Ahead, Before, Counted, Literal, Node, Normalizer, Past, Several, Stretch, Truth
from ltd.residual import FALSE, TRUE, Obligation, Residual, TooLarge, both, either, minimize, owe

Valuation: TypeAlias = tuple[bool | None, ...]

MAX_TRANSITIONS = 50_000
"""So many transitions are remembered; then all are forgotten, which costs time but changes no result."""


@dataclass(slots=True, eq=False)
class State:
    """What is left of the formula, and of each past operator; `transitions` are the steps taken so far."""

    residual: Residual
    memory: tuple[Residual, ...]
    transitions: dict[tuple[Valuation, bool], State] = field(default_factory=dict)

    @property
    def certain(self) -> bool | None:
        """The value that every continuation agrees on, also the empty one."""
        if self.residual == TRUE:
            return True
        return None if self.residual else False


class Automaton:
    """The automaton of one formula. Raises ValueError for a `ForEach`.

    What it calls certain is what the strong and weak views call certain (`Evaluation(…, complete=False)`), with this
    much more: clauses that imply one another are one.
    """

    def __init__(self, formula: Formula) -> None:
        self.formula = formula  # keeps the identities that the normalizer works with
        normalizer = Normalizer()
        start = normalizer.normalize(formula)
        self.predicates: tuple[Hashable, ...] = tuple(normalizer.predicates)
        self._slots = tuple(normalizer.slots)
        self._nodes = normalizer.nodes
        self._transitions = 0
        self._states: dict[tuple[Residual, tuple[Residual, ...]], State] = {}
        memory = tuple(TRUE if _initially(node) else FALSE for node in self._slots)
        self.initial = State(owe((Ahead(True, start), 0)), memory)

    def step(self, state: State, valuation: Valuation, *, optimistic: bool) -> State:
        """The state after a step with these values of `predicates`. Raises TooLarge.

        An unknown value, None, counts for the formula wherever it occurs if `optimistic`, else against it.
        """
        key = (valuation, optimistic)
        following = state.transitions.get(key)
        if following is None:
            if self._transitions >= MAX_TRANSITIONS:
                self._forget()
            following = state.transitions[key] = self._step(state, valuation, optimistic)
            self._transitions += 1
        return following

    def _forget(self) -> None:
        for known in self._states.values():
            known.transitions.clear()
        self._states.clear()
        self.initial.transitions.clear()
        self._transitions = 0

    def _step(self, state: State, valuation: Valuation, optimistic: bool) -> State:
        progress = _Progress(self._nodes, state.memory, valuation, optimistic)
        residual = progress.residual(state.residual)
        memory: list[Residual] = [
            progress.now(node.operand if isinstance(node, Before) else node) for node in self._slots
        ]
        if self._slots:
            residual = _Outlook(self._nodes, memory).settle(residual)
        key = (residual, tuple(memory))
        following = self._states.get(key)
        if following is None:
            following = self._states[key] = State(*key)
        return following


def _initially(node: Before | Past) -> bool:
    return node.initially if isinstance(node, Before) else node.dual


class _Progress:
    """One step: what each node means at it, as a residual over obligations for the step after it."""

    def __init__(
        self, nodes: Sequence[Node], memory: tuple[Residual, ...], valuation: Valuation, optimistic: bool
    ) -> None:
        self._memory = memory
        self._valuation = valuation
        self._optimistic = optimistic
        self._done: dict[Node, Residual | None] = {normal.TRUE: TRUE, normal.FALSE: FALSE}
        for node in nodes:  # operands first, so that nothing here calls itself, however deep the formula
            try:
                self._done[node] = self._now(node)
            except TooLarge:
                self._done[node] = None  # no harm unless it is asked for

    def residual(self, residual: Residual) -> Residual:
        """The residual of the step before, in terms of what this one leaves."""
        result = FALSE
        for clause in residual:
            part = TRUE
            for obligation in clause:
                part = both(part, self._due(obligation))
            result = either(result, part)
        return result

    def _due(self, obligation: Obligation) -> Residual:
        node, left = obligation
        if isinstance(node, Ahead):
            return self.now(node.operand)
        if isinstance(node, Stretch):
            return self.now(node)
        here = self.now(node.operand)
        if left == 1:
            return here
        return (both if node.every else either)(here, owe((node, left - 1)))

    def now(self, node: Node) -> Residual:
        """What it takes for `node` to hold at this step. Raises TooLarge."""
        found = self._done[node]
        if found is None:
            raise TooLarge
        return found

    def _now(self, node: Node) -> Residual:
        match node:
            case Truth():
                return TRUE if node.value else FALSE
            case Literal():
                value = self._valuation[node.index]
                return TRUE if (self._optimistic if value is None else value == node.positive) else FALSE
            case Several():
                result = TRUE if node.every else FALSE
                for operand in node.operands:
                    result = (both if node.every else either)(result, self.now(operand))
                return result
            case Ahead():
                return owe((node, 0))
            case Counted():
                return owe((node, node.count))
            case Stretch():
                return either(self.now(node.right), both(self.now(node.left), owe((node, 0))))
            case Before():
                return self.residual(self._memory[node.slot])
            case Past():
                before, left, right = self.residual(self._memory[node.slot]), self.now(node.left), self.now(node.right)
                if node.dual:
                    return both(right, either(left, before))
                return either(right, both(left, before))
            case _:
                assert_never(node)


class _Outlook:
    """What no continuation can change any more, given what the past operators remember.

    The same bounds as `Evaluation.beyond`: with `Once(p)` true, it stays true, and `Henceforth(Once(p))` holds.
    """

    def __init__(self, nodes: Sequence[Node], memory: list[Residual]) -> None:
        """Settles `memory` too, in place."""
        self._memory = memory
        self._done: dict[Node, tuple[bool, bool]] = {
            normal.TRUE: (True, True),
            normal.FALSE: (False, False),
        }
        for node in nodes:  # operands first: the outlook of what is remembered rests on them alone
            if isinstance(node, Before | Past):
                memory[node.slot] = self.settle(memory[node.slot])
            self._done[node] = self._bounds(node)

    def settle(self, residual: Residual) -> Residual:
        """The residual without the clauses that cannot be met and without the obligations that cannot be broken."""
        clauses = []
        for clause in residual:
            bounds = [(obligation, self._done[self._promised(obligation)]) for obligation in clause]
            if all(high or not node.strong for (node, _), (_, high) in bounds):
                clauses.append(frozenset(o for o, (low, _) in bounds if o[0].strong or not low))
        return residual if len(clauses) == len(residual) and set(clauses) == residual else minimize(clauses)

    def _promised(self, obligation: Obligation) -> Node:
        node, _ = obligation
        return node if isinstance(node, Stretch) else node.operand

    def _bounds(self, node: Node) -> tuple[bool, bool]:
        """Whether `node` holds at every, and at any, position that a continuation may add."""
        match node:
            case Truth():
                return node.value, node.value
            case Literal():
                return False, True
            case Several():
                bounds = [self._done[operand] for operand in node.operands]
                join = all if node.every else any
                return join(low for low, _ in bounds), join(high for _, high in bounds)
            case Ahead() | Counted():
                low, high = self._done[node.operand]
                return (False, high) if node.strong else (low, True)
            case Stretch():
                (left_low, left_high), (low, high) = self._done[node.left], self._done[node.right]
                return (low, high) if node.strong else (left_low or low, left_high or high)
            case Before():
                low, high = self._done[node.operand]
                was_low, was_high = self._remembered(node)
                return was_low and low, was_high or high
            case Past():
                (left_low, left_high), (low, high) = self._done[node.left], self._done[node.right]
                was_low, was_high = self._remembered(node)
                if node.dual:
                    return low and (left_low or was_low), high and (left_high or was_high)
                return low or (left_low and was_low), high or (left_high and was_high)
            case _:
                assert_never(node)

    def _remembered(self, node: Before | Past) -> tuple[bool, bool]:
        residual = self._memory[node.slot]
        return residual == TRUE, bool(residual)
