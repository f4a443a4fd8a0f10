"""How an expression is read in a kernel: what is in registers is read here, as lldb's compiler gets it wrong.

lldb 14 takes the bytes of a register in the order of its own computer: on a big-endian machine it computes with another
number. And it knows a variable in a register in the files only that declare it. Runs in the worker.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import Any

import lldb

from drivers.lldb.arithmetic import Type
from drivers.lldb.computing import Find, Number, Trouble
from drivers.lldb.finding import PATH, Finder, by_path

_REGISTER = re.compile(r"\$([a-z]\w*)")
_NAME = re.compile(r"(?<![\w.>$])[^\W\d]\w*")
# Where the size of `long` matters, which is that of a pointer.
_IS_LONG = re.compile(r"\blong\b|\d[uU]?[lL]|\d{10}|0[xX]\w{8}")
_LONG = {"long": "long long", "unsigned long": "unsigned long long"}
# Two names that gdb has for the frame pointer.
_ALIASES = {"s8": "fp", "r30": "fp"}
_REGISTER_TYPE = Type("int32_t", 4)
_UNKNOWN = Trouble("lldb cannot compute with what is in a register")


@dataclass(frozen=True, slots=True)
class Function:
    """What a function's name means, which is no value to lldb."""

    address: int
    type: Any


class KernelFinder(Finder):
    """`registers`: global variables that are in general registers, and the registers' numbers."""

    def __init__(self, target: Any, registers: dict[str, int]) -> None:
        super().__init__(target)
        self._registers = registers

    def find(self, expression: str, frame: Any) -> Find | None:
        if (register := _REGISTER.fullmatch(expression)) is not None:
            name = register[1]
            return lambda frame: _register(frame, name)
        match = PATH.fullmatch(expression)
        if match is None:
            return self._find_computed(expression, frame)
        prefix, name, rest = match.groups()
        if name in self._registers and not by_path(frame, name).IsValid() and prefix != "&":
            return self._find_in_register(prefix, name, rest)
        function = None if prefix or rest else self._function(name, frame)
        if function is not None:  # lldb's compiler gives a pointer to it
            return lambda _: function
        return super().find(expression, frame)

    def _find_computed(self, expression: str, frame: Any) -> Find | None:
        if "$" in expression or _IS_LONG.search(expression):
            return lambda frame: self._evaluate(expression, frame)
        find = super().find(expression, frame)
        return None if find is None else lambda frame: _with_longs(find(frame))

    def _find_in_register(self, prefix: str, name: str, rest: str) -> Find:
        kind = self._target.FindGlobalVariables(name, 1).GetValueAtIndex(0).GetType()
        register = f"r{self._registers[name]}"

        def read(frame: Any) -> Any:
            number = frame.FindRegister(register).GetValueAsUnsigned()
            # It lays the number out in the order of this computer, whatever order it is told.
            swapped = int.from_bytes(number.to_bytes(4, "big"), sys.byteorder)
            data = lldb.SBData.CreateDataFromUInt32Array(lldb.eByteOrderBig, kind.GetByteSize(), [swapped])
            value = self._target.CreateValueFromData(name, data, kind)
            value = value.GetValueForExpressionPath(rest) if rest else value
            return value.Dereference() if prefix else value

        return read

    def address(self, expression: str, frame: Any) -> int | None:
        value = self._evaluate(f"&({expression})", frame)
        is_known = value is not None and not isinstance(value, Trouble) and value.GetError().Success()
        return int(value.GetValueAsUnsigned()) if is_known else None

    def _function(self, name: str, frame: Any) -> Function | None:
        """None where the name means something else."""
        if by_path(frame, name).IsValid() or self._target.FindGlobalVariables(name, 1).GetSize():
            return None
        found = self._target.FindFunctions(name, lldb.eFunctionNameTypeFull)
        function = found.GetContextAtIndex(0).GetFunction() if found.GetSize() else None
        if function is None or not function.IsValid():
            return None
        return Function(function.GetStartAddress().GetLoadAddress(self._target), function.GetType())

    def _evaluate(self, expression: str, frame: Any) -> Any:
        expression = _REGISTER.sub(lambda found: f"({_register(frame, found[1]).value})", expression)
        for name in _NAME.findall(expression):
            value = by_path(frame, name)
            is_in_register = value.IsValid() and value.GetLoadAddress() == lldb.LLDB_INVALID_ADDRESS
            if is_in_register or (name in self._registers and not value.IsValid()):
                return _UNKNOWN
        return super()._evaluate(expression, frame)


def _register(frame: Any, name: str) -> Number:
    return Number(_REGISTER_TYPE, int(frame.FindRegister(_ALIASES.get(name, name)).GetValueAsSigned()))


def _with_longs(value: Any) -> Any:
    """A computed number of 64 bits is a `long long`."""
    if isinstance(value, Number) and value.type.name in _LONG:
        return replace(value, type=replace(value.type, name=_LONG[value.type.name]))
    return value
