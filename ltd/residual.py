"""What is left to be shown: a monotone disjunctive normal form over obligations for the next step.

A residual is a set of clauses, one of which must be met; a clause is a set of obligations, all of which must be met.
It is kept minimal: no clause is implied by another, so that equal functions of unrelated obligations are equal
sets, True is the residual with the empty clause alone, and False is the empty residual.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from ltd.normal import Ahead, Counted, Stretch

Obligation: TypeAlias = tuple[Ahead | Stretch | Counted, int]
"""What must hold at the next step: what the node promises of it, and for `Counted` the number of steps left."""

Clause: TypeAlias = frozenset[Obligation]
Residual: TypeAlias = frozenset[Clause]

NOTHING: Clause = frozenset()
TRUE: Residual = frozenset({NOTHING})
FALSE: Residual = frozenset()

MAX_CLAUSES = 64
"""A residual with more is given up: normal forms can grow exponentially, and comparing takes their square."""


class TooLarge(Exception):
    """A residual has more than MAX_CLAUSES clauses."""


def owe(obligation: Obligation) -> Residual:
    """The residual of a single obligation."""
    return frozenset({frozenset({obligation})})


def either(left: Residual, right: Residual) -> Residual:
    """The disjunction."""
    if left in (right, TRUE) or not right:
        return left
    if not left or right == TRUE:
        return right
    return minimize(left | right)


def both(left: Residual, right: Residual) -> Residual:
    """The conjunction. Raises TooLarge."""
    if left == right or right == TRUE or not left:
        return left
    if left == TRUE or not right:
        return right
    if len(left) * len(right) > MAX_CLAUSES * MAX_CLAUSES:
        raise TooLarge
    return minimize({_strongest(one | other) for one in left for other in right})


def minimize(clauses: Collection[Clause]) -> Residual:
    """The clauses without those that imply another one. Raises TooLarge."""
    counted = any(isinstance(node, Counted) for clause in clauses for node, _ in clause)
    kept: list[Clause] = []
    for clause in sorted(clauses, key=len):
        if any(other <= clause for other in kept):
            continue
        if counted:
            # Where one count implies another, a clause can imply one that is not a part of it, or longer.
            if any(_implies(clause, other) for other in kept):
                continue
            kept = [other for other in kept if not _implies(other, clause)]
        kept.append(clause)
        if len(kept) > MAX_CLAUSES:
            raise TooLarge
    return frozenset(kept)


def holds_at_end(residual: Residual) -> bool:
    """The value if no step follows: strong obligations are broken, weak ones are met."""
    return any(all(not node.strong for node, _ in clause) for clause in residual)


def _implies(clause: Clause, other: Clause) -> bool:
    return all(
        obligation in clause
        or (isinstance(obligation[0], Counted) and any(_stronger(mine, obligation) for mine in clause))
        for obligation in other
    )


def _stronger(mine: Obligation, other: Obligation) -> bool:
    """Whether `mine` implies `other`: within k steps implies within k+1; throughout k implies throughout k-1."""
    (node, left), (same, needed) = mine, other
    return node is same and isinstance(node, Counted) and (left >= needed if node.every else left <= needed)


def _strongest(clause: Clause) -> Clause:
    """The clause without obligations that another one of its own implies."""
    if sum(isinstance(node, Counted) for node, _ in clause) < 2:
        return clause
    return frozenset(one for one in clause if not any(other != one and _stronger(other, one) for other in clause))
