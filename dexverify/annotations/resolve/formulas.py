"""Syntax to formulas. Every node that the user wrote carries its span as origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dexverify.annotations.nearest import suggest
from dexverify.annotations.resolve.arguments import Arguments, expression
from dexverify.annotations.resolve.atoms import ATOMS, predicate
from dexverify.annotations.resolve.lines import Atlas, Place
from dexverify.annotations.syntax import (
    Call,
    Infix,
    Keyword,
    Name,
    Node,
    Number,
    Pair,
    Prefix,
    Truth,
    describe,
    ungroup,
)
from dexverify.errors import AnnotationError, Span
from ltd.formula import Atom, Composite, Constant, ForEach, Formula, Operand, children
from ltd.operators import OperatorError, Operators

MAX_DEPTH = 100  # operators inside one another: whatever walks the tree later recurses

MAX_HEIGHT = 400  # the same with all definitions written out; Ordered of 100 operands comes to 300

INFIX = {
    "and": "And", "or": "Or", "imply": "Implies", "equivalent": "Iff", "until": "Until", "weak": "Weak",
    "not": "Not", "next": "Next", "always": "Henceforth", "eventually": "Eventually",
}  # fmt: skip


@dataclass(slots=True)
class Scope:
    """What the names in the formulas of one test mean."""

    atlas: Atlas
    operators: Operators
    addresses: dict[str, Span] = field(default_factory=dict)
    propositions: dict[str, Span] = field(default_factory=dict)
    built: dict[str, Formula] = field(default_factory=dict)  # the propositions whose meaning is known already
    expansions: int = 0  # of definitions, in the formula that is being built
    nesting: int = 0  # of the definitions that are being expanded


@dataclass(frozen=True, slots=True)
class FormulaBuilder:
    """Builds formulas from the syntax of one command, which stands at `place`.

    `parameters` are those of the operator whose definition this is: its nodes carry no origin, since they show
    up in formulas that were written elsewhere.
    """

    scope: Scope
    place: Place
    parameters: Mapping[str, Formula] | None = None

    def verify(self, node: Node, depth: int = 0) -> Formula:
        """The formula of a `DexVerify`, which may be a `ForEach`. Raises AnnotationError."""
        inner = ungroup(node)
        self.scope.expansions = 0
        if isinstance(inner, Call) and inner.name == "ForEach":
            self._check_depth(inner, depth)
            arguments = Arguments(inner, "ForEach('expression', p)", least=2, most=2).given
            key = expression(arguments[0], "what ForEach looks at")
            return ForEach(key, self.verify(arguments[1], depth + 1), inner.span)
        formula = self.build(inner, depth)
        if _height(formula) > MAX_HEIGHT:
            hint = "say it with fewer operators inside one another"
            raise AnnotationError(
                f"written out, this formula is more than {MAX_HEIGHT} operators deep", node.span, hint
            )
        return formula

    def build(self, node: Node, depth: int = 0) -> Formula:
        """The formula, without any `ForEach`. Raises AnnotationError."""
        node = ungroup(node)
        self._check_depth(node, depth)
        match node:
            case Truth():
                return Constant(node.value, self._origin(node))
            case Infix():
                return self._apply(INFIX[node.operator], node.operands, (), node, depth)
            case Prefix():
                return self._apply(INFIX[node.operator], (node.operand,), (), node, depth)
            case Name():
                return self._named(node, depth)
            case Call():
                return self._called(node, depth)
            case _:
                hint = "to look at a value, write Expect('expression', value)"
                raise AnnotationError(f"a proposition is wanted here, not {describe(node)}", node.span, hint)

    def _named(self, node: Name, depth: int) -> Formula:
        if self.parameters and node.name in self.parameters:
            return self.parameters[node.name]
        if node.name in self.scope.propositions:
            return self._apply(node.name, (), (), node, depth)
        if node.name in ATOMS or node.name == "ForEach" or node.name in self.scope.operators:
            hint = f"write {self.scope.operators[node.name].usage}" if node.name in self.scope.operators else ""
            raise AnnotationError(f"{node.name} needs arguments", node.span, hint or "write them in parentheses")
        names = {*self.scope.propositions, *(self.parameters or ())}
        hint = suggest(node.name, names) or f"define it with DexProposition({node.name}, …)"
        raise AnnotationError(f"there is no proposition {node.name}", node.span, hint)

    def _called(self, node: Call, depth: int) -> Formula:
        if node.name in ATOMS:
            return Atom(predicate(node, self.scope.atlas, self.scope.addresses, self.place), self._origin(node))
        if node.name == "ForEach":
            hint = "put it outside everything else: DexVerify(ForEach('expression', p))"
            raise AnnotationError("ForEach stands outermost, or inside another ForEach", node.name_span, hint)
        if self.parameters and node.name in self.parameters:
            message = f"{node.name} is a parameter: it takes no arguments"
            raise AnnotationError(message, node.name_span, "leave the parentheses out")
        if node.name not in self.scope.operators:
            names = {*self.scope.operators.names(), *ATOMS, "ForEach"} - self.scope.propositions.keys()
            hint = suggest(node.name, names) or f"define it with DexOperator({node.name}(p), …)"
            raise AnnotationError(f"there is no operator {node.name}", node.name_span, hint)
        return self._apply(node.name, node.arguments, node.keywords, node, depth)

    def _apply(
        self, name: str, operands: tuple[Node, ...], keywords: tuple[Keyword, ...], node: Node, depth: int
    ) -> Formula:
        named: dict[str, Operand] = {}
        for keyword in keywords:
            if keyword.name in named:
                raise AnnotationError(f"{keyword.name}= is given twice", keyword.name_span, "take one away")
            named[keyword.name] = self._operand(keyword.value, depth + 1)
        built = [self._operand(operand, depth + 1) for operand in operands]
        try:
            return self.scope.operators.apply(name, built, named, self._origin(node))
        except OperatorError as error:
            message, _, usage = str(error).partition("; it takes ")
            span = node.span
            if error.argument is not None and error.argument < len(operands):
                span = operands[error.argument].span
            for keyword in keywords:
                if message.startswith((f"{keyword.name}= of", f"{keyword.name} of")) or message.endswith(
                    f" keyword {keyword.name}"
                ):
                    span = keyword.span
            raise AnnotationError(message, span, f"write {usage}" if usage else "") from None

    def _operand(self, node: Node, depth: int) -> Operand:
        inner = ungroup(node)
        if isinstance(inner, Number) and isinstance(inner.value, int):
            return inner.value
        if isinstance(inner, Pair):
            return tuple(self.build(item, depth) for item in inner.items)
        return self.build(inner, depth)

    def _origin(self, node: Node) -> Span | None:
        return node.span if self.parameters is None else None

    def _check_depth(self, node: Node, depth: int) -> None:
        if depth > MAX_DEPTH:
            hint = "name parts of it with DexProposition"
            raise AnnotationError(f"more than {MAX_DEPTH} operators inside one another", node.span, hint)


def _height(formula: Formula) -> int:
    """How deep the operators nest, in the composites' expansions too. Shared parts are looked at once."""
    heights: dict[int, int] = {}
    pending = [formula]
    while pending:
        node = pending[-1]
        below = (*children(node), node.expansion) if isinstance(node, Composite) else children(node)
        unknown = [part for part in below if id(part) not in heights]
        if unknown:
            pending += unknown
        else:
            heights[id(node)] = 1 + max((heights[id(part)] for part in below), default=0)
            pending.pop()
    return heights[id(formula)]
