"""Strings and values as columns: what is written of them, and what stands for them once they are read.

A recording can have millions of distinct values. As objects they would take ten times the memory, and longer to make
than the whole file takes to read: so each is made when it is asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from struct import Struct
from typing import overload

from drivers.recordings.blocks import RecordingError
from drivers.recordings.packing import Packer, Unpacker
from drivers.state import Kind, Value

NO_STRING = 0xFFFFFFFF
OF_NUMBER = 0xFFFFFFFE
"""Stands for the text that is the number's own, in decimal."""

# In the order of their codes, which never changes: a new kind goes to the end.
KINDS = (
    Kind.ABSENT, Kind.INTEGER, Kind.CHARACTER, Kind.BOOLEAN, Kind.ENUM, Kind.FLOAT, Kind.POINTER, Kind.STRING,
    Kind.AGGREGATE, Kind.UNREADABLE,
)  # fmt: skip
_CODES = {id(kind): code for code, kind in enumerate(KINDS)}  # an Enum's own hash is slow
_PARTS = tuple(map(attrgetter, ("kind", "number", "text", "content", "type")))

_BITS, _AS_FLOAT = Struct("<Q"), Struct("<d")
_MAX_CACHED = 1 << 16


class _Form(IntEnum):
    """How the 64 bits of a number are meant."""

    NONE = 0
    SIGNED = 1
    UNSIGNED = 2
    FLOAT = 3
    LONG = 4  # more than 64: the string of that number has it


_IS_INTEGER = bytes(code == KINDS.index(Kind.INTEGER) for code in range(256))
_IS_SIGNED = bytes(code == _Form.SIGNED for code in range(256))


class StringWriter:
    """Gives each string a number; `fresh` are those that have one and are not written yet."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self.fresh: list[str] = []

    def id_of(self, text: str) -> int:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = len(self._known)
            self.fresh.append(text)
        return found


class Strings:
    """The strings of a recording by number."""

    def __init__(self) -> None:
        self._texts: list[str] = []  # each with the strings of one block
        self._firsts = [0]  # the number of the first string of each, and of the next one
        self._ends: list[array[int]] = []

    def __len__(self) -> int:
        return self._firsts[-1]

    def __getitem__(self, number: int) -> str:
        part = bisect_right(self._firsts, number) - 1
        ends, index = self._ends[part], number - self._firsts[part]
        return self._texts[part][ends[index - 1] if index else 0 : ends[index]]

    def read(self, payload: bytes) -> None:
        """Take the strings of a block. Raises RecordingError."""
        unpacker = Unpacker(payload)
        lengths = unpacker.column("I")
        encoded = unpacker.column("B").tobytes()
        unpacker.end()
        try:
            # What debuggers say of a program's own bytes need not be Unicode.
            text = encoded.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise RecordingError("a text is not UTF-8") from None
        if sum(lengths) != len(text):
            raise RecordingError("the texts are not as long as they must be")
        if lengths:
            self._texts.append(text)
            self._ends.append(array("I", accumulate(lengths)))
            self._firsts.append(len(self) + len(lengths))


def pack_strings(strings: Sequence[str]) -> bytes:
    """The payload of a block of strings."""
    packer = Packer()
    packer.add(array("I", map(len, strings)))
    packer.add(array("B", "".join(strings).encode("utf-8", "surrogatepass")))
    return packer.payload()


def pack_values(packer: Packer, values: Sequence[Value], strings: StringWriter) -> None:
    """Add the columns of values: kind, what the number is, the number, text, content, type."""
    count = len(values)
    # One by one: a tuple for each value would wake the garbage collector, which looks at all values there are.
    kinds, numbers, texts, contents, types = (list(map(part, values)) for part in _PARTS)
    packer.add(_column("B", map(_CODES.__getitem__, map(id, kinds)), kinds, count))
    try:
        # Plain integers, whose texts are their own, are nearly all that there is.
        packed = array("q", numbers)
        forms, bits = _repeated("B", _Form.SIGNED, count), array("Q", packed.tobytes())
        own: list[str | None] = list(map(str, numbers))
    except (TypeError, OverflowError):
        pairs = [_bits_of(number, strings) for number in numbers]
        forms, bits = array("B", [form for form, _ in pairs]), array("Q", [each for _, each in pairs])
        own = [str(number) if form == _Form.SIGNED else None for (form, _), number in zip(pairs, numbers, strict=True)]
    packer.add(forms)
    packer.add(bits)
    if own == texts:
        packer.add(_repeated("I", OF_NUMBER, count))
    else:
        pairs_of_texts = zip(texts, own, strict=True)
        packer.add(array("I", [OF_NUMBER if text == mine else strings.id_of(text) for text, mine in pairs_of_texts]))
    packer.add(_column("I", (NO_STRING if text is None else strings.id_of(text) for text in contents), contents, count))
    packer.add(_column("I", map(strings.id_of, types), types, count))


def _column(code: str, each: Iterator[int], column: Sequence[object], count: int) -> array[int]:
    """The numbers of `each`, which has one for each in `column`; those are often all the same."""
    if count and column.count(column[0]) == count:
        return _repeated(code, next(each), count)
    return array(code, each)


def _repeated(code: str, number: int, count: int) -> array[int]:
    return array(code, (number,)) * count


def _bits_of(number: int | float | None, strings: StringWriter) -> tuple[int, int]:
    match number:
        case None:
            return _Form.NONE, 0
        case float():
            return _Form.FLOAT, _BITS.unpack(_AS_FLOAT.pack(number))[0]
    if -(2**63) <= number < 2**63:
        return _Form.SIGNED, number & (2**64 - 1)
    return (_Form.UNSIGNED, number) if 0 <= number < 2**64 else (_Form.LONG, strings.id_of(str(number)))


class StoredValues(Sequence[Value]):
    """Implements `drivers.recording.Pool`: each value is made when it is asked for."""

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self._kinds, self._forms, self._bits = array("B", (0,)), array("B", (_Form.NONE,)), array("Q", (0,))
        empty = NO_STRING
        self._texts, self._contents, self._types = array("I", (empty,)), array("I", (empty,)), array("I", (empty,))
        self._made = lru_cache(maxsize=_MAX_CACHED)(self._make)

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, number: int) -> Value: ...
    @overload
    def __getitem__(self, number: slice) -> list[Value]: ...
    def __getitem__(self, number: int | slice) -> Value | list[Value]:
        if isinstance(number, slice):
            return [self._made(each) for each in range(len(self))[number]]
        return self._made(range(len(self))[number])

    def integers(self) -> tuple[array[int], bytes]:
        """As `Pool` has it."""
        is_integer = self._kinds.tobytes().translate(_IS_INTEGER)
        is_signed = self._forms.tobytes().translate(_IS_SIGNED)
        both = int.from_bytes(is_integer, "little") & int.from_bytes(is_signed, "little")
        return array("q", self._bits.tobytes()), both.to_bytes(len(self), "little")

    def read(self, unpacker: Unpacker) -> None:
        """Take the columns that `pack_values` added. Raises RecordingError."""
        kinds = unpacker.column("B")
        count = len(kinds)
        forms, bits = unpacker.column("B", count), unpacker.column("Q", count)
        texts, contents, types = (unpacker.column("I", count) for _ in range(3))
        if not count:
            return
        if max(kinds) >= len(KINDS) or max(forms) > _Form.LONG:
            raise RecordingError("a value is of no known kind")
        known = len(self._strings)
        for column, allowed in ((texts, {OF_NUMBER}), (contents, {NO_STRING}), (types, set[int]())):
            if max(column) >= known and not {each for each in set(column) if each >= known} <= allowed:
                raise RecordingError("a value has a text that is not there")
        if any(text == OF_NUMBER and form != _Form.SIGNED for text, form in zip(texts, forms, strict=True)):
            raise RecordingError("a value has the text of a number that it has not")
        for form, each in zip(forms, bits, strict=True) if _Form.LONG in forms else ():
            if form == _Form.LONG and not (each < known and _is_long(self._strings[each])):
                raise RecordingError("a long number is none")
        for mine, theirs in (
            (self._kinds, kinds), (self._forms, forms), (self._bits, bits), (self._texts, texts),
            (self._contents, contents), (self._types, types),
        ):  # fmt: skip
            mine.extend(theirs)

    def _make(self, number: int) -> Value:
        strings, kind = self._strings, KINDS[self._kinds[number]]
        amount = self._number(number)
        text, content, type_name = self._texts[number], self._contents[number], self._types[number]
        return Value(
            kind,
            "" if text == NO_STRING else str(amount) if text == OF_NUMBER else strings[text],
            amount,
            None if content == NO_STRING else strings[content],
            "" if type_name == NO_STRING else strings[type_name],
        )

    def _number(self, number: int) -> int | float | None:
        bits = self._bits[number]
        match self._forms[number]:
            case _Form.SIGNED:
                return bits - (2**64 if bits >= 2**63 else 0)
            case _Form.UNSIGNED:
                return bits
            case _Form.FLOAT:
                (found,) = _AS_FLOAT.unpack(_BITS.pack(bits))
                return float(found)
            case _Form.LONG:
                return int(self._strings[bits])
        return None


def _is_long(text: str) -> bool:
    """Within what Python turns into a number without a word (its limit is 4,300 digits)."""
    return len(text) <= 100 and text.removeprefix("-").isdecimal() and text.isascii()
