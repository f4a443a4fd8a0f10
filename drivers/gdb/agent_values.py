"""The agent's other half: what the samples are at a probe, and their values as tokens.

Runs inside gdb: the standard library only.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any, Literal

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
    decode,
)
from drivers.inside.tokens import Token as Value

try:
    import gdb
except ImportError:  # outside gdb
    gdb = None

# Most strings are no longer, and a machine's memory is slow to read.
SHORT_BYTES = 64
WORD = 0xFFFFFFFFFFFFFFFF
# An array of char that has more is read by gdb each time.
ARRAY_BYTES = 256
# What gdb says when the connection to a machine is gone: then nothing is known of the value.
LOST = ("Remote connection closed", "Remote communication error", "The program is not being run")
# Of a value that has more than this, each is made anew.
REMEMBERED = 1000

_PATH = re.compile(r"([A-Za-z_]\w*)((?:(?:\.|->)[A-Za-z_]\w*|\[\d+\])*)")
_PART = re.compile(r"(?:\.|->)\w+|\[\d+\]")
# `info address`, of variables at a fixed distance: DW_OP_fbreg and nothing else.
_FROM_BASE = re.compile(r"is a variable at frame base reg \$rbp offset (-?\d+)\+(-?\d+)\.")
_REGISTER = re.compile(r"is a variable in (\$\w+)\.\s*$")
_FROM_FRAME = re.compile(r"is a complex DWARF expression:\s+0: DW_OP_fbreg (-?\d+)\s*\.\s*$")


def choose_reader(kind: Any, number: int) -> Callable[[Any], Value]:
    """A function from a gdb.Value of the type `kind` to its token; `number` is the type's."""
    real = kind.strip_typedefs()
    code = real.code
    # gdb extends addresses by their sign on MIPS, in numbers but not in texts.
    mask = (1 << 8 * gdb.lookup_type("void").pointer().sizeof) - 1
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
        return lambda value: (POINTER, number, int(value.address) & mask, str(value).rpartition("} ")[2])
    if code == gdb.TYPE_CODE_PTR:
        if is_char(real.target().strip_typedefs()):
            return lambda value: (POINTER, number, int(value) & mask, str(value), read_content(int(value)))
        return lambda value: (POINTER, number, int(value) & mask, str(value))
    if code == gdb.TYPE_CODE_ARRAY and is_char(real.target().strip_typedefs()):
        return lambda value: (STRING, number, None, str(value), read_array(value))
    return lambda value: (AGGREGATE, number, None, str(value))


def is_char(kind: Any) -> bool:
    return kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR) and bool(kind.sizeof == 1)


def read_content(address: int, read: Callable[[int, int], Any] | None = None) -> str | None:
    """The string at an address; None when there is nothing."""
    read = read or gdb.selected_inferior().read_memory
    found = b""
    block_size = SHORT_BYTES
    while len(found) < CONTENT_BYTES:
        # Up to the end of an aligned block: never over the edge of the last readable page.
        size = block_size - address % block_size
        block_size = 256
        try:
            block = bytes(read(address, size))
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


class Reading:
    """One sample at one probe. `source` is a gdb.Symbol, or an expression; None: it can never be read here.

    A value that is always found in the same way (`path`) is known from its `size` bytes: `tokens` are those that
    were seen, `is_signed` is for integers, which are as quickly made. With `is_text` it points to a string, which
    belongs to what is known. To gdb a choice (`a ? b : c`) has the type of what is chosen.
    """

    __slots__ = ("index", "is_choice", "is_signed", "is_text", "number", "path", "reader", "size", "source", "tokens")

    def __init__(self, index: int, source: Any) -> None:
        self.index, self.source = index, source
        self.reader: Callable[[Any], Value] | None = None
        self.path: Path | None = None
        self.is_choice = source.__class__ is str and "?" in source
        self.is_text = False
        self.is_signed: bool | None = None
        self.number = self.size = 0
        self.tokens: dict[tuple[bytes, str | None], Value] = {}


class Path:
    """The way to a value: a fixed address, or a distance from the frame's (`is_local`), or what a register holds.

    `hops`: at each, there is a pointer, and the way goes on so many bytes after what it points to.
    """

    __slots__ = ("hops", "is_local", "register", "root")

    def __init__(self, root: int, *, is_local: bool = False, register: str | None = None) -> None:
        self.root, self.is_local, self.register = root, is_local, register
        self.hops: list[int] = []


class Sampler:
    """Reads the samples. What an expression is at an address is looked up once; then it is only read."""

    def __init__(self, samples: list[tuple[str, int, list[tuple[int, int]]]], bias: int, records: Any) -> None:
        self._samples = samples
        self._bias = bias
        self._records = records
        self._types: dict[str, int] = {}
        self._values: dict[int, Value] = {}
        self._read_memory = gdb.selected_inferior().read_memory
        name = gdb.selected_inferior().architecture().name()
        # The bytes of a value are understood for processors that are known to lay them out plainly.
        self._order: Literal["little", "big"] | None = None
        if name in ("i386", "i386:x86-64"):
            self._order = "little"
        elif name.startswith("mips"):
            self._order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"
        self._pointer_size = gdb.lookup_type("void").pointer().sizeof

    def use(self, read: Callable[[int, int], Any]) -> None:
        """Read memory by this from now on."""
        self._read_memory = read

    def changes(self, probe: Any, frame: Any, address: int | None) -> list[Value]:
        """The tokens that differ from those of the step before, as [sample, …token].

        `frame`: None for the newest, which is made when it is wanted. `address`: the canonical frame address, where
        it is known without the frame.
        """
        readings = probe.readings
        if readings is None:
            frame = frame or gdb.newest_frame()
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
            token = self._read(reading, frame, address)
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

    def _read(self, reading: Reading, frame: Any, address: int | None) -> Value | None:
        """None where the sample is absent."""
        try:
            if reading.path is not None:
                try:
                    return self._read_bytes(reading, reading.path, frame, address)
                except gdb.error:  # gdb says in its own way what is wrong
                    return self._token(reading, self._evaluate(reading, frame))
            if self._samples[reading.index][1]:
                return self._read_outer(reading, frame or gdb.newest_frame())
            return self._read_anew(reading, frame, address)
        except gdb.error as error:
            if is_out_of_scope(error):
                return None
            message = str(error)
            if message.startswith(LOST):
                raise
            return (UNREADABLE, None, None, OPTIMIZED_OUT if "optimized out" in message else message)

    def _read_anew(self, reading: Reading, frame: Any, address: int | None) -> Value:
        is_first = reading.reader is None
        value = self._evaluate(reading, frame)
        token = self._token(reading, value)
        if is_first and self._order is not None:
            with contextlib.suppress(gdb.error):  # it was read; that it is quick to read again is not needed
                self._find_path(reading, value, address)
        return token

    def _evaluate(self, reading: Reading, frame: Any) -> Any:
        source = reading.source
        if source.__class__ is str:
            return gdb.parse_and_eval(source)
        # To look the name up again is quicker than to make a frame.
        return gdb.parse_and_eval(source.name) if frame is None else source.value(frame)

    def _read_bytes(self, reading: Reading, path: Path, frame: Any, address: int | None) -> Value:
        place = path.root
        read = self._read_memory
        if path.is_local:
            place += address  # type: ignore[operator]  # a local has a path only where this is known
        elif path.register is not None:
            place += int(gdb.parse_and_eval(path.register))
        order: Literal["little", "big"] = self._order  # type: ignore[assignment]  # only then there is a path
        for distance in path.hops:
            place = int.from_bytes(read(place & WORD, self._pointer_size), order) + distance
        data = bytes(read(place & WORD, reading.size))
        if reading.is_signed is not None:
            return (INTEGER, reading.number, int.from_bytes(data, order, signed=reading.is_signed))
        content = read_content(int.from_bytes(data, order), read) if reading.is_text else None
        token = reading.tokens.get((data, content))
        if token is None:
            token = self._token(reading, self._evaluate(reading, frame))
            if len(reading.tokens) < REMEMBERED:
                reading.tokens[(data, content)] = token
        return token

    def _find_path(self, reading: Reading, value: Any, address: int | None) -> None:
        """Whether the value is always found in the same way: a variable, and parts of it, or of what it points to."""
        real = value.type.strip_typedefs()
        is_integer = real.code == gdb.TYPE_CODE_INT and real.sizeof in (2, 4, 8)
        is_text = real.code == gdb.TYPE_CODE_PTR and is_char(real.target().strip_typedefs())
        if not is_integer and not is_text and not is_plain(real):
            return
        found = _PATH.fullmatch(self._samples[reading.index][0])
        if found is None or value.address is None:  # an expression, or in a register
            return
        path = self._find_root(found[1], address)
        if path is None:
            return
        prefix = found[1]
        origin = int(gdb.parse_and_eval(prefix).address or 0) - path.root  # what the distances count from
        for part in _PART.findall(found[2]):
            whole = gdb.parse_and_eval(prefix)
            kind = whole.type.strip_typedefs()
            if kind.code == gdb.TYPE_CODE_PTR and part[0] != ".":
                if part[0] == "-" and not is_whole(kind.target().strip_typedefs(), part[1:]):
                    return
                if path.register is not None and not path.hops and prefix == found[1]:
                    path.root = 0  # the register itself is the pointer
                else:
                    self._go_on(path, int(whole.address) - origin)
                    path.hops.append(0)
                origin = int(whole)
            elif part[0] == "-" or not is_whole(kind, part):
                return
            prefix += part
        self._go_on(path, int(value.address) - origin)
        reading.path, reading.is_text = path, is_text
        reading.size, reading.number = real.sizeof, self._number(value.type)
        if is_integer:
            reading.is_signed = int(gdb.Value(-1).cast(real)) < 0

    def _go_on(self, path: Path, distance: int) -> None:
        if path.hops:
            path.hops[-1] = distance
        else:
            path.root = distance

    def _find_root(self, name: str, address: int | None) -> Path | None:
        """Where the variable is, if that is always the same."""
        symbol = gdb.lookup_symbol(name)[0]
        if symbol is None:
            return None
        if symbol.addr_class == gdb.SYMBOL_LOC_STATIC:
            return Path(int(gdb.parse_and_eval(name).address))
        if symbol.addr_class != gdb.SYMBOL_LOC_COMPUTED:
            return None
        text = gdb.execute(f"info address {name}", to_string=True)
        register = _REGISTER.search(text)
        if register is not None:
            return Path(0, register=register[1])
        offset, root = find_offset(text), gdb.parse_and_eval(name).address
        if address is None or offset is None or root is None or int(root) - address != offset:
            return None
        return Path(offset, is_local=True)

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
        kind = value.type
        if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            value = value.referenced_value()
        if value.is_optimized_out:
            return (UNREADABLE, self._number(kind), None, OPTIMIZED_OUT)
        if reading.reader is None or reading.is_choice:
            reading.reader = choose_reader(value.type, self._number(kind))
        return reading.reader(value)

    def _number(self, kind: Any) -> int:
        name = str(kind)
        if name not in self._types:
            self._types[name] = len(self._types)
            self._records.add("type", self._types[name], name)
        return self._types[name]


def is_plain(real: Any) -> bool:
    """Whether a value of the type is told by its bytes alone: no string hangs on it, no symbol."""
    if real.code == gdb.TYPE_CODE_PTR:
        target = real.target().strip_typedefs()
        return not is_char(target) and target.code not in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_METHOD)
    return real.code in (
        gdb.TYPE_CODE_INT,
        gdb.TYPE_CODE_CHAR,
        gdb.TYPE_CODE_BOOL,
        gdb.TYPE_CODE_ENUM,
        gdb.TYPE_CODE_FLT,
    ) or is_short_text(real)


def is_short_text(real: Any) -> bool:
    return bool(
        real.code == gdb.TYPE_CODE_ARRAY and is_char(real.target().strip_typedefs()) and real.sizeof <= ARRAY_BYTES
    )


def is_whole(real: Any, part: str) -> bool:
    """Whether `.name`, `>name` or `[number]` of a value of the type is a piece of its bytes: no bit-field."""
    if part[0] == "[":
        return bool(real.code == gdb.TYPE_CODE_ARRAY)
    if real.code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return False
    # A static member has no position.
    return any(f.name == part[1:] and f.bitsize == 0 and hasattr(f, "bitpos") for f in real.fields())


def find_offset(text: str) -> int | None:
    """How far from the canonical frame address a local variable is, by `info address`; None: not always as far."""
    found = _FROM_BASE.search(text)
    if found is not None:
        return int(found[1]) + int(found[2]) - 16  # gdb counts from %rbp
    found = _FROM_FRAME.search(text)
    return None if found is None else int(found[1])


def is_out_of_scope(error: Exception) -> bool:
    message = str(error)
    return message.startswith("No symbol ") and "in current context" in message
