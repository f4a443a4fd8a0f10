"""The samples as tokens: what an expression is at an address is looked up once; then it is only read.

Runs in the worker.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import lldb

from drivers.inside.tokens import (
    ABSENT,
    AGGREGATE,
    BOOLEAN,
    CHARACTER,
    CONTENT_BYTES,
    ENUM,
    FLOAT,
    INTEGER,
    OPTIMIZED_OUT,
    POINTER,
    STRING,
    UNREADABLE,
    Token,
    decode,
)
from drivers.lldb.computing import BELOW_NULL, Constant, Find, Function, Number, Trouble
from drivers.lldb.finding import Finder, is_c
from drivers.lldb.names import type_name
from drivers.lldb.rendering import Renderer, boolean, character, floating, integer, is_character
from drivers.lldb.stacks import is_outermost

_LOCATION = re.compile(
    r"^(?:expression failed to parse:\n)?"
    r"(?:error: <lldb wrapper prefix>(?:.|\n)*?(?=error: <user))?"  # of what lldb puts before it
    r"error: (?:<user expression \d+>:\d+:\d+: )?"
)
_OPTIMISED = ("not available", "optimized out", "no location", "DW_OP_entry_value")
_NO_MEMBER = re.compile(r"no member named '(\w+)' in ")
_TAGGED = {
    lldb.eTypeClassStruct: "struct",
    lldb.eTypeClassClass: "struct",
    lldb.eTypeClassUnion: "union",
    lldb.eTypeClassEnumeration: "enum",
}
_FLOATS = frozenset({lldb.eBasicTypeHalf, lldb.eBasicTypeFloat, lldb.eBasicTypeDouble, lldb.eBasicTypeLongDouble})
_BARE = "enum {...}"  # gdb's words for an enumeration without a name
_CODE = lldb.eTypeClassFunction
#: As gdb has it.
NO_DEBUG_INFO = "<text variable, no debug info>"

Read = Callable[[Any], Token]


class Sampler:
    """`samples`: expression, depth of the frame, and where a frame at that depth has no value for it yet.

    `finder` finds what they mean.
    """

    def __init__(
        self,
        samples: list[tuple[str, int, list[tuple[int, int]]]],
        bias: int,
        records: Any,
        target: Any,
        process: Any,
        finder: Finder,
    ) -> None:
        self._samples, self._bias, self._records, self._target = samples, bias, records, target
        self._renderer = Renderer(target, process)
        self._types: dict[str, int] = {}
        self._values: dict[int, Token] = {}
        self._finders: dict[tuple[int, int], Find | None] = {}
        self._readers: dict[tuple[int, int], Read] = {}
        self._is_reference: dict[tuple[int, int], bool] = {}
        self._offsets: dict[tuple[int, int], int | None] = {}
        self._finder = finder

    def changes(self, samples: tuple[int, ...], thread: Any, frame: Any, pc: int) -> list[Token]:
        """The tokens that differ from those of the step before, as [sample, …token]; `samples` are read here."""
        values = self._values
        changed: list[Token] = [(i, ABSENT) for i in values.keys() - set(samples)]
        for i, _ in changed:
            del values[i]
        for i in samples:
            token = self._read(i, thread, frame, pc)
            if values.get(i) == token:
                continue
            if token is None:
                del values[i]
                changed.append((i, ABSENT))
            else:
                values[i] = token
                changed.append((i, *token))
        return changed

    def _read(self, i: int, thread: Any, frame: Any, pc: int) -> Token | None:
        """None where the sample is absent."""
        _, depth, hidden = self._samples[i]
        if depth:
            if any(is_outermost(thread.GetFrameAtIndex(level), self._target) for level in range(depth)):
                return None
            frame = thread.GetFrameAtIndex(depth)
            if not frame.IsValid():
                return None
            pc = frame.GetPC()
            if any(low <= pc - 1 - self._bias < high for low, high in hidden):
                return None
        return self._read_in(i, frame, pc)

    def _read_in(self, i: int, frame: Any, pc: int) -> Token | None:
        """The sample in a frame that is at `pc`."""
        expression = self._samples[i][0]
        key = (i, pc)
        if key not in self._finders:
            self._finders[key] = self._finder.find(expression, frame)
        find = self._finders[key]
        if find is None:
            return None
        value = find(frame)
        return None if value is None else self._token(value, frame, key)

    def _token(self, value: Any, frame: Any, key: tuple[int, int]) -> Token:
        if isinstance(value, Number):
            return self._computed(value)
        if isinstance(value, Constant):
            number = self._named(_BARE) if value.is_unnamed else self._number(value.type, is_c=is_c(frame))
            return (ENUM, number, value.number, value.name)
        if isinstance(value, Function):
            return self._function(value, frame)
        if isinstance(value, Trouble):
            return (UNREADABLE, None, None, value.message)
        reader = self._readers.get(key)
        if reader is None:  # at one address an expression is always of one type
            kind = value.GetType()
            self._is_reference[key] = is_reference = kind.IsReferenceType()
            if is_reference:
                value = value.Dereference()
            if value.GetError().Fail():
                return self._unreadable(value, frame, key)
            number = self._number(kind, is_c=is_c(frame))
            reader = self._readers[key] = self._reader(value.GetType(), number)
        elif self._is_reference[key]:
            value = value.Dereference()
        token = reader(value)
        # Only now: to ask for the error is to read.
        return self._unreadable(value, frame, key) if value.GetError().Fail() else token

    def _function(self, function: Function, frame: Any) -> Token:
        if function.type is None:
            number, text = self._named(NO_DEBUG_INFO), f"{function.address:#x} <{function.name}>"
        else:
            number, text = self._number(function.type, is_c=is_c(frame)), self._renderer.code(function.address)
        return (POINTER, number, function.address, text)

    def _computed(self, number: Number) -> Token:
        kind, value = number.type, number.value
        named = self._named(kind.name)
        if kind.is_float:
            order = "<" if self._renderer.is_little else ">"
            data = struct.pack(order + ("d" if kind.size == 8 else "f"), value)
            return (FLOAT, named, repr(float(value)), floating(data, self._renderer.is_little)[0])
        if kind.name in ("bool", "_Bool"):
            return (BOOLEAN, named, value, boolean(int(value)))
        if kind.size == 1:
            return (CHARACTER, named, value, character(int(value)))
        return (INTEGER, named, value)

    def _below_null(self, frame: Any, key: tuple[int, int]) -> Token:
        """A member of what a null pointer points to, which lldb gives no address."""
        if key not in self._offsets:
            self._offsets[key] = self._finder.address(self._samples[key[0]][0], frame)
        offset = self._offsets[key]
        return (
            UNREADABLE,
            None,
            None,
            BELOW_NULL if offset is None else f"Cannot access memory at address {offset:#x}",
        )

    def _unreadable(self, value: Any, frame: Any, key: tuple[int, int]) -> Token:
        error = value.GetError()
        if error.GetCString() == BELOW_NULL:
            return self._below_null(frame, key)
        message = _LOCATION.sub("", (error.GetCString() or "").strip()).partition("\n")[0]
        if any(word in message for word in _OPTIMISED):
            return (UNREADABLE, None, None, OPTIMIZED_OUT)
        if no_member := _NO_MEMBER.match(message):
            message = f"There is no member named {no_member[1]}."  # as gdb says it
        address = value.GetLoadAddress()
        if address != lldb.LLDB_INVALID_ADDRESS and self._renderer.read(address, 1) is None:
            message = f"Cannot access memory at address {address:#x}"
        return (UNREADABLE, None, None, message or "lldb cannot read it")

    def _reader(self, kind: Any, number: int) -> Read:
        """A function from a value of the type to its token; `number` is that of the type it is declared with."""
        real = kind.GetCanonicalType()
        shape, basic, size = real.GetTypeClass(), real.GetBasicType(), real.GetByteSize()
        render = self._renderer
        if is_character(real):
            read = integer(real)
            return lambda value: (CHARACTER, number, n := read(value), character(n))
        if basic == lldb.eBasicTypeBool:
            return lambda value: (BOOLEAN, number, n := value.GetValueAsUnsigned(), boolean(n))
        if basic in _FLOATS:
            return lambda value: self._float(value, number, size)
        if shape == lldb.eTypeClassEnumeration:
            read, text = integer(real), render.make(real)
            mask = (1 << 8 * size) - 1
            order: Any = "little" if render.is_little else "big"
            return lambda value: (ENUM, number, n := read(value), text((n & mask).to_bytes(size, order)))
        if shape == lldb.eTypeClassPointer:
            target = real.GetPointeeType().GetCanonicalType()
            if is_character(target):
                return lambda value: self._text_pointer(value.GetValueAsUnsigned(), number, target)
            return lambda value: (POINTER, number, n := value.GetValueAsUnsigned(), render.pointer(n, target))
        if shape == _CODE:
            return lambda value: (POINTER, number, n := value.GetLoadAddress(), render.pointer(n, real))
        if shape == lldb.eTypeClassArray and is_character(real.GetArrayElementType()):
            return lambda value: self._array_of_text(_bytes(value), number)
        if shape in (lldb.eTypeClassArray, *_TAGGED):
            whole = render.make(real)
            return lambda value: (AGGREGATE, number, None, whole(_bytes(value)))
        if basic == lldb.eBasicTypeVoid:
            return lambda _: (AGGREGATE, number, None, "void")
        read = integer(real)
        return lambda value: (INTEGER, number, read(value))

    def _float(self, value: Any, number: int, size: int) -> Token:
        text, exact = floating(_bytes(value)[:size], self._renderer.is_little)
        # As text: NaN would differ from itself.
        return (FLOAT, number, repr(exact), text)

    def _text_pointer(self, address: int, number: int, target: Any) -> Token:
        content = self._renderer.content(address)
        text = self._renderer.pointer(address, target)
        return (POINTER, number, address, text, None if content is None else decode(content))

    def _array_of_text(self, data: bytes, number: int) -> Token:
        content = data[:CONTENT_BYTES].partition(b"\0")[0]
        return (STRING, number, None, self._renderer.text(data), decode(content))

    def _number(self, kind: Any, *, is_c: bool) -> int:
        name = kind.GetDisplayTypeName() or ""  # the other one leaves the qualifiers of a typedef out
        parts = list(_parts(kind)) if is_c else []
        keywords = {
            part.GetUnqualifiedType().GetName(): keyword
            for part in parts
            if (keyword := _TAGGED.get(part.GetTypeClass())) is not None
        }
        if any(
            part.GetTypeClass() == lldb.eTypeClassBuiltin and part.GetBasicType() == lldb.eBasicTypeBool
            for part in parts
        ):
            name = re.sub(r"\bbool\b", "_Bool", name)
        return self._named(type_name(name, keywords))

    def _named(self, name: str) -> int:
        """The number of the type of that name."""
        if name not in self._types:
            self._types[name] = len(self._types)
            self._records.add("type", self._types[name], name)
        return self._types[name]


def _parts(kind: Any) -> Iterator[Any]:
    """The types that the type's name is made of."""
    if kind.IsPointerType():
        yield from _parts(kind.GetPointeeType())
    elif kind.IsReferenceType():
        yield from _parts(kind.GetDereferencedType())
    elif kind.IsArrayType():
        yield from _parts(kind.GetArrayElementType())
    elif kind.IsFunctionType():
        yield from _parts(kind.GetFunctionReturnType())
        parameters = kind.GetFunctionArgumentTypes()
        for i in range(parameters.GetSize()):
            yield from _parts(parameters.GetTypeAtIndex(i))
    else:
        yield kind


def _bytes(value: Any) -> bytes:
    data = value.GetData()
    error = lldb.SBError()
    found = data.ReadRawData(error, 0, data.GetByteSize()) if data.GetByteSize() else None
    return found if error.Success() and found is not None else b""
