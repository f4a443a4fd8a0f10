"""How an expression is read in a frame: by the path of a variable, which takes microseconds, or by lldb's compiler.

lldb's own compiler takes a millisecond for each, is never let run code of the program, and knows no enumeration's
constants: those are looked up here. Runs in the worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lldb

#: A frame to the value of the expression in it; None where a name is not in scope.
Find = Callable[[Any], Any]

_PATH = re.compile(r"([*&]*)([^\W\d]\w*)((?:(?:\.|->)[^\W\d]\w*|\[\d+\])*)")
_UNDECLARED = re.compile(r"use of undeclared identifier '(\w+)'")
_C = frozenset(
    {lldb.eLanguageTypeC, lldb.eLanguageTypeC89, lldb.eLanguageTypeC99, getattr(lldb, "eLanguageTypeC11", 29)}
)


@dataclass(frozen=True, slots=True)
class Constant:
    """One of an enumeration."""

    name: str
    number: int
    type: Any


class Finder:
    def __init__(self, target: Any) -> None:
        self._target = target
        self._constants: dict[str, dict[str, Constant]] = {}
        self._options = lldb.SBExpressionOptions()
        self._options.SetAllowJIT(False)  # so nothing can be called
        self._options.SetIgnoreBreakpoints(True)
        self._options.SetTimeoutInMicroSeconds(1_000_000)
        self._options.SetFetchDynamicValue(lldb.eNoDynamicValues)

    def find(self, expression: str, frame: Any) -> Find | None:
        """For frames that stand where this one does; None where the expression's names are not in scope there."""
        match = _PATH.fullmatch(expression)
        if match is None:
            return lambda frame: self._evaluate(expression, frame)
        prefix, name, rest = match.groups()
        is_alone = not prefix and not rest
        if by_path(frame, name).IsValid():
            if by_path(frame, expression).IsValid():
                return lambda frame: by_path(frame, expression)
        elif self._target.FindGlobalVariables(name, 1).GetSize():
            found = self._find_global(name, rest) if not prefix else None
            if found is not None:
                return found
        elif is_alone and (constant := self._constant(name, frame)) is not None:
            return lambda _: constant
        elif is_c(frame) and not self._target.FindFunctions(name, lldb.eFunctionNameTypeFull).GetSize():
            return None
        if self._evaluate(expression, frame) is None:
            return None
        return lambda frame: self._evaluate(expression, frame)

    def find_outside(self, expression: str) -> Find | None:
        """For code that nothing is known of: where only what is global is in scope."""
        match = _PATH.fullmatch(expression)
        if match is not None and not match[1] and (found := self._find_global(match[2], match[3])) is not None:
            return found
        if _is_undeclared(self._target.EvaluateExpression(expression, self._options)):
            return None
        return lambda _: self._target.EvaluateExpression(expression, self._options)

    def _find_global(self, name: str, rest: str) -> Find | None:
        """A path that begins with a global variable: the same in any frame."""
        found = self._target.FindGlobalVariables(name, 1)
        value = found.GetValueAtIndex(0) if found.GetSize() else None
        # One in a register is known in the frames of its own file only.
        if value is None or value.GetLoadAddress() == lldb.LLDB_INVALID_ADDRESS:
            return None
        if not rest:
            return lambda _: value
        if not value.GetValueForExpressionPath(rest).IsValid():
            return None
        return lambda _: value.GetValueForExpressionPath(rest)

    def _evaluate(self, expression: str, frame: Any) -> Any:
        """None where a name is not in scope."""
        known: set[str] = set()
        while True:
            value = frame.EvaluateExpression(expression, self._options)
            missing = _is_undeclared(value)
            if missing is None:
                return value
            constant = self._constant(missing[1], frame)
            if constant is None or constant.name in known:
                return None
            known.add(constant.name)
            expression = re.sub(rf"(?<![\w.>:]){constant.name}\b", f"({constant.number})", expression)

    def _constant(self, name: str, frame: Any) -> Constant | None:
        """The constant of that name in the frame's compilation unit."""
        unit = frame.GetCompileUnit()
        if not unit.IsValid():
            return None
        key = str(unit.GetFileSpec())
        if key not in self._constants:
            kinds = unit.GetTypes(lldb.eTypeClassEnumeration)
            self._constants[key] = {
                constant.name: constant
                for i in range(kinds.GetSize())
                for constant in _constants_of(kinds.GetTypeAtIndex(i))
            }
        return self._constants[key].get(name)


def _is_undeclared(value: Any) -> re.Match[str] | None:
    """Whether a name is not in scope, and which."""
    error = value.GetError()
    return _UNDECLARED.search(error.GetCString() or "") if error.Fail() else None


def by_path(frame: Any, path: str) -> Any:
    return frame.GetValueForVariablePath(path, lldb.eNoDynamicValues)


def is_c(frame: Any) -> bool:
    """Whether the frame's code is C, not C++."""
    return frame.GetCompileUnit().GetLanguage() in _C


def _constants_of(kind: Any) -> list[Constant]:
    members = kind.GetEnumMembers()
    found = [members.GetTypeEnumMemberAtIndex(i) for i in range(members.GetSize())]
    return [Constant(member.GetName(), member.GetValueAsSigned(), kind) for member in found]
