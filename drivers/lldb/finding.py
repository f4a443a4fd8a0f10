"""How an expression is read in a frame: by the path of a variable, which takes microseconds, or computed from such.

What is left is lldb's own compiler's: it takes a millisecond for each, is never let run code of the program, and knows
no enumeration's constants: those are looked up here. Runs in the worker.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import lldb

from drivers.inside.tokens import OPTIMIZED_OUT
from drivers.lldb.arithmetic import Type
from drivers.lldb.computing import Find, Number, Trouble, computed
from drivers.lldb.symbols import Symbols

PATH = re.compile(r"([*&]*)([^\W\d]\w*)((?:(?:\.|->)[^\W\d]\w*|\[\d+\])*)")
_QUALIFIED = re.compile(r"[^\W\d]\w*(?:::[^\W\d]\w*)+")
_UNDECLARED = re.compile(r"(?:use of undeclared identifier|unknown type name) '(\w+)'")
# As of the tag of a struct, which in C leaves its name to variables.
_NO_VALUE = re.compile(r"'\w+' does not refer to a value")
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
NAME = re.compile(r"(?<![\w.$])(?<!->)(?<!::)[^\W\d]\w*")
_ADDRESS = re.compile(r"&\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)(?!\s*(?:[\w(\[]|->))")
_CAST = re.compile(r"\(\s*(?:(?:un)?signed|char|short|int|long|void|struct|\w+_t|\w+(?=\s*\*))(?!\w)[\w\s*]*\)\Z")
_POINTER_CAST = re.compile(r"\*\s*\)\s*\Z")
# What lldb's compiler knows in every program: its own macros and typedefs, and what it takes from C++.
_OWN = frozenset({"NULL", "Nil", "nil", "YES", "NO", "unichar", "size_t", "ptrdiff_t", "intptr_t", "uintptr_t"}) | {
    f"{sign}int{size}_t" for sign in ("", "u") for size in (8, 16, 32, 64)
}
_OWN_IN_C = _OWN | {"bool", "true", "false", "nullptr"}
_TO_BOOLEAN = re.compile(r"\(\s*(?:_Bool|bool)\s*\)")
_IS_TYPE = Trouble("Attempt to use a type name as an expression")  # as gdb says it
_NO_ADDRESS = Trouble("Can't take address of what is in a register")
OPTIMISED_OUT = Trouble(OPTIMIZED_OUT)
_STATIC = (lldb.eValueTypeVariableGlobal, lldb.eValueTypeVariableStatic)
_C = frozenset(
    {lldb.eLanguageTypeC, lldb.eLanguageTypeC89, lldb.eLanguageTypeC99, getattr(lldb, "eLanguageTypeC11", 29)}
)


class Finder:
    """`optimised_out`: global variables of which nothing is left, and lldb knows nothing."""

    def __init__(self, target: Any, optimised_out: Collection[str] = ()) -> None:
        self._target = target
        self._optimised_out = frozenset(optimised_out)
        self._symbols = Symbols(target)
        self._options = lldb.SBExpressionOptions()
        self._options.SetAllowJIT(False)  # so nothing can be called
        self._options.SetIgnoreBreakpoints(True)
        self._options.SetTimeoutInMicroSeconds(1_000_000)
        self._options.SetFetchDynamicValue(lldb.eNoDynamicValues)

    def find(self, expression: str, frame: Any) -> Find | None:
        """For frames that stand where this one does; None where the expression's names are not in scope there."""
        match = PATH.fullmatch(expression)
        if match is None:
            if _QUALIFIED.fullmatch(expression):
                return self._find_global(expression, "") or self._compiled(expression, frame)
            found = computed(expression, frame, self.find, self.address, self._type, is_c=is_c(frame))
            return found or self._compiled(expression, frame)
        prefix, name, rest = match.groups()
        is_alone = not prefix and not rest
        if self._is_member(name, frame):
            return self.find(f"{prefix}this->{name}{rest}", frame)
        if by_path(frame, name).IsValid():
            if prefix == "&" and self._is_in_register(name + rest, frame):
                return lambda _: _NO_ADDRESS
            # By path, the address of a reference is where the reference itself is kept.
            is_of_reference = "&" in prefix and by_path(frame, name + rest).GetType().IsReferenceType()
            if not is_of_reference and by_path(frame, expression).IsValid():
                value = None if prefix else self._lasting(frame, name, rest)
                return (lambda _: value) if value is not None else (lambda frame: by_path(frame, expression))
        elif self._target.FindGlobalVariables(name, 1).GetSize():
            found = self._find_global(name, rest) if not prefix else None
            if found is not None:
                return found
        elif name in self._optimised_out:
            return lambda _: OPTIMISED_OUT
        elif is_alone and (constant := self._symbols.constant(name, frame)) is not None:
            return lambda _: constant
        elif is_alone and (function := self._symbols.function(name)) is not None:
            return lambda _: function
        elif is_alone and self._symbols.is_type(name, is_c=is_c(frame)):
            return lambda _: _IS_TYPE
        elif is_c(frame) and not self._symbols.has_function(name):
            return None
        find = self._compiled(expression, frame)
        value = None if find is None else find(frame)
        if value is None or (is_alone and isinstance(value, lldb.SBValue) and self._symbols.is_other(name, value)):
            return None
        return find

    def _compiled(self, expression: str, frame: Any) -> Find | None:
        """What is left to lldb's compiler, but for names that are the compiler's, and not the program's."""
        own = _OWN_IN_C if is_c(frame) else _OWN
        text = _LITERAL.sub(lambda literal: " " * len(literal[0]), expression)
        for found in NAME.finditer(text):
            name = found[0]
            if name in own:
                meaning = self._meaning(name, frame)
                if meaning is None:
                    return None
                if isinstance(meaning, Trouble):
                    return lambda _: meaning
                expression = _with(expression, name, meaning)
            if by_path(frame, name).IsValid():
                continue
            # lldb takes it for a pointer.
            is_cast = _POINTER_CAST.search(text[: found.start()])
            if not is_cast and self._symbols.has_no_type(name) and not self._is_member(name, frame):
                return lambda _: Trouble(f"'{name}' has unknown type; cast it to its declared type")  # as gdb says it
        if any(self._is_in_register(path, frame) for path in _addressed(expression)):
            return lambda _: _NO_ADDRESS
        if is_c(frame) and self._target.FindFirstType("_Bool").IsValid():  # which to lldb is no type
            expression = re.sub(r"\b_Bool\b", "bool", expression)
        return lambda frame: self._evaluate(expression, frame)

    def _meaning(self, name: str, frame: Any) -> str | Trouble | None:
        """What to tell lldb's compiler for a name that it knows itself; None where the program has no such name."""
        if by_path(frame, name).IsValid() or self._target.FindGlobalVariables(name, 1).GetSize():
            return Trouble(f"lldb's compiler has another '{name}'")
        constant = self._symbols.constant(name, frame)
        if constant is not None:
            return f"({constant.number})"
        if self._symbols.is_type(name, is_c=is_c(frame)):
            kind = self._target.FindFirstType(name).GetCanonicalType().GetBasicType()
            return (
                name if name != "bool" or kind == lldb.eBasicTypeBool else Trouble("lldb's compiler has another 'bool'")
            )
        return name if self._symbols.has_function(name) else None

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
        if value is None or ("::" in name and value.GetName() != name):
            return None
        # One in a register is known in the frames of its own file only; a constant is nowhere.
        if value.GetLoadAddress() == lldb.LLDB_INVALID_ADDRESS and (rest or value.GetError().Fail()):
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

    def _is_in_register(self, path: str, frame: Any) -> bool:
        """Of what has no address lldb makes a copy in its own memory, and gives the address of that."""
        found = by_path(frame, path)
        return bool(found.IsValid()) and not found.GetType().IsReferenceType() and not is_in_memory(found)

    def _type(self, name: str, frame: Any) -> Any:
        """None where the name is a variable's."""
        return None if frame and by_path(frame, name).IsValid() else self._target.FindFirstType(name)

    def _is_member(self, name: str, frame: Any) -> bool:
        """Whether it is one of the object whose method this is: lldb's paths prefer a global variable to that."""
        found = by_path(frame, name)
        if found.IsValid() and found.GetValueType() not in _STATIC:
            return False
        if not by_path(frame, f"this->{name}").IsValid():
            return False
        block = frame.GetBlock()
        while found.IsValid() and block.IsValid():  # static in the method
            own = block.GetVariables(frame, False, False, True, lldb.eNoDynamicValues)
            places = [own.GetValueAtIndex(i).GetLoadAddress() for i in range(own.GetSize())]
            if found.GetLoadAddress() in places:
                return False
            block = block.GetParent()
        return True

    def address(self, expression: str, frame: Any) -> int | None:
        """Of what the expression means; None where it has none, as a bit field."""
        value = frame.EvaluateExpression(f"&({expression})", self._options)
        return None if value.GetError().Fail() else int(value.GetValueAsUnsigned())

    def _evaluate(self, expression: str, frame: Any) -> Any:
        """None where a name is not in scope."""
        known: dict[str, int] = {}
        while True:
            value = frame.EvaluateExpression(expression, self._options)
            message = (value.GetError().GetCString() or "") if value.GetError().Fail() else ""
            missing = _UNDECLARED.search(message)
            if missing is None and is_c(frame) and _NO_VALUE.search(message):
                return None
            if missing is None:
                return _in_c(value, expression, frame) if self._optimised_out.isdisjoint(known) else OPTIMISED_OUT
            name = missing[1]
            constant = self._symbols.constant(name, frame)
            if name in known or (constant is None and name not in self._optimised_out):
                return None
            known[name] = constant.number if constant is not None else 0
            expression = _with(expression, name, f"({known[name]})")


def _in_c(value: Any, expression: str, frame: Any) -> Any:
    """lldb's compiler takes C for C++, where a comparison is a `bool`; in C it is an `int`."""
    is_computed = value.GetLoadAddress() == lldb.LLDB_INVALID_ADDRESS
    is_boolean = value.GetType().GetBasicType() == lldb.eBasicTypeBool
    if not (is_boolean and is_computed and is_c(frame)) or _TO_BOOLEAN.match(expression):
        return value
    return Number(Type("int", 4), int(value.GetValueAsUnsigned()))


def _prefixed(value: Any, prefix: str) -> Any:
    for operator in reversed(prefix):
        value = value.AddressOf() if operator == "&" else value.Dereference()
    return value


def _with(expression: str, name: str, meaning: str) -> str:
    return NAME.sub(lambda found: meaning if found[0] == name else found[0], expression)


def _addressed(expression: str) -> Iterator[str]:
    """The variables whose addresses are taken."""
    for found in _ADDRESS.finditer(expression):
        before = expression[: found.start()].rstrip()
        if not before or before[-1] in "(,!=<>+-*/%|^~?:[" or _CAST.search(before):
            yield found[1]


def by_path(frame: Any, path: str) -> Any:
    return frame.GetValueForVariablePath(path, lldb.eNoDynamicValues)


def is_in_memory(value: Any) -> bool:
    # The address of what is in a register is, to lldb, the value.
    return (value.GetLocation() or "").startswith("0x")


def is_c(frame: Any) -> bool:
    """Whether the frame's code is C, not C++."""
    return frame.GetCompileUnit().GetLanguage() in _C
