"""Atomic propositions: each call to its predicate."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dexverify.annotations.nearest import suggest
from dexverify.annotations.resolve.arguments import Arguments, expression, integer, operand, text
from dexverify.annotations.resolve.lines import Atlas, Place
from dexverify.annotations.resolve.states import StateReader
from dexverify.annotations.syntax import Call, Node, Number, ungroup
from dexverify.errors import AnnotationError
from dexverify.propositions import (
    At,
    Entered,
    Expect,
    ExpectState,
    In,
    OnStack,
    Predicate,
    Returned,
    Thread,
)

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_USAGE = {
    "Expect": "Expect('expression', value) or Expect('expression', '<', value)",
    "ExpectState": "ExpectState({'frames': [{'function': 'f', 'watches': {'x': 1}}]})",
    "At": "At(line), At(ref('label')) or At('file.c', line)",
    "In": "In('function')",
    "OnStack": "OnStack('function')",
    "Entered": "Entered('function')",
    "Returned": "Returned('function')",
    "Thread": "Thread(1)",
}
_OF_FUNCTION: dict[str, Callable[[str], Predicate]] = {
    "In": In,
    "OnStack": OnStack,
    "Entered": Entered,
    "Returned": Returned,
}
ATOMS = tuple(_USAGE)


def predicate(call: Call, atlas: Atlas, addresses: Collection[str], place: Place) -> Predicate:
    """The predicate that a call to one of ATOMS stands for. Raises AnnotationError."""
    most = {"Expect": 3, "At": 2}.get(call.name, 1)
    given = Arguments(call, _USAGE[call.name], least=1, most=most).given
    match call.name:
        case "Expect":
            return _expect(call, addresses)
        case "ExpectState":
            return expected_state(given[0], atlas, addresses, place)
        case "At":
            return At(atlas.at(given, place))
        case "Thread":
            is_number = isinstance(ungroup(given[0]), Number)
            return Thread(integer(given[0], "a thread", least=0) if is_number else expression(given[0], "a thread"))
        case _:
            return _OF_FUNCTION[call.name](text(given[0], "the name of a function"))


def _expect(call: Call, addresses: Collection[str]) -> Expect:
    given = call.arguments
    read = expression(given[0])
    if len(given) == 1:
        return Expect(read)
    if len(given) == 2:
        return Expect(read, "==", operand(given[1], addresses), is_plain=True)
    comparison = text(given[1], "the comparison")
    if comparison not in COMPARISONS:
        hint = "did you mean '=='?" if comparison == "=" else suggest(comparison, COMPARISONS, "the comparisons are")
        raise AnnotationError(f"there is no comparison {comparison!r}", given[1].span, hint)
    return Expect(read, comparison, operand(given[2], addresses))


def expected_state(node: Node, atlas: Atlas, addresses: Collection[str], place: Place) -> ExpectState:
    """The pattern of a program state. Raises AnnotationError."""

    def line_of(line: Node) -> int:
        # No path is compared here: what a number without a file means is the number.
        return atlas.line(line, Place(place.path or "", place.line)).line

    return StateReader(addresses, line_of).state(node)
