"""What a name means that is no variable: a function, a constant of an enumeration, a type. Runs in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lldb

from drivers.lldb.computing import Constant, Function
from drivers.lldb.names import function_name

# Types to lldb in every program.
_OBJECTIVE_C = frozenset({"id", "SEL", "Class"})


class Symbols:
    def __init__(self, target: Any) -> None:
        self._target = target
        self._constants: dict[str, dict[str, Constant]] = {}
        self._all_constants: dict[str, Constant] | None = None

    def function(self, name: str) -> Function | None:
        """The one function of that name whose type is known, or else one without debug information."""
        known = self._functions(name)
        if len(known) > 1:
            return None
        if known:
            start, kind = known[0].GetStartAddress(), known[0].GetType()
        else:
            symbols = self._target.FindSymbols(name, lldb.eSymbolTypeCode)
            start, kind = symbols.GetContextAtIndex(0).GetSymbol().GetStartAddress(), None
        address = start.GetLoadAddress(self._target)
        return Function(name, address, kind) if address != lldb.LLDB_INVALID_ADDRESS else None

    def has_function(self, name: str) -> bool:
        return bool(self._functions(name) or self._target.FindSymbols(name).GetSize())

    def has_no_type(self, name: str) -> bool:
        """Whether it is a variable of code without debug information."""
        is_data = self._target.FindSymbols(name, lldb.eSymbolTypeData).GetSize() > 0
        return is_data and not self._target.FindGlobalVariables(name, 1).GetSize()

    def _functions(self, name: str) -> list[Any]:
        """Without those that a function of that name is inlined in, which lldb finds, too."""
        found = self._target.FindFunctions(name, lldb.eFunctionNameTypeFull | lldb.eFunctionNameTypeBase)
        functions = [found.GetContextAtIndex(i).GetFunction() for i in range(found.GetSize())]
        return [
            function
            for function in functions
            if function.IsValid() and (function_name(function.GetName()) or "").rpartition("::")[2] == name
        ]

    def is_type(self, name: str, *, is_c: bool) -> bool:
        """Whether the name is a typedef's, or, in C++, that of any type."""
        if name in _OBJECTIVE_C:
            return False
        found = self._target.FindTypes(name)
        kinds = [found.GetTypeAtIndex(i) for i in range(found.GetSize())]
        # lldb also finds what is called so inside of classes.
        named = [kind for kind in kinds if kind.GetName() == name]
        return any(kind.GetTypeClass() == lldb.eTypeClassTypedef or not is_c for kind in named)

    def is_other(self, name: str, value: Any) -> bool:
        """Whether lldb's compiler took it for something in a namespace, or a class, whose last name this is."""
        is_without_type = "has unknown type" in (value.GetError().GetCString() or "")
        return is_without_type and not self._target.FindSymbols(name).GetSize()

    def constant(self, name: str, frame: Any) -> Constant | None:
        """The constant of that name in the frame's compilation unit, or else in another one."""
        unit = frame.GetCompileUnit()
        if not unit.IsValid():
            return None
        here = self._constants_in(unit).get(name)
        return here if here is not None else self._constants_elsewhere().get(name)

    def _constants_in(self, unit: Any) -> dict[str, Constant]:
        key = str(unit.GetFileSpec())
        if key not in self._constants:
            kinds = unit.GetTypes(lldb.eTypeClassEnumeration)
            # Those of an `enum class` have no name of their own.
            self._constants[key] = {
                constant.name: constant
                for i in range(kinds.GetSize())
                if not kinds.GetTypeAtIndex(i).IsScopedEnumerationType()
                for constant in self._constants_of(kinds.GetTypeAtIndex(i))
            }
        return self._constants[key]

    def _constants_elsewhere(self) -> dict[str, Constant]:
        if self._all_constants is None:
            self._all_constants = {}
            for module in self._target.module_iter():
                for i in range(module.GetNumCompileUnits()):
                    self._all_constants |= self._constants_in(module.GetCompileUnitAtIndex(i))
        return self._all_constants

    def _constants_of(self, kind: Any) -> Iterator[Constant]:
        # To clang an unnamed one has the name of its typedef, once that was looked at; by that name only it is found.
        same = self._target.FindTypes(kind.GetUnqualifiedType().GetName() or "")
        classes = {same.GetTypeAtIndex(i).GetTypeClass() for i in range(same.GetSize())}
        is_unnamed = lldb.eTypeClassEnumeration not in classes
        members = kind.GetEnumMembers()
        for member in (members.GetTypeEnumMemberAtIndex(i) for i in range(members.GetSize())):
            yield Constant(member.GetName(), member.GetValueAsSigned(), kind, is_unnamed)
