"""Names, labels, lines and operators to what they stand for, across all files of one test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from dexverify.annotations import commands
from dexverify.annotations.resolve.definitions import Definition, define, read_definition
from dexverify.annotations.resolve.formulas import Scope
from dexverify.annotations.resolve.handlers import Command, Placed, handle
from dexverify.annotations.resolve.lines import Atlas
from dexverify.errors import AnnotationError
from ltd.operators import standard

__all__ = ["Placed", "resolve"]

_DEFINITIONS = frozenset({"DexProposition", "DexOperator"})
# These are named by other commands, which may stand before them: labels also by the declarations of addresses.
_FIRST = ("DexLabel", "DexDeclareAddress")

_T = TypeVar("_T")


def resolve(
    placed: Sequence[Placed], files: Sequence[str], report: Callable[[AnnotationError], None]
) -> tuple[Command, ...]:
    """The commands of a test, in their order, understood. What is at fault is reported, and left out.

    `files` are all files that `At('file.c', line)` can name, absolute.
    """
    scope = Scope(Atlas(files), standard())
    results: dict[int, Command] = {}

    def attempt(action: Callable[[], _T]) -> _T | None:
        try:
            return action()
        except AnnotationError as error:
            report(error)
            return None

    def take(index: int) -> None:
        command = attempt(lambda: handle(placed[index], scope))
        if command is not None:
            results[index] = command

    indices = range(len(placed))
    for name in _FIRST:
        for index in indices:
            if placed[index].call.name == name:
                take(index)
    definitions: list[Definition] = []
    for item in placed:
        if item.call.name in _DEFINITIONS:
            definition = attempt(lambda item=item: read_definition(item.call, item.place))  # type: ignore[misc]
            if definition is not None:
                definitions.append(definition)
    try:
        define(definitions, scope, report)
    except AnnotationError as error:  # a cycle: no formula can be built
        report(error)
        return ()
    for index in indices:
        if placed[index].call.name not in _DEFINITIONS.union(_FIRST):
            take(index)
    ordered = tuple(results[index] for index in sorted(results))
    _check_single(ordered, report)
    return ordered


def _check_single(found: Sequence[Command], report: Callable[[AnnotationError], None]) -> None:
    """One command line, one expected end; and no two propositions of one name."""
    for name, kind in (("DexCommandLine", commands.CommandLine), ("DexExpectEnd", commands.ExpectEnd)):
        spans = [command.span for command in found if isinstance(command, kind)]
        for span in spans[1:]:
            hint = f"the first one is at {spans[0].path}:{spans[0].line}"
            report(AnnotationError(f"a test has one {name}", span, hint))
    names: dict[str, commands.Verify] = {}
    for command in found:
        if isinstance(command, commands.Verify) and command.name:
            if command.name in names:
                first = names[command.name].span
                hint = f"the first one is at {first.path}:{first.line}"
                report(AnnotationError(f"two propositions are called {command.name!r}", command.span, hint))
            names.setdefault(command.name, command)
