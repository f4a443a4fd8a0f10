"""The arguments of a call: how many there are, which go by name, and of which kind each must be."""

from __future__ import annotations

from collections.abc import Collection

from dexverify import propositions
from dexverify.annotations.nearest import suggest
from dexverify.annotations.syntax import (
    Allowance,
    Blank,
    Call,
    Listing,
    Name,
    Node,
    Number,
    Text,
    Truth,
    describe,
    ungroup,
)
from dexverify.errors import AnnotationError, Span
from dexverify.expressions import ExpressionError, analyse
from dexverify.propositions import Address, Expression, Operand, Tolerance


class Arguments:
    """The arguments of `call`, checked against the numbers and names it can take. Raises AnnotationError."""

    def __init__(
        self, call: Call, usage: str, *, least: int = 0, most: int | None = None, names: Collection[str] = ()
    ) -> None:
        self.call = call
        self.usage = usage
        self.given = call.arguments
        self.named: dict[str, Node] = {}
        for keyword in call.keywords:
            if keyword.name not in names:
                hint = suggest(keyword.name, names) or f"{call.name} has no keyword arguments: {usage}"
                raise AnnotationError(f"{call.name} has no argument {keyword.name}=", keyword.name_span, hint)
            if keyword.name in self.named:
                raise AnnotationError(f"{keyword.name}= is given twice", keyword.name_span, "take one away")
            self.named[keyword.name] = keyword.value
        if most is not None and len(self.given) > most:
            count = f"{most} argument{'' if most == 1 else 's'}" if most else "no arguments without a name"
            raise AnnotationError(f"{call.name} takes {count}", self.given[most].span, f"write {usage}")
        if len(self.given) < least:
            span = call.span
            end = Span(span.path, span.end_line, span.end_column - 1, span.end_line, span.end_column)
            raise AnnotationError(f"{call.name} needs more arguments", end, f"write {usage}")

    def count(self, name: str, otherwise: int | None) -> int | None:
        """A keyword argument that counts something, from 0."""
        return integer(self.named[name], f"{name}=", least=0) if name in self.named else otherwise


def wrong(node: Node, what: str, wanted: str, hint: str = "") -> AnnotationError:
    """The error for an argument of the wrong kind."""
    if isinstance(ungroup(node), Call):
        hint = hint or "nothing is ever called"
    return AnnotationError(f"{what} must be {wanted}, not {describe(node)}", node.span, hint)


def text(node: Node, what: str, *, may_be_empty: bool = False) -> str:
    """A string, not of white space only unless that is allowed."""
    inner = ungroup(node)
    if not isinstance(inner, Text):
        hint = f"write it in quotes: '{inner.name}'" if isinstance(inner, Name) else ""
        raise wrong(node, what, "a string", hint)
    if not may_be_empty and not inner.value.strip():
        raise AnnotationError(f"{what} is empty", node.span, "write something between the quotes")
    return inner.value


def integer(node: Node, what: str, *, least: int | None = None) -> int:
    """A whole number, `least` or more."""
    inner = ungroup(node)
    if not isinstance(inner, Number) or not isinstance(inner.value, int):
        raise wrong(node, what, "a whole number")
    if least is not None and inner.value < least:
        raise AnnotationError(f"{what} must be {least} or more, not {inner.value}", node.span)
    return inner.value


def number(node: Node, what: str, *, least: float) -> float:
    """A number, `least` or more."""
    inner = ungroup(node)
    if not isinstance(inner, Number):
        raise wrong(node, what, "a number")
    if inner.value < least:
        raise AnnotationError(f"{what} must be {least:g} or more, not {inner.value}", node.span)
    return float(inner.value)


def truth(node: Node, what: str) -> bool:
    """`True` or `False`."""
    inner = ungroup(node)
    if not isinstance(inner, Truth):
        raise wrong(node, what, "True or False")
    return inner.value


def items(node: Node, what: str) -> tuple[Node, ...]:
    """The items of a list."""
    inner = ungroup(node)
    if not isinstance(inner, Listing):
        raise wrong(node, what, "a list", "write it in brackets: [a, b]")
    return inner.items


def expression(node: Node, what: str = "the expression") -> Expression:
    """A C expression that only reads: a string, or `expr('…')`."""
    inner = ungroup(node)
    if isinstance(inner, Call) and inner.name == "expr":
        inner = ungroup(Arguments(inner, "expr('…')", least=1, most=1).given[0])
    if not isinstance(inner, Text):
        hint = f"a C expression stands in quotes: '{inner.name}'" if isinstance(inner, Name) else ""
        if isinstance(inner, Call):
            hint = "a C expression stands in quotes, and cannot call anything"
        raise wrong(inner, what, "a string", hint)
    try:
        return analyse(inner.value)
    except ExpressionError as error:
        raise AnnotationError(str(error), inner.part(error.start, error.end), error.hint) from None


def operand(node: Node, addresses: Collection[str]) -> Operand:
    """What a value is compared with: a literal, `expr('…')` or `address('name', offset)`."""
    inner = ungroup(node)
    match inner:
        case Text():
            return inner.value
        case Number() | Truth():
            return inner.value
        case Allowance():
            return Tolerance(float(inner.value.value), float(inner.allowance.value))
        case Blank():
            return propositions.Blank(inner.span)
        case Name("NULL"):
            return "NULL"
        case Name():
            raise wrong(inner, "a value", "a literal", f"write it in quotes: '{inner.name}'")
        case Call("expr"):
            return expression(inner)
        case Call("address"):
            return address(inner, addresses)
        case Call():
            hint = "a value is a literal, expr('…') or address('name', offset); nothing is ever called"
            raise AnnotationError(f"there is no value {inner.name}(…)", inner.name_span, hint)
        case _:
            raise wrong(inner, "a value", "a number, a string or a truth value")


def address(call: Call, addresses: Collection[str]) -> Address:
    """`address('name')` or `address('name', offset)`."""
    given = Arguments(call, "address('name', offset)", least=1, most=2).given
    name = text(given[0], "the name of an address")
    if name not in addresses:
        hint = suggest(name, addresses) or "bind it with DexDeclareAddress('name', 'expression', on_line=…)"
        raise AnnotationError(f"there is no address {name!r}", given[0].span, hint)
    return Address(name, integer(given[1], "the offset") if len(given) == 2 else 0)
