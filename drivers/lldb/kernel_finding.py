"""How an expression is read in a kernel: what is in registers is read here, as lldb's compiler gets it wrong.

lldb 14 takes the bytes of a register in the order of its own computer: on a big-endian machine it computes with another
number. And it knows a variable in a register in the files only that declare it. Runs in the worker.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import Any

import lldb

from drivers.lldb.arithmetic import Type
from drivers.lldb.computing import Find, Function, Number, Trouble
from drivers.lldb.finding import NAME, OPTIMISED_OUT, PATH, Finder, by_path, is_in_memory

_REGISTER = re.compile(r"\$([a-z]\w*)")
# Where the size of `long` matters, which is that of a pointer.
_IS_LONG = re.compile(r"\blong\b|\d[uU]?[lL]|\d{10}|0[xX]\w{8}")
_DECIMAL = re.compile(r"(?<![\w.])[1-9]\d{9,}(?![\w.])")
_INT_MAX = 2**31 - 1
_LONG = {"long": "long long", "unsigned long": "unsigned long long"}
# Two names that gdb has for the frame pointer.
_ALIASES = {"s8": "fp", "r30": "fp"}
_REGISTER_TYPE = Type("int32_t", 4)
_UNKNOWN = Trouble("lldb cannot compute with what is in a register")


class KernelFinder(Finder):
    """`outside`: global variables that are not in memory, and the registers that they are in (None: optimised out)."""

    def __init__(self, target: Any, outside: dict[str, int | None]) -> None:
        super().__init__(target)
        self._outside = outside

    def find(self, expression: str, frame: Any) -> Find | None:
        if (register := _REGISTER.fullmatch(expression)) is not None:
            name = register[1]
            return lambda frame: _register(frame, name)
        match = PATH.fullmatch(expression)
        if match is None:
            return self._find_computed(expression, frame)
        prefix, name, rest = match.groups()
        if name in self._outside and not by_path(frame, name).IsValid() and "&" not in prefix:
            return self._find_outside_memory(prefix, name, rest)
        function = None if prefix or rest else self._named_function(name, frame)
        if function is not None:  # lldb's compiler gives a pointer to it
            return lambda _: function
        return super().find(expression, frame)

    def _find_computed(self, expression: str, frame: Any) -> Find | None:
        # To lldb's compiler what an `int` cannot hold is unsigned, as it was before C99.
        expression = _DECIMAL.sub(lambda n: f"{n[0]}LL" if int(n[0]) > _INT_MAX else n[0], expression)
        if "$" in expression or _IS_LONG.search(expression):
            return self._compiled(expression, frame)
        find = super().find(expression, frame)
        return None if find is None else lambda frame: _with_longs(find(frame))

    def find_outside(self, expression: str, frame: Any = None) -> Find | None:
        if self._outside.get(expression, 0) is None:
            return lambda _: OPTIMISED_OUT
        function = self._named_function(expression, None) if expression.isidentifier() else None
        return super().find_outside(expression, frame) if function is None else lambda _: function

    def _find_outside_memory(self, prefix: str, name: str, rest: str) -> Find:
        number = self._outside[name]
        if number is None:
            return lambda _: OPTIMISED_OUT
        kind = self._target.FindGlobalVariables(name, 1).GetValueAtIndex(0).GetType()
        register = f"r{number}"

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

    def _named_function(self, name: str, frame: Any) -> Function | None:
        """None where the name means something else."""
        if (frame and by_path(frame, name).IsValid()) or self._target.FindGlobalVariables(name, 1).GetSize():
            return None
        function = self._symbols.function(name)
        return None if function is None or function.type is None else function

    def _evaluate(self, expression: str, frame: Any) -> Any:
        expression = _REGISTER.sub(lambda found: f"({_register(frame, found[1]).value})", expression)
        here = {name: by_path(frame, name) for name in NAME.findall(expression)}
        outside = {name for name, value in here.items() if name in self._outside and not value.IsValid()}
        # lldb's compiler does not know these; it is to tell whether the other names are in scope.
        found = super()._evaluate(NAME.sub(lambda n: "0" if n[0] in outside else n[0], expression), frame)
        if found is None:
            return None
        if any(self._outside[name] is None for name in outside):
            return OPTIMISED_OUT
        if outside or any(value.IsValid() and not is_in_memory(value) for value in here.values()):
            return _UNKNOWN
        return found


def _register(frame: Any, name: str) -> Number:
    return Number(_REGISTER_TYPE, int(frame.FindRegister(_ALIASES.get(name, name)).GetValueAsSigned()))


def _with_longs(value: Any) -> Any:
    """A computed number of 64 bits is a `long long`."""
    if isinstance(value, Number) and value.type.name in _LONG:
        return replace(value, type=replace(value.type, name=_LONG[value.type.name]))
    return value
