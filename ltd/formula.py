"""The tree of a formula: a handful of primitive nodes, and `Composite` for everything derived from them.

A node is immutable and compares by structure. `origin` says where the user wrote it; it is opaque here, and
takes no part in comparison. Evaluation is in `semantics` (the textbook) and `columns` (the fast way).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """`True` or `False`."""

    value: bool
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Atom:
    """An atomic proposition. `predicate` is opaque to this package; `str(predicate)` prints it."""

    predicate: Hashable
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Two operands or more."""

    operands: tuple[Formula, ...]
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Two operands or more."""

    operands: tuple[Formula, ...]
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Until:
    """`right` at some step j from here on, and `left` at every step from here up to j (not included)."""

    left: Formula
    right: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Weak:
    """`Until`, or `left` at every step from here on."""

    left: Formula
    right: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Next:
    """There is a next step, and `operand` holds at it."""

    operand: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Previously:
    """There is a step before this one, and `operand` holds at it."""

    operand: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Since:
    """`right` at some step j up to here, and `left` at every step after j up to here (included)."""

    left: Formula
    right: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Within:
    """`operand` at one of the steps i+1 … i+count: `Next(Or(p, Next(Or(p, …))))`, not expanded."""

    count: int
    operand: Formula
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Throughout:
    """`operand` at all of the steps i+1 … i+count, which all exist: `Next(And(p, Next(And(p, …))))`."""

    count: int
    operand: Formula
    origin: object = field(default=None, compare=False, repr=False)


Operand: TypeAlias = "Formula | int | tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Composite:
    """A derived operator, applied: it prints as the user wrote it and means its `expansion`.

    The operands are the very objects found inside `expansion`, so a reason found there can be shown at the
    place where the user wrote the operand.
    """

    name: str
    operands: tuple[Operand, ...]
    keywords: tuple[tuple[str, Operand], ...] = ()
    expansion: Formula = field(default=Constant(False), compare=False, repr=False)
    origin: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ForEach:
    """`body` on each sub-trace of the steps at which `key` has one value.

    Parametric trace slicing: Chen and Roşu, TACAS 2009. Stands outermost, or inside another `ForEach`.
    `key` is opaque; `str(key)` prints it.
    """

    key: Hashable
    body: Formula
    origin: object = field(default=None, compare=False, repr=False)


Formula: TypeAlias = (
    Constant | Atom | Not | And | Or | Until | Weak | Next | Previously | Since | Within | Throughout
    | Composite | ForEach
)  # fmt: skip

TRUE = Constant(True)
FALSE = Constant(False)


def children(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly below `formula`, as the user wrote them (a composite's operands, not its expansion)."""
    match formula:
        case Constant() | Atom():
            return ()
        case Not() | Next() | Previously() | Within() | Throughout():
            return (formula.operand,)
        case And() | Or():
            return formula.operands
        case Until() | Weak() | Since():
            return (formula.left, formula.right)
        case ForEach():
            return (formula.body,)
        case Composite():
            operands = (*formula.operands, *(operand for _, operand in formula.keywords))
            return tuple(
                part
                for operand in operands
                for part in (operand if isinstance(operand, tuple) else (operand,))
                if not isinstance(part, int)
            )


def walk(formula: Formula) -> Iterator[Formula]:
    """`formula` and every formula below it, outermost first, as the user wrote them."""
    yield formula
    for child in children(formula):
        yield from walk(child)


def atoms(formula: Formula) -> Iterator[Atom]:
    """The atoms that `formula` means, each node once, those in the expansions of composites among them.

    Unlike `walk` this looks into expansions: the body of a user's operator may hold atoms of its own.
    """
    seen: set[int] = set()
    pending = [formula]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Atom):
            yield node
        if isinstance(node, Composite):
            pending.append(node.expansion)
        pending.extend(reversed(children(node)))


def predicates(formula: Formula) -> tuple[Hashable, ...]:
    """The predicates of the atoms of `formula`, each once, in the order of their first occurrence."""
    return tuple(dict.fromkeys(atom.predicate for atom in atoms(formula)))
