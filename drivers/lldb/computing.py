"""Arithmetic on what lldb reads: the leaves are variables, in the frame that is looked at. Runs in the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import lldb

from drivers.lldb.arithmetic import Impossible, NotHere, Type, Typed, Value, compute
from drivers.lldb.rendering import floating, integer, is_signed

#: What lldb says of a member of what a null pointer points to.
BELOW_NULL = "parent is NULL"

_FLOATS = {lldb.eBasicTypeFloat: "float", lldb.eBasicTypeDouble: "double"}
_NAMED = {lldb.eBasicTypeBool: "_Bool", lldb.eBasicTypeChar: "char"}
_POINTER, _ENUM, _BUILTIN = lldb.eTypeClassPointer, lldb.eTypeClassEnumeration, lldb.eTypeClassBuiltin


@dataclass(frozen=True, slots=True)
class Constant:
    """One of an enumeration, which may have no name."""

    name: str
    number: int
    type: Any
    is_unnamed: bool


@dataclass(frozen=True, slots=True)
class Function:
    """As a value: where it begins, and its type; None where that is not known."""

    name: str
    address: int
    type: Any


@dataclass(frozen=True, slots=True)
class Number:
    """The value of an expression."""

    type: Type
    value: Value


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an expression has no value."""

    message: str


#: A frame to the value in it (lldb's, or one of these four); None where a name is not in scope.
Find = Callable[[Any], Any]


class _Unread(Exception):
    """Of an operand: lldb's value, whose error says why."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Missing(Exception):
    """A name is not in scope."""


def computed(
    expression: str,
    frame: Any,
    find: Callable[[str, Any], Find | None],
    locate: Callable[[str, Any], int | None],
    lookup: Callable[[str, Any], Any],
    *,
    is_c: bool,
) -> Find | None:
    """For frames that stand where this one does; None for what is not computed here.

    `find` tells how the path of a variable is read, `locate` where it is, even though nothing is there; `lookup`
    tells the type that a name is one of.
    """

    def named(name: str) -> Type | None:
        return _typedef(name, lookup(name, frame))

    try:
        typed = compute(expression, lambda path: _leaf(find(path, frame), path, frame, locate), named, is_c=is_c)
    except (NotHere, _Missing):  # what is no variable may be the type of a cast: lldb's compiler knows
        return None
    kind, read = typed.type, typed.read

    def value(frame: Any) -> Any:
        try:
            return Number(kind, read(frame))
        except _Unread as unread:
            return unread.value
        except _Missing:
            return None
        except Impossible as error:
            return Trouble(str(error))

    return value


def _leaf(find: Find | None, path: str, frame: Any, locate: Callable[[str, Any], int | None]) -> Typed:
    value = find(frame) if find is not None else None
    if find is None or value is None:
        raise _Missing
    if isinstance(value, Constant):
        number = value.number
        return Typed(_type_of(value.type), lambda _: number)
    if isinstance(value, Function):
        address = value.address
        return Typed(Type("", 8, is_signed=False, is_pointer=True), lambda _: address)
    if isinstance(value, (Number, Trouble)):
        raise NotHere
    is_reference = value.GetType().IsReferenceType()
    real = (value.Dereference() if is_reference else value).GetType().GetCanonicalType()
    kind = _type_of(real)
    take: Callable[[Any], Value | None] = _float if kind.is_float else integer(real)

    def read(frame: Any) -> Value:
        value = find(frame)
        if value is None:
            raise _Missing
        if is_reference:
            value = value.Dereference()
        number = take(value)
        if number is None or value.GetError().Fail():
            if value.GetError().GetCString() == BELOW_NULL and (address := locate(path, frame)) is not None:
                raise Impossible(f"Cannot access memory at address {address:#x}")
            raise _Unread(value)
        return number

    return Typed(kind, read)


def _typedef(name: str, kind: Any) -> Type | None:
    """The numeric type that it is, or is another name of; None where `kind` is None, or something else."""
    if kind is None:
        return None
    real = kind.GetCanonicalType()
    if name == "_Bool":
        return Type(name, 1, is_signed=False)
    if kind.GetTypeClass() != lldb.eTypeClassTypedef or real.GetTypeClass() != _BUILTIN:
        return None
    if real.GetBasicType() == lldb.eBasicTypeBool and name != "bool":
        return None
    return replace(_type_of(real), name=name)


def _type_of(real: Any) -> Type:
    """Raises NotHere for what is no number, and no pointer."""
    shape, basic, size = real.GetTypeClass(), real.GetBasicType(), real.GetByteSize()
    if shape == _POINTER:
        return Type("", size, is_signed=False, is_pointer=True)
    if basic in _FLOATS:
        return Type(_FLOATS[basic], size, is_float=True)
    if shape == _ENUM or (shape == _BUILTIN and size in (1, 2, 4, 8) and basic != lldb.eBasicTypeHalf):
        return Type(_NAMED.get(basic, ""), size, is_signed=is_signed(real))
    raise NotHere


def _float(value: Any) -> float | None:
    """None where it cannot be read."""
    data = value.GetData()
    error = lldb.SBError()
    found = data.ReadRawData(error, 0, data.GetByteSize())
    if error.Fail() or not found:
        return None
    return floating(found, data.GetByteOrder() != lldb.eByteOrderBig)[1]
