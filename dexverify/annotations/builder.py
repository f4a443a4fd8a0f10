"""Makes a syntax node of each rule of the grammar, from its tokens and the nodes below it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from dexverify.annotations.literals import LiteralError, read_number, read_string
from dexverify.annotations.sources import Source
from dexverify.annotations.syntax import (
    Allowance,
    Blank,
    Call,
    Group,
    Infix,
    Keyword,
    Listing,
    Name,
    Node,
    Number,
    Pair,
    Prefix,
    Shift,
    Table,
    Text,
    Truth,
)
from dexverify.errors import AnnotationError, Span

if TYPE_CHECKING:
    from lark import Token

Child: TypeAlias = "Node | Keyword | Token"
Entry: TypeAlias = "tuple[Node, Node]"

_INFIX = {"implies": "imply"}


class Builder:
    """One method a rule, called with the rule's tokens and nodes in order; the parser is told the file beforehand."""

    def __init__(self) -> None:
        self.source = Source("", "")
        self.offset = 0  # of the parsed text in the file

    def between(self, start: int, end: int) -> Span:
        """The span of a stretch of the parsed text."""
        return self.source.span(self.offset + start, self.offset + end)

    def error(self, message: str, start: int, end: int, hint: str) -> AnnotationError:
        """An error at a stretch of the parsed text."""
        return self.source.error(message, self.offset + start, self.offset + end, hint)

    def formula(self, children: list[Node]) -> Node:
        return children[0]

    def call(self, children: list[Child]) -> Call:
        inside = children[2:-1]
        keywords = [child for child in inside if isinstance(child, Keyword)]
        for before, child in pairwise(inside):
            if isinstance(before, Keyword) and not isinstance(child, Keyword):
                hint = "arguments without a name come first"
                raise AnnotationError(f"an argument without a name after {before.name}=", self._spanning([child]), hint)
        return Call(
            name=str(children[0]),
            arguments=_nodes(inside),
            keywords=tuple(keywords),
            span=self._spanning(children),
            name_span=self._spanning(children[:1]),
        )

    def keyword(self, children: list[Child]) -> Keyword:
        (value,) = _nodes(children[1:])
        return Keyword(str(children[0]), value, self._spanning(children), self._spanning(children[:1]))

    def infix(self, children: list[Child]) -> Infix:
        operator = str(children[1])
        return Infix(_INFIX.get(operator, operator), _nodes(children), self._spanning(children))

    def prefix(self, children: list[Child]) -> Prefix:
        return Prefix(str(children[0]), _nodes(children)[0], self._spanning(children))

    def shift(self, children: list[Child]) -> Shift:
        amount = self._number(children[2])
        return Shift(_nodes(children)[0], -amount if children[1] == "-" else amount, self._spanning(children))

    def number(self, children: list[Child]) -> Number:
        value = self._number(children[-1])
        return Number(-value if len(children) == 2 else value, self._spanning(children))

    def allowance(self, children: list[Child]) -> Allowance:
        (value,) = (child for child in children if isinstance(child, Number))
        allowance = Number(self._number(children[2]), self._spanning(children[2:]))
        return Allowance(value, allowance, self._spanning(children))

    def truth(self, children: list[Child]) -> Truth:
        return Truth(children[0] in {"True", "true"}, self._spanning(children))

    def name(self, children: list[Child]) -> Name:
        return Name(str(children[0]), self._spanning(children))

    def blank(self, children: list[Child]) -> Blank:
        return Blank(self._spanning(children))

    def text(self, children: list[Token]) -> Text:
        value: list[str] = []
        places: list[tuple[int, int]] = []
        for token in children:
            start = self.offset + (token.start_pos or 0)
            try:
                for character, position in read_string(token):
                    value.append(character)
                    places.append(self.source.place(start + position))
            except LiteralError as fault:
                raise self._literal_error(fault, token) from None
        span = self._spanning([*children])
        places.append((span.end_line, span.end_column - 1))
        return Text("".join(value), span, tuple(places))

    def group(self, children: list[Child]) -> Group:
        return Group(_nodes(children)[0], self._spanning(children))

    def pair(self, children: list[Child]) -> Pair:
        return Pair(_nodes(children), self._spanning(children))

    def listing(self, children: list[Child]) -> Listing:
        return Listing(_nodes(children), self._spanning(children))

    def entry(self, children: list[Node]) -> Entry:
        return children[0], children[1]

    def table(self, children: list[Child | Entry]) -> Table:
        braces = [children[0], children[-1]]
        entries = tuple(child for child in children if isinstance(child, tuple))
        return Table(entries, self._spanning([b for b in braces if not isinstance(b, tuple)]))

    def _number(self, child: Child) -> int | float:
        token = _token(child)
        try:
            return read_number(token)
        except LiteralError as fault:
            raise self._literal_error(fault, token) from None

    def _literal_error(self, fault: LiteralError, token: Token) -> AnnotationError:
        start = token.start_pos or 0
        return self.error(str(fault), start + fault.start, start + fault.end, fault.hint)

    def _span(self, child: Child) -> Span:
        if not isinstance(child, str):
            return child.span
        start = _token(child).start_pos or 0
        return self.between(start, start + len(child))

    def _spanning(self, children: list[Child]) -> Span:
        first, last = self._span(children[0]), self._span(children[-1])
        return Span(first.path, first.line, first.column, last.end_line, last.end_column)


def _nodes(children: list[Child]) -> tuple[Node, ...]:
    return tuple(child for child in children if not isinstance(child, str | Keyword))


def _token(child: Child) -> Token:
    assert isinstance(child, str)  # noqa: S101  # for the type checker: the grammar has a token here
    return child
