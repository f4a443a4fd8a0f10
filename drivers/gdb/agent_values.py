"""The agent's other half: what the samples are at a probe, and their values as tokens.

Runs inside gdb, loaded by the agent from its path: the standard library only. The host shares the constants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

try:
    import gdb
except ImportError:  # outside gdb
    gdb = None

Value: TypeAlias = "tuple[Any, ...]"

ABSENT, INTEGER, CHARACTER, BOOLEAN, ENUM, FLOAT, POINTER, STRING, AGGREGATE, UNREADABLE = range(10)
OPTIMIZED_OUT = "optimized out"
CONTENT_BYTES = 4096


def choose_reader(kind: Any, number: int) -> Callable[[Any], Value]:
    """A function from a gdb.Value of the type `kind` to its token; `number` is the type's."""
    real = kind.strip_typedefs()
    code = real.code
    if code == gdb.TYPE_CODE_INT and real.sizeof != 1:
        return lambda value: (INTEGER, number, int(value))
    if code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR):
        return lambda value: (CHARACTER, number, int(value), str(value))
    if code == gdb.TYPE_CODE_BOOL:
        return lambda value: (BOOLEAN, number, int(value), str(value))
    if code == gdb.TYPE_CODE_ENUM:
        return lambda value: (ENUM, number, int(value), str(value))
    if code == gdb.TYPE_CODE_FLT:
        # As text: NaN would differ from itself.
        return lambda value: (FLOAT, number, repr(float(value)), str(value))
    if code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_METHOD):
        # `{int (char)} 0x1139 <main>`, which stands for its address.
        return lambda value: (POINTER, number, int(value.address), str(value).rpartition("} ")[2])
    if code == gdb.TYPE_CODE_PTR:
        if is_char(real.target().strip_typedefs()):
            return lambda value: (POINTER, number, int(value), str(value), read_content(value))
        return lambda value: (POINTER, number, int(value), str(value))
    if code == gdb.TYPE_CODE_ARRAY and is_char(real.target().strip_typedefs()):
        return lambda value: (STRING, number, None, str(value), read_array(value))
    return lambda value: (AGGREGATE, number, None, str(value))


def is_char(kind: Any) -> bool:
    return kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR) and bool(kind.sizeof == 1)


def read_content(value: Any) -> str | None:
    """The string that a pointer points to; None when it points nowhere."""
    address = int(value)
    found = b""
    while len(found) < CONTENT_BYTES:
        # Up to the end of an aligned block: never over the edge of the last readable page.
        size = 256 - address % 256
        try:
            block = bytes(gdb.selected_inferior().read_memory(address, size))
        except gdb.error:
            return None
        end = block.find(b"\0")
        if end >= 0:
            return decode(found + block[:end])
        found += block
        address += size
    return decode(found[:CONTENT_BYTES])


def read_array(value: Any) -> str:
    """The characters of an array of char, up to its first NUL."""
    address = value.address
    size = min(value.type.sizeof, CONTENT_BYTES)
    if address is None:  # in a register, or made by the expression itself
        return decode(bytes(int(value[i]) & 0xFF for i in range(size)).partition(b"\0")[0])
    return decode(bytes(gdb.selected_inferior().read_memory(address, size)).partition(b"\0")[0])


def decode(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


class Reading:
    """One sample at one probe. `source` is a gdb.Symbol, or an expression; None: it can never be read here."""

    __slots__ = ("index", "reader", "source")

    def __init__(self, index: int, source: Any) -> None:
        self.index, self.source = index, source
        self.reader: Callable[[Any], Value] | None = None


class Sampler:
    """Reads the samples. What an expression is at an address is looked up once; then it is only read."""

    def __init__(self, samples: list[tuple[str, int, list[tuple[int, int]]]], bias: int, records: Any) -> None:
        self._samples = samples
        self._bias = bias
        self._records = records
        self._types: dict[str, int] = {}
        self._values: dict[int, Value] = {}

    def changes(self, probe: Any, frame: Any) -> list[Value]:
        """The tokens that differ from those of the step before, as [sample, …token]."""
        readings = probe.readings
        if readings is None:
            found = [self._prepare(i, frame) for i in probe.samples]
            readings = probe.readings = [reading for reading in found if reading.source is not None]
            probe.covered = {reading.index for reading in readings}
        values = self._values
        changed: list[Value] = []
        for i in values.keys() - probe.covered:
            del values[i]
            changed.append((i, ABSENT))
        for reading in readings:
            i = reading.index
            token = self._read(reading, frame)
            if values.get(i) != token:
                if token is None:
                    del values[i]
                    changed.append((i, ABSENT))
                else:
                    values[i] = token
                    changed.append((i, *token))
        return changed

    def _prepare(self, i: int, frame: Any) -> Reading:
        expression, depth, _ = self._samples[i]
        if depth:
            return Reading(i, expression)
        if expression.isidentifier():
            try:
                symbol = gdb.lookup_symbol(expression, frame.block())[0]
            except RuntimeError:  # no block at this address
                symbol = None
            if symbol is not None and (symbol.is_variable or symbol.is_argument):
                return Reading(i, symbol)
        try:
            gdb.parse_and_eval(expression)
        except gdb.error as error:
            if is_out_of_scope(error):
                return Reading(i, None)
        return Reading(i, expression)

    def _read(self, reading: Reading, frame: Any) -> Value | None:
        """None where the sample is absent."""
        try:
            if self._samples[reading.index][1]:
                return self._read_outer(reading, frame)
            source = reading.source
            value = gdb.parse_and_eval(source) if source.__class__ is str else source.value(frame)
            return self._token(reading, value)
        except gdb.error as error:
            if is_out_of_scope(error):
                return None
            message = str(error)
            return (UNREADABLE, None, None, OPTIMIZED_OUT if "optimized out" in message else message)

    def _read_outer(self, reading: Reading, frame: Any) -> Value | None:
        expression, depth, hidden = self._samples[reading.index]
        outer = frame
        for _ in range(depth):
            outer = outer.older()
            if outer is None:
                return None
        pc = outer.pc() - 1 - self._bias
        if any(low <= pc < high for low, high in hidden):
            return None
        reading.reader = None  # another caller may have another type under this name
        outer.select()
        try:
            return self._token(reading, gdb.parse_and_eval(expression))
        finally:
            frame.select()

    def _token(self, reading: Reading, value: Any) -> Value:
        if value.type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            value = value.referenced_value()
        if value.is_optimized_out:
            return (UNREADABLE, self._number(value.type), None, OPTIMIZED_OUT)
        if reading.reader is None:
            reading.reader = choose_reader(value.type, self._number(value.type))
        return reading.reader(value)

    def _number(self, kind: Any) -> int:
        name = str(kind)
        if name not in self._types:
            self._types[name] = len(self._types)
            self._records.add("type", self._types[name], name)
        return self._types[name]


def is_out_of_scope(error: Exception) -> bool:
    message = str(error)
    return message.startswith("No symbol ") and "in current context" in message
