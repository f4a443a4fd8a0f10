"""The operators by name: primitives, the composites defined from them, a line each, and the user's own.

The specification patterns and their scopes follow Dwyer, Avrunin and Corbett, "Patterns in Property
Specifications for Finite-State Verification", ICSE 1999, read over finite traces. As there, an *occurrence* of p
is a maximal run of consecutive steps at which p holds: two steps in a row count once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ltd.formula import (
    FALSE,
    TRUE,
    And,
    Composite,
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

MAX_OCCURRENCES = 32
"""The patterns that count nest their expansion so deep; beyond it the user gets an error, not a stack overflow."""


class OperatorError(ValueError):
    """An operator applied or defined wrongly. `argument` is the index of the operand at fault, if it is one."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


class CycleError(OperatorError):
    """A definition that reaches itself. `cycle` begins and ends with the same name."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(f"an operator is defined by itself: {' -> '.join(cycle)}")
        self.cycle = cycle


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name of a parameter list: `kind` is 'formula', 'int' or 'pair'."""

    name: str
    kind: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator under its name.

    `parameters` is shown to the user and read to check what an operator is applied to: names parted by commas,
    `: int` or `: pair` behind those that are no formula, `= value` behind those that may be left out, `*` before
    those that are given by keyword, `…` for any number more. `build` makes the meaning from the operands; a
    primitive's is the node itself. `uses` names the operators that the user's definition mentions.
    """

    name: str
    parameters: str
    reading: str
    build: Callable[..., Formula]
    uses: frozenset[str] = frozenset()
    is_primitive: bool = field(default=False, kw_only=True)

    @property
    def usage(self) -> str:
        """The operator with its parameters, as shown in messages."""
        return f"{self.name}({self.parameters})"

    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that are given in order."""
        return tuple(_parameters(self.parameters.partition("*")[0]))

    def keywords(self) -> dict[str, Parameter]:
        """The parameters that can be given by name: scopes and numbers, not the formulas that come in order."""
        parameters = _parameters(self.parameters)
        return {each.name: each for each in parameters if each.is_optional or each.kind != "formula"}

    @property
    def is_variadic(self) -> bool:
        """Whether more formulas may follow."""
        return "…" in self.parameters


def _parameters(text: str) -> Iterator[Parameter]:
    is_keyword = False
    for part in text.split(","):
        name, _, default = part.partition("=")
        name, _, kind = name.partition(":")
        if name.strip() == "*":
            is_keyword = True
        elif name.strip() not in ("", "…"):
            yield Parameter(name.strip(), kind.strip() or "formula", is_keyword or bool(default))


class Operators:
    """A registry of operators by name."""

    def __init__(self, operators: Sequence[Operator] = ()) -> None:
        self._operators = {operator.name: operator for operator in operators}

    def __contains__(self, name: object) -> bool:
        return name in self._operators

    def __getitem__(self, name: str) -> Operator:
        return self._operators[name]

    def names(self) -> tuple[str, ...]:
        """The names, in the order of definition."""
        return tuple(self._operators)

    def define(self, operator: Operator) -> None:
        """Add an operator. Raises OperatorError for a name that is taken."""
        if operator.name in self._operators:
            raise OperatorError(f"{operator.name} is already defined, as {self[operator.name].usage}")
        self._operators[operator.name] = operator

    def check_cycles(self) -> None:
        """Raises CycleError if a definition reaches itself, directly or through others."""
        finished: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise CycleError((*path[path.index(name) :], name))
            if name in finished or name not in self._operators:
                return
            for used in sorted(self._operators[name].uses):
                visit(used, (*path, name))
            finished.add(name)

        for name in self._operators:
            visit(name, ())

    def apply(
        self,
        name: str,
        operands: Sequence[Operand],
        keywords: Mapping[str, Operand] | None = None,
        origin: object = None,
    ) -> Formula:
        """The operator applied: the primitive's node, or a `Composite` with its expansion.

        Raises OperatorError, which says what the operator takes, for a name that is not defined and for operands
        of the wrong number or kind.
        """
        if name not in self._operators:
            raise OperatorError(f"there is no operator {name}")
        operator, named = self._operators[name], dict(keywords or {})
        _check(operator, operands, named)
        built = operator.build(*operands, **named)
        if operator.is_primitive:
            return replace(built, origin=origin)
        return Composite(name, tuple(operands), tuple(named.items()), expansion=built, origin=origin)


_WANTED = {
    "formula": "a formula",
    "int": "a whole number",
    "pair": "a pair of formulas, (q, r)",
}


def _check(operator: Operator, operands: Sequence[Operand], keywords: Mapping[str, Operand]) -> None:
    positional, known = operator.positional(), operator.keywords()
    takes = f"it takes {operator.usage}"
    if len(operands) > len(positional) and not operator.is_variadic:
        message = f"{operator.name} has {_count(len(operands), 'operand')}, more than it can take; {takes}"
        raise OperatorError(message, len(positional))
    for index, operand in enumerate(operands):
        kind = positional[index].kind if index < len(positional) else "formula"
        if _kind(operand) != kind:
            what = f"operand {index + 1} of {operator.name}"
            raise OperatorError(f"{what} must be {_WANTED[kind]}; {takes}", index)
    given = {parameter.name for parameter in positional[: len(operands)]}
    for name, operand in keywords.items():
        if name not in known:
            raise OperatorError(f"{operator.name} has no keyword {name}; {takes}")
        if name in given:
            raise OperatorError(f"{name} of {operator.name} is given twice; {takes}")
        if _kind(operand) != known[name].kind:
            raise OperatorError(f"{name}= of {operator.name} must be {_WANTED[known[name].kind]}; {takes}")
    missing = [p.name for p in positional if not p.is_optional and p.name not in given | keywords.keys()]
    if missing:
        message = f"{operator.name} has {_count(len(operands), 'operand')}, {' and '.join(missing)} missing; {takes}"
        raise OperatorError(message)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _kind(operand: Operand) -> str:
    if isinstance(operand, int):
        return "bool" if isinstance(operand, bool) else "int"
    if isinstance(operand, tuple):
        return "pair" if len(operand) == 2 and not any(isinstance(part, int) for part in operand) else "tuple"
    return "formula"


# The composites: each in one line, in terms of others.


def implies(p: Formula, q: Formula) -> Formula:
    return Or((Not(p), q))


def iff(p: Formula, q: Formula) -> Formula:
    return And((implies(p, q), implies(q, p)))


def xor(p: Formula, q: Formula) -> Formula:
    return Not(iff(p, q))


def eventually(p: Formula) -> Formula:
    return Until(TRUE, p)


def henceforth(p: Formula) -> Formula:
    return Weak(p, FALSE)


def release(p: Formula, q: Formula) -> Formula:
    return Weak(q, And((q, p)))


def strong_release(p: Formula, q: Formula) -> Formula:
    return Until(q, And((q, p)))


def weak_next(p: Formula) -> Formula:
    return Not(Next(Not(p)))


def after(p: Formula, q: Formula) -> Formula:
    return And((q, Next(eventually(p))))


def ordered(p: Formula, *rest: Formula) -> Formula:
    return after(ordered(*rest), p) if rest else p


def response(p: Formula, q: Formula) -> Formula:
    return henceforth(implies(p, eventually(q)))


def precedence(p: Formula, q: Formula) -> Formula:
    return Weak(Not(q), p)


def once(p: Formula) -> Formula:
    return Since(TRUE, p)


def historically(p: Formula) -> Formula:
    return Not(once(Not(p)))


def triggered(p: Formula, q: Formula) -> Formula:
    return Not(Since(Not(p), Not(q)))


# The patterns. Each is said twice: to the end of the trace, and up to a step r that is known to come.


def never(p: Formula) -> Formula:
    return henceforth(Not(p))


def never_until(p: Formula, r: Formula) -> Formula:
    return Until(Not(p), r)


def at_most(p: Formula, n: int) -> Formula:
    return Weak(Not(p), Weak(p, at_most(p, n - 1))) if n else never(p)


def at_most_until(p: Formula, n: int, r: Formula) -> Formula:
    return Until(And((Not(p), Not(r))), Or((r, _run_until(p, n, r)))) if n else never_until(p, r)


def _run_until(p: Formula, n: int, r: Formula) -> Formula:
    return Until(And((p, Not(r))), Or((r, at_most_until(p, n - 1, r))))


def _scoped(
    whole: Formula,
    up_to: Callable[[Formula], Formula],
    before: Formula | None,
    after: Formula | None,
    between: tuple[Formula, Formula] | None,
) -> Formula:
    """A pattern in its scope. `whole` is the pattern to the end, `up_to(r)` the pattern up to the next r."""
    if sum(scope is not None for scope in (before, after, between)) > 1:
        raise OperatorError("a pattern has one scope: before=, after= or between=(q, r)")
    if before is not None:
        return implies(eventually(before), up_to(before))
    if after is not None:
        return Not(Until(Not(after), And((after, Not(whole)))))
    if between is not None:
        q, r = between
        return henceforth(implies(And((q, Not(r), eventually(r))), up_to(r)))
    return whole


_Scope = Formula | None
_Pair = tuple[Formula, Formula] | None


def absence(p: Formula, *, before: _Scope = None, after: _Scope = None, between: _Pair = None) -> Formula:
    return _scoped(never(p), lambda r: never_until(p, r), before, after, between)


def universality(p: Formula, *, before: _Scope = None, after: _Scope = None, between: _Pair = None) -> Formula:
    return _scoped(henceforth(p), lambda r: Until(p, r), before, after, between)


def existence(p: Formula, n: int = 1, *, before: _Scope = None, after: _Scope = None, between: _Pair = None) -> Formula:
    m = _occurrences(n, 1) - 1
    return _scoped(Not(at_most(p, m)), lambda r: Not(at_most_until(p, m, r)), before, after, between)


def bounded_existence(
    p: Formula, n: int, *, before: _Scope = None, after: _Scope = None, between: _Pair = None
) -> Formula:
    _occurrences(n, 0)
    return _scoped(at_most(p, n), lambda r: at_most_until(p, n, r), before, after, between)


def _occurrences(n: int, minimum: int) -> int:
    if not minimum <= n <= MAX_OCCURRENCES:
        raise OperatorError(f"a number of occurrences must be {minimum} to {MAX_OCCURRENCES}, not {n}", 1)
    return n


def _counted(node: type[Within] | type[Throughout]) -> Callable[[int, Formula], Formula]:
    def build(n: int, p: Formula) -> Formula:
        if n < 1:
            raise OperatorError(f"{node.__name__} looks at 1 step or more, not {n}", 0)
        return node(n, p)

    return build


_SCOPES = "*, before, after, between: pair"


def standard() -> Operators:
    """A fresh registry of everything that the language defines (`ForEach` is no operator but a way to judge)."""
    return Operators([*_primitives(), *_composites(), *_patterns()])


def _primitives() -> Iterator[Operator]:
    for name, parameters, reading, build in (
        ("Not", "p", "p does not hold", Not),
        ("And", "p, q, …", "all of them hold", lambda *operands: And(operands)),
        ("Or", "p, q, …", "one of them holds", lambda *operands: Or(operands)),
        ("Until", "p, q", "q at some step from here, and p at every step up to it", Until),
        ("Weak", "p, q", "p until q, or p at every step from here on", Weak),
        ("Next", "p", "there is a next step, and p at it", Next),
        ("Previously", "p", "there is a step before, and p at it", Previously),
        ("Since", "p, q", "q at some step up to here, and p at every step after it", Since),
        ("Within", "n: int, p", "p at one of the next n steps", _counted(Within)),
        ("Throughout", "n: int, p", "p at all of the next n steps, which exist", _counted(Throughout)),
    ):
        yield Operator(name, parameters, reading, build, is_primitive=True)


def _composites() -> Iterator[Operator]:
    for name, parameters, reading, build in (
        ("Both", "p, q, …", "all of them hold", lambda *operands: And(operands)),
        ("Either", "p, q, …", "one of them holds", lambda *operands: Or(operands)),
        ("Implies", "p, q", "if p then q", implies),
        ("Iff", "p, q", "p exactly if q", iff),
        ("Xor", "p, q", "one of the two, not both", xor),
        ("Eventually", "p", "p at some step from here", eventually),
        ("Henceforth", "p", "p at every step from here", henceforth),
        ("Release", "p, q", "q up to and including the step where p holds, or for ever", release),
        ("StrongRelease", "p, q", "as Release, and p does come", strong_release),
        ("WeakNext", "p", "p at the next step, if there is one", weak_next),
        ("After", "p, q", "q now, and p at some later step", after),
        ("Ordered", "p, q, …", "the first now, then the second, and so on", ordered),
        ("Response", "p, q", "every p is answered by a q", response),
        ("Precedence", "p, q", "no q before the first p", precedence),
        ("Once", "p", "p at some step up to here", once),
        ("Historically", "p", "p at every step up to here", historically),
        ("Triggered", "p, q", "q at every step up to here, or since (and at) the last p", triggered),
    ):
        yield Operator(name, parameters, reading, build)


def _patterns() -> Iterator[Operator]:
    for name, parameters, reading, build in (
        ("Absence", "p", "no step has p", absence),
        ("Universality", "p", "every step has p", universality),
        ("Existence", "p, n: int = 1", "p occurs, at least n times", existence),
        ("BoundedExistence", "p, n: int", "p occurs at most n times", bounded_existence),
    ):
        yield Operator(name, f"{parameters}, {_SCOPES}", reading, build)
