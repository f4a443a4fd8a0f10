"""Formulas as text, in the two notations of the annotation language. A composite prints as it was written.

Infix knows the keywords below; every other operator is a call there too. Unary keywords bind tightest, then
`until` and `weak` (right associative), then `and`, `or`, `imply`, `equivalent`. An `And` inside an `And` keeps its
parentheses, since `a and b and c` is one `And` of three; so does an `imply` inside an `imply`, and an
`equivalent` inside an `equivalent`, which nobody reads alike without them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from ltd.formula import (
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Operand,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
)

_EQUIVALENT, _IMPLY, _OR, _AND, _BINARY, _UNARY, _CALL = range(7)

_UNARY_COMPOSITES = {"Henceforth": "always", "Eventually": "eventually"}
_BINARY_COMPOSITES = {"Implies": ("imply", _IMPLY), "Iff": ("equivalent", _EQUIVALENT)}


def prefix(formula: Formula) -> str:
    """The formula as nested calls: `Henceforth(Implies(a, Eventually(b)))`."""
    return _call(formula, prefix)


def infix(formula: Formula) -> str:
    """The formula with keywords and as few parentheses as its reading needs: `always (a imply eventually b)`."""
    return _infix(formula)[0]


def _call(formula: Formula, inner: Callable[[Formula], str]) -> str:
    match formula:
        case Constant():
            return str(formula.value)
        case Atom():
            return str(formula.predicate)
        case Not() | Next() | Previously():
            operands: tuple[Operand, ...] = (formula.operand,)
        case And() | Or():
            operands = formula.operands
        case Until() | Weak() | Since():
            operands = (formula.left, formula.right)
        case Within() | Throughout():
            operands = (formula.count, formula.operand)
        case ForEach():
            return f"ForEach({formula.key}, {inner(formula.body)})"
        case Composite():
            parts = [_operand(operand, inner) for operand in formula.operands]
            parts += [f"{name}={_operand(operand, inner)}" for name, operand in formula.keywords]
            # One without operands is a name that the user gave to a formula.
            return f"{formula.name}({', '.join(parts)})" if parts else formula.name
        case _:
            assert_never(formula)
    return f"{type(formula).__name__}({', '.join(_operand(operand, inner) for operand in operands)})"


def _operand(operand: Operand, inner: Callable[[Formula], str]) -> str:
    if isinstance(operand, int):
        return str(operand)
    if isinstance(operand, tuple):
        return f"({', '.join(inner(part) for part in operand)})"
    return inner(operand)


def _infix(formula: Formula) -> tuple[str, int]:
    """The text, and how tightly its outermost operator binds."""
    match formula:
        case Not():
            return f"not {_bound(formula.operand, _UNARY)}", _UNARY
        case Next():
            return f"next {_bound(formula.operand, _UNARY)}", _UNARY
        case Until():
            return f"{_bound(formula.left, _UNARY)} until {_bound(formula.right, _BINARY)}", _BINARY
        case Weak():
            return f"{_bound(formula.left, _UNARY)} weak {_bound(formula.right, _BINARY)}", _BINARY
        case And(operands):
            return " and ".join(_bound(operand, _AND + 1) for operand in operands), _AND
        case Or(operands):
            return " or ".join(_bound(operand, _OR + 1) for operand in operands), _OR
        case Composite(name, (operand,), ()) if name in _UNARY_COMPOSITES:
            return f"{_UNARY_COMPOSITES[name]} {_bound(operand, _UNARY)}", _UNARY
        case Composite(name, (left, right), ()) if name in _BINARY_COMPOSITES:
            word, level = _BINARY_COMPOSITES[name]
            return f"{_bound(left, level + 1)} {word} {_bound(right, level + 1)}", level
        case _:
            return _call(formula, infix), _CALL


def _bound(operand: Operand, least: int) -> str:
    """The operand, in parentheses if it binds less tightly than `least`."""
    if isinstance(operand, int | tuple):
        raise TypeError(f"an infix operator has formulas as operands, not {operand!r}")
    text, level = _infix(operand)
    return text if level >= least else f"({text})"
