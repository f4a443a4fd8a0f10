"""`DexProposition` and `DexOperator`: names that the user gives to formulas and to operators.

Definitions may stand in any order and in any file of the test; what may not be is one that reaches itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dexverify.annotations.resolve.arguments import Arguments, wrong
from dexverify.annotations.resolve.atoms import ATOMS
from dexverify.annotations.resolve.formulas import FormulaBuilder, Scope
from dexverify.annotations.resolve.lines import Place
from dexverify.annotations.syntax import Call, Infix, Listing, Name, Node, Pair, Prefix, ungroup
from dexverify.errors import AnnotationError, Span
from ltd.formula import FALSE, Formula
from ltd.operators import CycleError, Operator

MAX_EXPANSIONS = 1000
MAX_NESTING = 20
_TAKEN = frozenset((*ATOMS, "ForEach", "expr", "ref", "address", "NULL", "None"))


@dataclass(frozen=True, slots=True)
class Definition:
    """A name with its parameters (none for a proposition) and its body, as written at `place`."""

    name: str
    parameters: tuple[str, ...]
    body: Node
    place: Place
    span: Span  # of the name

    def check(self, scope: Scope) -> None:
        """Raises AnnotationError if the body makes no sense, whether or not it is ever used."""
        scope.expansions = 0
        self.build(scope, tuple(FALSE for _ in self.parameters))

    def build(self, scope: Scope, operands: tuple[Formula, ...]) -> Formula:
        """The meaning of the name, applied. That of a proposition is built once, and shared. Raises AnnotationError."""
        if self.name in scope.built:
            return scope.built[self.name]
        scope.expansions += 1
        scope.nesting += 1
        try:
            if scope.expansions > MAX_EXPANSIONS or scope.nesting > MAX_NESTING:
                message = f"more than {MAX_NESTING} definitions inside one another"
                if scope.expansions > MAX_EXPANSIONS:
                    message = (
                        f"a formula with more than {MAX_EXPANSIONS} uses of DexOperator, counted within one another"
                    )
                raise AnnotationError(message, self.span, "say it with fewer definitions")
            if self.parameters:
                parameters = dict(zip(self.parameters, operands, strict=True))
                return FormulaBuilder(scope, self.place, parameters).build(self.body)
            scope.built[self.name] = FormulaBuilder(scope, self.place).build(self.body)
            return scope.built[self.name]
        finally:
            scope.nesting -= 1


def read_definition(call: Call, place: Place) -> Definition:
    """The definition that a `DexProposition` or `DexOperator` makes. Raises AnnotationError."""
    if call.name == "DexProposition":
        usage = "DexProposition(Name, formula)"
        name, body = Arguments(call, usage, least=2, most=2).given
        if not isinstance(name, Name):
            raise wrong(name, "what is defined", "a name", f"write {usage}")
        _check_name(name.name, name.span)
        return Definition(name.name, (), body, place, name.span)
    usage = "DexOperator(Name(p, q), formula)"
    head, body = Arguments(call, usage, least=2, most=2).given
    if not isinstance(head, Call) or head.keywords:
        raise wrong(head, "what is defined", "a name with its parameters", f"write {usage}")
    _check_name(head.name, head.name_span)
    parameters: list[str] = []
    for parameter in head.arguments:
        if not isinstance(parameter, Name):
            raise wrong(parameter, "a parameter", "a name", f"write {usage}")
        _check_name(parameter.name, parameter.span)
        if parameter.name in parameters:
            raise AnnotationError(f"two parameters are called {parameter.name}", parameter.span)
        parameters.append(parameter.name)
    if not parameters:
        raise AnnotationError("an operator needs a parameter", head.span, "a formula without one is a DexProposition")
    return Definition(head.name, tuple(parameters), body, place, head.name_span)


def _check_name(name: str, span: Span) -> None:
    if name in _TAKEN:
        raise AnnotationError(f"{name} is a name of the language", span, "choose another name")


def define(definitions: list[Definition], scope: Scope, report: Callable[[AnnotationError], None]) -> None:
    """Adds the definitions to the scope. Those at fault are reported, and are not there afterwards."""
    added: dict[str, Definition] = {}
    for definition in definitions:
        if definition.name in added:
            first = added[definition.name].span
            hint = f"the first one is at {first.path}:{first.line}"
            report(AnnotationError(f"{definition.name} is defined twice", definition.span, hint))
        elif definition.name in scope.operators:
            hint = f"choose another name; it is {scope.operators[definition.name].usage}"
            report(AnnotationError(f"{definition.name} is a name of the language", definition.span, hint))
        else:
            added[definition.name] = definition
    for definition in added.values():
        scope.operators.define(_operator(definition, scope))
        if not definition.parameters:
            scope.propositions[definition.name] = definition.span
    try:
        scope.operators.check_cycles()
    except CycleError as error:
        at = added[error.cycle[0]]
        path = " -> ".join(error.cycle)
        message = f"the definition of {at.name} reaches itself: {path}"
        raise AnnotationError(message, at.span, "a formula has no recursion; use Until, Weak or Henceforth") from None
    for definition in added.values():
        try:
            definition.check(scope)
        except AnnotationError as error:
            report(error)


def _operator(definition: Definition, scope: Scope) -> Operator:
    def build(*operands: Formula) -> Formula:
        return definition.build(scope, operands)

    return Operator(
        name=definition.name,
        parameters=", ".join(definition.parameters),
        reading="",
        build=build,
        uses=frozenset(_names(definition.body)) - frozenset(definition.parameters),
    )


def _names(node: Node) -> Iterator[str]:
    """The names of operators and propositions in a formula's syntax."""
    pending = [node]
    while pending:
        match ungroup(pending.pop()):
            case Name(name):
                yield name
            case Call() as call:
                yield call.name
                pending += [*call.arguments, *(keyword.value for keyword in call.keywords)]
            case Infix() as infix:
                pending += infix.operands
            case Prefix() as prefix:
                pending.append(prefix.operand)
            case Pair(items) | Listing(items):
                pending += items
