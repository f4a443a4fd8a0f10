"""How an expression is read in a frame: by the path of a variable, which takes microseconds, or computed from such.

What is left is lldb's own compiler's: it takes a millisecond for each, is never let run code of the program, and knows
no enumeration's constants: those are looked up here. Runs in the worker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lldb

from drivers.lldb.computing import Constant, Find, Trouble, computed

PATH = re.compile(r"([*&]*)([^\W\d]\w*)((?:(?:\.|->)[^\W\d]\w*|\[\d+\])*)")
_UNDECLARED = re.compile(r"use of undeclared identifier '(\w+)'")
_IS_TYPE = Trouble("Attempt to use a type name as an expression")  # as gdb says it
_STATIC = (lldb.eValueTypeVariableGlobal, lldb.eValueTypeVariableStatic)
_C = frozenset(
    {lldb.eLanguageTypeC, lldb.eLanguageTypeC89, lldb.eLanguageTypeC99, getattr(lldb, "eLanguageTypeC11", 29)}
)


@dataclass(frozen=True, slots=True)
class Function:
    """As a value: where it begins, and its type; None where that is not known."""

    name: str
    address: int
    type: Any


class Finder:
    def __init__(self, target: Any) -> None:
        self._target = target
        self._constants: dict[str, dict[str, Constant]] = {}
        self._all_constants: dict[str, Constant] | None = None
        self._options = lldb.SBExpressionOptions()
        self._options.SetAllowJIT(False)  # so nothing can be called
        self._options.SetIgnoreBreakpoints(True)
        self._options.SetTimeoutInMicroSeconds(1_000_000)
        self._options.SetFetchDynamicValue(lldb.eNoDynamicValues)

    def find(self, expression: str, frame: Any) -> Find | None:
        """For frames that stand where this one does; None where the expression's names are not in scope there."""
        match = PATH.fullmatch(expression)
        if match is None:
            found = computed(expression, frame, self.find, self.address, self._type, is_c=is_c(frame))
            return found or (lambda frame: self._evaluate(expression, frame))
        prefix, name, rest = match.groups()
        is_alone = not prefix and not rest
        if by_path(frame, name).IsValid():
            # By path, the address of a reference is where the reference itself is kept.
            is_of_reference = "&" in prefix and by_path(frame, name + rest).GetType().IsReferenceType()
            if not is_of_reference and by_path(frame, expression).IsValid():
                value = None if prefix else self._lasting(frame, name, rest)
                return (lambda _: value) if value is not None else (lambda frame: by_path(frame, expression))
        elif self._target.FindGlobalVariables(name, 1).GetSize():
            found = self._find_global(name, rest) if not prefix else None
            if found is not None:
                return found
        elif is_alone and (constant := self._constant(name, frame)) is not None:
            return lambda _: constant
        elif is_alone and (function := self._function(name)) is not None:
            return lambda _: function
        elif is_alone and self._is_type(name, frame):
            return lambda _: _IS_TYPE
        elif is_c(frame) and not self._target.FindFunctions(name, lldb.eFunctionNameTypeFull).GetSize():
            return None
        value = self._evaluate(expression, frame)
        if value is None or (is_alone and self._is_name_of_other(name, value)):
            return None
        return lambda frame: self._evaluate(expression, frame)

    def find_outside(self, expression: str, _: Any = None) -> Find | None:
        """For code that nothing is known of: what is global is in scope there, and nothing else."""
        match = PATH.fullmatch(expression)
        if match is None:
            return computed(expression, None, self.find_outside, lambda *_: None, self._type, is_c=True)
        prefix, name, rest = match.groups()
        find = self._find_global(name, rest)
        if find is not None:
            return (lambda frame: _prefixed(find(frame), prefix)) if prefix else find
        return None

    def _find_global(self, name: str, rest: str) -> Find | None:
        """A path that begins with a global variable, in any frame."""
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

    def _lasting(self, frame: Any, name: str, rest: str) -> Any:
        """The value of a variable (or of a part of one) that is the same in all frames; None for another one."""
        here = by_path(frame, name)
        if here.GetValueType() not in _STATIC:
            return None
        found = self._target.FindGlobalVariables(name, 2)
        if found.GetSize() != 1 or found.GetValueAtIndex(0).GetLoadAddress() != here.GetLoadAddress():
            return None
        value = found.GetValueAtIndex(0).GetValueForExpressionPath(rest) if rest else found.GetValueAtIndex(0)
        # What a pointer points to is elsewhere, and may be somewhere else the next time.
        offset = value.GetLoadAddress() - here.GetLoadAddress() if value.IsValid() else -1
        return value if 0 <= offset < here.GetByteSize() else None

    def _type(self, name: str, frame: Any) -> Any:
        """None where the name is a variable's."""
        return None if frame and by_path(frame, name).IsValid() else self._target.FindFirstType(name)

    def address(self, expression: str, frame: Any) -> int | None:
        """Of what the expression means; None where it has none, as a bit field."""
        value = frame.EvaluateExpression(f"&({expression})", self._options)
        return None if value.GetError().Fail() else int(value.GetValueAsUnsigned())

    def _evaluate(self, expression: str, frame: Any) -> Any:
        """None where a name is not in scope."""
        known: set[str] = set()
        while True:
            value = frame.EvaluateExpression(expression, self._options)
            error = value.GetError()
            missing = _UNDECLARED.search(error.GetCString() or "") if error.Fail() else None
            if missing is None:
                return value
            constant = self._constant(missing[1], frame)
            if constant is None or constant.name in known:
                return None
            known.add(constant.name)
            expression = re.sub(rf"(?<![\w.>:]){constant.name}\b", f"({constant.number})", expression)

    def _function(self, name: str) -> Function | None:
        """The one function of that name whose type is known, or the only one there is."""
        found = self._target.FindFunctions(name, lldb.eFunctionNameTypeFull | lldb.eFunctionNameTypeBase)
        known = [each for i in range(found.GetSize()) if (each := found.GetContextAtIndex(i).GetFunction()).IsValid()]
        if len(known) > 1:
            return None
        if known:
            start, kind = known[0].GetStartAddress(), known[0].GetType()
        else:
            symbols = self._target.FindSymbols(name, lldb.eSymbolTypeCode)
            start, kind = symbols.GetContextAtIndex(0).GetSymbol().GetStartAddress(), None
        address = start.GetLoadAddress(self._target)
        return Function(name, address, kind) if address != lldb.LLDB_INVALID_ADDRESS else None

    def _is_type(self, name: str, frame: Any) -> bool:
        """Whether the name is a typedef's, or, in C++, that of any type."""
        found = self._target.FindTypes(name)
        kinds = [found.GetTypeAtIndex(i) for i in range(found.GetSize())]
        # lldb also finds what is called so inside of classes.
        named = [kind for kind in kinds if kind.GetName() == name]
        return any(kind.GetTypeClass() == lldb.eTypeClassTypedef or not is_c(frame) for kind in named)

    def _is_name_of_other(self, name: str, value: Any) -> bool:
        """Whether lldb found only something in a namespace, or a class, whose last name this is."""
        is_without_type = "has unknown type" in (value.GetError().GetCString() or "")
        return is_without_type and not self._target.FindSymbols(name).GetSize()

    def _constant(self, name: str, frame: Any) -> Constant | None:
        """The constant of that name in the frame's compilation unit, or else in another one."""
        unit = frame.GetCompileUnit()
        if not unit.IsValid():
            return None
        here = self._constants_of(unit).get(name)
        return here if here is not None else self._constants_elsewhere().get(name)

    def _constants_of(self, unit: Any) -> dict[str, Constant]:
        key = str(unit.GetFileSpec())
        if key not in self._constants:
            kinds = unit.GetTypes(lldb.eTypeClassEnumeration)
            self._constants[key] = {
                constant.name: constant
                for i in range(kinds.GetSize())
                for constant in self._members_of(kinds.GetTypeAtIndex(i))
            }
        return self._constants[key]

    def _constants_elsewhere(self) -> dict[str, Constant]:
        if self._all_constants is None:
            self._all_constants = {}
            for module in self._target.module_iter():
                for i in range(module.GetNumCompileUnits()):
                    self._all_constants |= self._constants_of(module.GetCompileUnitAtIndex(i))
        return self._all_constants

    def _members_of(self, kind: Any) -> Iterator[Constant]:
        # To clang an unnamed one has the name of its typedef, once that was looked at; by that name only it is found.
        same = self._target.FindTypes(kind.GetUnqualifiedType().GetName() or "")
        classes = {same.GetTypeAtIndex(i).GetTypeClass() for i in range(same.GetSize())}
        is_unnamed = lldb.eTypeClassEnumeration not in classes
        members = kind.GetEnumMembers()
        for member in (members.GetTypeEnumMemberAtIndex(i) for i in range(members.GetSize())):
            yield Constant(member.GetName(), member.GetValueAsSigned(), kind, is_unnamed)


def _prefixed(value: Any, prefix: str) -> Any:
    for operator in reversed(prefix):
        value = value.AddressOf() if operator == "&" else value.Dereference()
    return value


def by_path(frame: Any, path: str) -> Any:
    return frame.GetValueForVariablePath(path, lldb.eNoDynamicValues)


def is_c(frame: Any) -> bool:
    """Whether the frame's code is C, not C++."""
    return frame.GetCompileUnit().GetLanguage() in _C
