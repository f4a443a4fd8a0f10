"""What the grammar yields: commands and formulas as written, before any name in them has a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dexverify.errors import Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal, or several that stand side by side. `places` has where each character was written."""

    value: str
    span: Span
    places: tuple[tuple[int, int], ...]  # line and column of each character, and of what follows the last

    def part(self, start: int, end: int) -> Span:
        """Where the characters `start` … `end` (exclusive) of the value stand in the file."""
        line, column = self.places[min(start, len(self.value))]
        if end <= start:
            return Span(self.span.path, line, column, line, column + 1)
        end_line, end_column = self.places[min(end, len(self.value)) - 1]
        return Span(self.span.path, line, column, end_line, end_column + 1)


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """`True` or `False`."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Blank:
    """`?`: a value that is still to be filled in."""

    span: Span


@dataclass(frozen=True, slots=True)
class Keyword:
    """`name=value` in an argument list."""

    name: str
    value: Node
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Node, ...]
    keywords: tuple[Keyword, ...]
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Infix:
    """`operator` is `and`, `or` (two operands or more), `imply`, `equivalent`, `until` or `weak` (two)."""

    operator: str
    operands: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Prefix:
    """`operator` is `not`, `next`, `always` or `eventually`."""

    operator: str
    operand: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Shift:
    """`base + amount`; `amount` is negative for `base - …`."""

    base: Node
    amount: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Allowance:
    """`value ± allowance`."""

    value: Number
    allowance: Number
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    """`(a, b)`, or with more items."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """A dict."""

    entries: tuple[tuple[Node, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """An operand in parentheses, which keep `(a and b) and c` apart from `a and b and c`."""

    inner: Node
    span: Span


Node: TypeAlias = (
    Text | Number | Truth | Name | Blank | Call | Infix | Prefix | Shift | Allowance | Listing | Pair | Table | Group
)


def ungroup(node: Node) -> Node:
    """The node inside any parentheses around it."""
    while isinstance(node, Group):
        node = node.inner
    return node


def describe(node: Node) -> str:
    """What a node is, for messages: 'a string', 'a list'."""
    match node:
        case Text():
            return "a string"
        case Number():
            return "a number"
        case Truth():
            return "a truth value"
        case Listing():
            return "a list"
        case Pair():
            return "a tuple"
        case Table():
            return "a dict"
        case Allowance():
            return "a number with an allowance"
        case Blank():
            return "an empty place"
        case Name():
            return f"the name {node.name}"
        case Call():
            return f"{node.name}(…)"
        case Group():
            return describe(node.inner)
        case _:
            return "an operator with its operands"
