"""Values as gdb writes them, from their bytes: so that an expected aggregate is the same text under either debugger.

A type is looked at once and becomes a function from bytes to text. The rules are those of gdb's `print` with the
settings of `drivers/gdb/settings.py` (GDB manual, "Print Settings"): all elements up to a limit, characters beyond
ASCII as octal escapes; of what pointers point to, strings and the names of functions are shown. Runs in the worker.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

import lldb

from drivers.inside.tokens import CONTENT_BYTES

#: From the value's bytes to its text.
Render = Callable[[bytes], str]

_ELEMENTS = 4096
_DEPTH = 20
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 92: "\\\\"}
_CHARACTERS = frozenset({lldb.eBasicTypeChar, lldb.eBasicTypeSignedChar, lldb.eBasicTypeUnsignedChar})
_WIDE = {lldb.eBasicTypeChar16: "u", lldb.eBasicTypeChar32: "U", lldb.eBasicTypeWChar: "L"}
_SIGNED = frozenset(
    {
        lldb.eBasicTypeChar, lldb.eBasicTypeSignedChar, lldb.eBasicTypeShort, lldb.eBasicTypeInt, lldb.eBasicTypeLong,
        lldb.eBasicTypeLongLong, lldb.eBasicTypeInt128, lldb.eBasicTypeWChar, lldb.eBasicTypeSignedWChar,
    }
)  # fmt: skip
_FLOATS = frozenset({lldb.eBasicTypeHalf, lldb.eBasicTypeFloat, lldb.eBasicTypeDouble, lldb.eBasicTypeLongDouble})
_POINTERS = lldb.eTypeClassPointer | lldb.eTypeClassReference | lldb.eTypeClassMemberPointer
_RECORDS = lldb.eTypeClassStruct | lldb.eTypeClassUnion | lldb.eTypeClassClass


class Renderer:
    """Of one process, whose memory it reads for strings, and whose symbols it names for functions."""

    def __init__(self, target: Any, process: Any) -> None:
        self._target, self._process = target, process
        self.is_little = process.GetByteOrder() != lldb.eByteOrderBig
        self._order: Any = "little" if self.is_little else "big"

    def make(self, kind: Any, depth: int = 0) -> Render:
        """The function for a type."""
        real = kind.GetCanonicalType()
        shape, basic = real.GetTypeClass(), real.GetBasicType()
        if depth > _DEPTH:
            return lambda _: "{...}"
        if basic in _CHARACTERS:
            return lambda data: character(int.from_bytes(data, self._order, signed=basic in _SIGNED))
        if basic in _WIDE:
            return lambda data: character(int.from_bytes(data, self._order), _WIDE[basic])
        if basic == lldb.eBasicTypeBool:
            return lambda data: boolean(int.from_bytes(data, self._order))
        if basic in _FLOATS:
            return lambda data: floating(data, self.is_little)[0]
        if shape == lldb.eTypeClassEnumeration:
            return self._enumeration(real)
        if shape & _RECORDS:
            return self._record(real, depth)
        if shape == lldb.eTypeClassArray:
            return self._array(real, depth)
        if shape & _POINTERS:
            return self._pointer(real)
        return lambda data: str(int.from_bytes(data, self._order, signed=is_signed(real)))

    def pointer(self, address: int, target: Any) -> str:
        """What a pointer of this value to the type `target` looks like."""
        if target.IsFunctionType():
            return self.code(address)
        if is_character(target):
            return f"{address:#x}{self._string(address)}"
        return f"{address:#x}"

    def code(self, address: int) -> str:
        """What a pointer of this value to a function looks like."""
        return f"{address:#x}{self._symbol(address)}"

    def content(self, address: int) -> bytes | None:
        """The string at an address without its NUL, cut at the limit; None where it cannot be read to its end."""
        data, is_whole = self._read_string(address, CONTENT_BYTES)
        return data if is_whole else None

    def read(self, address: int, size: int) -> bytes | None:
        """So many bytes; None where they cannot all be read."""
        error = lldb.SBError()
        data = self._process.ReadMemory(address, size, error) if size else b""
        return data if error.Success() and data is not None and len(data) == size else None

    def _read_string(self, address: int, limit: int) -> tuple[bytes, bool]:
        """The bytes before the NUL or the limit, and whether they end so, not at memory that cannot be read."""
        found = b""
        size = 64
        while len(found) < limit:
            # Up to the end of an aligned block: never over the edge of the last readable page.
            block = self.read(address, size - address % size)
            if block is None:
                return found, False
            end = block.find(b"\0")
            if end >= 0:
                return (found + block[:end])[:limit], True
            found += block
            address += len(block)
            size = 256
        return found[:limit], True

    def _string(self, address: int) -> str:
        if address == 0:
            return ""
        data, is_whole = self._read_string(address, _ELEMENTS + 1)
        if not is_whole:
            fault = f"<error: Cannot access memory at address {address + len(data):#x}>"
            return f' "{escaped(data)}"{fault}' if data else f" {fault}"
        more = "..." if len(data) > _ELEMENTS else ""
        return f' "{escaped(data[:_ELEMENTS])}"{more}'

    def _symbol(self, address: int) -> str:
        place = self._target.ResolveLoadAddress(address)
        symbol = place.GetSymbol()
        if not symbol.IsValid() or not place.GetSection().IsValid():
            return ""
        offset = place.GetFileAddress() - symbol.GetStartAddress().GetFileAddress()
        return f" <{symbol.GetName()}+{offset}>" if offset else f" <{symbol.GetName()}>"

    def _pointer(self, real: Any) -> Render:
        is_reference = real.IsReferenceType()
        target = real.GetDereferencedType() if is_reference else real.GetPointeeType()
        target = target.GetCanonicalType()
        if not is_reference:
            return lambda data: self.pointer(int.from_bytes(data, self._order), target)
        inner = self.make(target)

        def render(data: bytes) -> str:
            address = int.from_bytes(data, self._order)
            found = self.read(address, target.GetByteSize())
            return f"@{address:#x}" + (f": {inner(found)}" if found is not None else "")

        return render

    def _enumeration(self, real: Any) -> Render:
        members = real.GetEnumMembers()
        named = [members.GetTypeEnumMemberAtIndex(i) for i in range(members.GetSize())]
        bits = 8 * real.GetByteSize()
        values = {member.GetValueAsSigned() & ((1 << bits) - 1): member.GetName() for member in reversed(named)}
        is_negative = any(member.GetValueAsSigned() < 0 for member in named)
        return lambda data: enumerated(int.from_bytes(data, self._order), values, bits, is_signed=is_negative)

    def _array(self, real: Any, depth: int) -> Render:
        element = real.GetArrayElementType()
        size = element.GetByteSize()
        if is_character(element):
            return self.text
        inner = self.make(element, depth + 1)

        def render(data: bytes) -> str:
            count = len(data) // size if size else 0
            shown = [inner(data[i * size : (i + 1) * size]) for i in range(min(count, _ELEMENTS))]
            return "{" + ", ".join(shown) + ("..." if count > _ELEMENTS else "") + "}"

        return render

    def text(self, data: bytes) -> str:
        """An array of characters: without the NUL that ends it, but with all others."""
        more = "..." if len(data) > _ELEMENTS else ""
        if not more and data.endswith(b"\0"):
            data = data[:-1]
        return f'"{escaped(data[:_ELEMENTS])}"{more}'

    def _record(self, real: Any, depth: int) -> Render:
        parts: list[tuple[str, Callable[[bytes], str]]] = []
        for i in range(real.GetNumberOfDirectBaseClasses()):
            base = real.GetDirectBaseClassAtIndex(i)
            parts.append((f"<{base.GetType().GetName()}> = ", self._piece(base, depth)))
        for i in range(real.GetNumberOfFields()):
            field = real.GetFieldAtIndex(i)
            name = f"{field.GetName()} = " if field.GetName() else ""
            parts.append((name, self._bits(field) if field.IsBitfield() else self._piece(field, depth)))
        if not parts:
            return lambda _: "{<No data fields>}" if depth else "{}"
        return lambda data: "{" + ", ".join(name + render(data) for name, render in parts) + "}"

    def _piece(self, member: Any, depth: int) -> Render:
        offset, kind = member.GetOffsetInBytes(), member.GetType()
        inner, size = self.make(kind, depth + 1), kind.GetByteSize()
        return lambda data: inner(data[offset : offset + size])

    def _bits(self, member: Any) -> Render:
        kind = member.GetType()
        real, size = kind.GetCanonicalType(), member.GetBitfieldSizeInBits()
        offset = member.GetOffsetInBits()
        inner, length = self.make(kind), real.GetByteSize()

        def render(data: bytes) -> str:
            whole = int.from_bytes(data, self._order)
            number = whole >> (offset if self.is_little else 8 * len(data) - offset - size) & ((1 << size) - 1)
            if is_signed(real) and number >> (size - 1):
                number -= 1 << size
            return inner((number & ((1 << 8 * length) - 1)).to_bytes(length, self._order))

        return render


def is_character(kind: Any) -> bool:
    """Whether it is a character of one byte, whatever its name."""
    return kind.GetCanonicalType().GetBasicType() in _CHARACTERS


def integer(real: Any) -> Callable[[Any], int]:
    """A function from a value of that type to its number: of a part of a register lldb may give the whole."""
    bits = 8 * real.GetByteSize()
    mask, half = (1 << bits) - 1, (1 << bits) >> 1
    if is_signed(real):
        return lambda value: ((int(value.GetValueAsUnsigned()) + half) & mask) - half
    return lambda value: int(value.GetValueAsUnsigned()) & mask


def is_signed(real: Any) -> bool:
    """Whether a number of this canonical type may be negative."""
    if real.GetTypeClass() == lldb.eTypeClassEnumeration:
        members = real.GetEnumMembers()
        return any(members.GetTypeEnumMemberAtIndex(i).GetValueAsSigned() < 0 for i in range(members.GetSize()))
    return real.GetBasicType() in _SIGNED


def boolean(number: int) -> str:
    return {0: "false", 1: "true"}.get(number, str(number))


def character(number: int, prefix: str = "") -> str:
    """`97 'a'`, `-56 '\\310'`."""
    return f"{number} {prefix}'{_escape(number & 0xFF if not prefix else number, chr(39), is_after_octal=False)[0]}'"


def escaped(data: bytes) -> str:
    """The inside of a string literal. After an octal escape, an octal digit is one as well: it would belong to it."""
    parts = []
    is_after_octal = False
    for byte in data:
        part, is_after_octal = _escape(byte, '"', is_after_octal=is_after_octal)
        parts.append(part)
    return "".join(parts)


def _escape(code: int, quote: str, *, is_after_octal: bool) -> tuple[str, bool]:
    if code in _ESCAPES:
        return _ESCAPES[code], False
    if 32 <= code < 127 and not (is_after_octal and chr(code) in "01234567"):
        return ("\\" + quote if chr(code) == quote else chr(code)), False
    return f"\\{code:03o}", True


def enumerated(number: int, values: dict[int, str], bits: int, *, is_signed: bool) -> str:
    """A constant's name; where there is none, the flags that are set, if the constants are flags; else the number."""
    if number in values:
        return values[number]
    signed = number - (1 << bits) if is_signed and number >> (bits - 1) else number
    flags = [value for value in values if value]
    are_flags = not is_signed and all(value.bit_count() == 1 for value in flags)
    if not are_flags:
        return str(signed)
    if number == 0:
        return "0"
    named = [values[value] for value in sorted(flags) if number & value]
    unknown = number & ~sum(flags)
    if unknown and not named:
        return f"(unknown: {unknown:#x})"
    return "(" + " | ".join([*named, *([f"unknown: {unknown:#x}"] if unknown else [])]) + ")"


def floating(data: bytes, is_little: bool) -> tuple[str, float]:
    """The text of a floating-point number with as many digits as tell it from the next one, and the number."""
    order = "<" if is_little else ">"
    if len(data) in (2, 4, 8):
        code, digits, mantissa = {2: ("e", 5, 10), 4: ("f", 9, 23), 8: ("d", 17, 52)}[len(data)]
        number = float(struct.unpack(order + code, data)[0])
        bits = int.from_bytes(data, "little" if is_little else "big")
        if number != number:
            sign = "-" if bits >> (8 * len(data) - 1) else ""
            return f"{sign}nan({bits & ((1 << mantissa) - 1):#x})", number
        return f"{number:.{digits}g}", number
    # x87's of 80 bits, in 12 or 16 bytes (Intel SDM, volume 1, 4.2.2): the leading one is stored.
    bits = int.from_bytes(data[:10], "little")
    exponent, mantissa = bits >> 64 & 0x7FFF, bits & ((1 << 64) - 1)
    minus = "-" if bits >> 79 else ""
    if exponent == 0x7FFF:
        if mantissa << 1 & ((1 << 64) - 1):
            return f"{minus}nan({mantissa:#x})", float("nan")
        return f"{minus}inf", float(f"{minus}inf")
    context = Context(prec=20)
    exact = Context(prec=5000, Emax=99999, Emin=-99999)
    value = exact.multiply(Decimal(mantissa), exact.power(Decimal(2), exponent - 16383 - 63))
    value = context.plus(-value if minus else value)
    text = minus + "0" if not mantissa else f"{value.normalize(context):.20g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text, float(value)
