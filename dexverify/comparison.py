"""Typed comparison of a sampled value with what the user expects of it (language reference, `Expect`).

Integers compare by value however they are spelt, characters and enum constants by either spelling, floats
within a tolerance, pointers by address, strings by content, aggregates by the debugger's rendering. Two things
that cannot be compared are `Incomparable`, never merely unequal: under a `Not` that would be a wrong PASS.
"""

from __future__ import annotations

import math
import operator
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from dexverify.propositions import Tolerance
from drivers.state import Kind, Value

Number: TypeAlias = "int | float"
Expected: TypeAlias = "int | float | bool | str | Tolerance | Value"


@dataclass(frozen=True, slots=True)
class Incomparable:
    """Why two values cannot be compared."""

    message: str


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_NUMERIC = frozenset({Kind.INTEGER, Kind.CHARACTER, Kind.BOOLEAN, Kind.ENUM, Kind.FLOAT, Kind.POINTER})
_NULL = frozenset({"NULL", "nullptr", "(nil)"})
_LITERAL = re.compile(r"""(?<!\w)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+')""")
_GONE = re.compile(r"<(?:optimized out|synthetic pointer|unavailable)>")
MAX_CONTENT = 4096  # bytes of a string that are read
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "\\": 92, "'": 39, '"': 34, "a": 7, "b": 8, "f": 12, "v": 11}


def compare(value: Value, operation: str, expected: Expected, constant: Value | None = None) -> bool | Incomparable:
    """Whether `value operation expected` holds. `operation` is one of == != < <= > >=.

    `constant` is what the debugger says an identifier in `expected` stands for (an enum constant), if asked.
    """
    if not is_whole(value):
        return Incomparable(f"{_described(value)} has parts that are optimized out")
    if isinstance(expected, Value):
        return _compare_values(value, operation, expected)
    if isinstance(expected, Tolerance):
        return _compare_tolerance(value, operation, expected)
    if isinstance(expected, str):
        return _compare_text(value, operation, expected, constant)
    return _compare_number(value, operation, expected)


def is_true(value: Value) -> bool | Incomparable:
    """Whether a value is non-zero, as C's `if` sees it."""
    if not is_whole(value):
        return Incomparable(f"{_described(value)} is optimized out")
    if value.kind in _NUMERIC and value.number is not None:
        return value.number != 0
    if value.kind is Kind.STRING:
        return True  # an array is never a null pointer
    return Incomparable(f"{_described(value)} is neither zero nor non-zero")


def is_whole(value: Value) -> bool:
    """Whether the debugger could read all of it: at -O2 single members, or what a pointer is, may be gone."""
    match value.kind:
        case Kind.AGGREGATE | Kind.POINTER if "<" in value.text:
            return _GONE.search(_LITERAL.sub("", value.text)) is None
    return True


def is_same_type(name: str, other: str) -> bool:
    """Whether two spellings name one C type: `long`, `long int` and `signed long` do, and so do `T *` and `T*`."""
    return _canonical_type(name) == _canonical_type(other)


def parse_integer(text: str) -> int | None:
    """An integer as C or Python spells it: 16, 0x10, 020, 0b1, 0o20, with C's suffixes and digit separators."""
    plain = re.sub(r"(?<=[\da-fA-F])'(?=[\da-fA-F])", "", text)
    match = re.fullmatch(r"([+-]?)\s*(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|\d+)[uUlLzZ]*", plain)
    if match is None:
        return None
    digits = match[2].lower()
    base = 16 if digits.startswith("0x") else 2 if digits.startswith("0b") else 10
    if base == 10 and len(digits) > 1 and digits[0] == "0":
        base = 8 if all(d in "01234567" for d in digits.replace("0o", "")) else 10
    number = int(digits.removeprefix("0x").removeprefix("0b").replace("0o", "") or "0", base)
    return -number if match[1] == "-" else number


def parse_character(text: str) -> int | None:
    """The code of a quoted C character such as 'a' or '\\n' (quotes included)."""
    match = re.fullmatch(r"[uUL]?'(?:\\x([\da-fA-F]{1,2})|\\([0-7]{1,3})|\\(.)|([^\\']))'", text, re.DOTALL)
    if match is None:
        return None
    if match[1] or match[2]:
        return int(match[1], 16) if match[1] else int(match[2], 8)
    return _ESCAPES.get(match[3]) if match[3] else ord(match[4])


def _canonical_type(name: str) -> list[str | tuple[str, ...]]:
    """The words of each stretch in a fixed order, without those that C lets one leave out; then the punctuation."""
    parts: list[str | tuple[str, ...]] = []
    for stretch in re.findall(r"\w+(?:\s+\w+)*|[^\w\s]", name):
        words = stretch.split()
        if {"short", "long", "unsigned", "signed"} & set(words) and "int" in words:
            words.remove("int")
        if "signed" in words and "char" not in words:
            words.remove("signed")
        parts.append(tuple(sorted(words or ["int"])))
    return parts


def _compare_number(value: Value, operation: str, expected: Number) -> bool | Incomparable:
    if value.kind not in _NUMERIC or value.number is None:
        return Incomparable(f"{_described(value)} cannot be compared with the number {expected!r}")
    if isinstance(value.number, float):
        expected = _rounded(float(expected), value.type)
        if math.isnan(value.number) and math.isnan(expected):
            return operation == "=="  # whoever expects 'nan' wants to see it, whatever C's == says
    return OPERATORS[operation](value.number, expected)


def _compare_tolerance(value: Value, operation: str, expected: Tolerance) -> bool | Incomparable:
    if value.kind not in _NUMERIC or value.number is None:
        return Incomparable(f"{_described(value)} cannot be compared with the number {expected}")
    # Equality first: the difference of two infinities is no number.
    is_near = value.number == expected.value or abs(value.number - expected.value) <= expected.allowance
    match operation:
        case "==":
            return is_near
        case "!=":
            return not is_near
        case "<=" | ">=":
            return is_near or OPERATORS[operation](value.number, expected.value)
    return not is_near and OPERATORS[operation](value.number, expected.value)


def _compare_text(value: Value, operation: str, expected: str, constant: Value | None) -> bool | Incomparable:
    text = expected.strip()
    match value.kind:
        case Kind.STRING:
            return _compare_content(value, operation, _unquoted(expected))
        case Kind.AGGREGATE:
            return _compare_rendering(value, operation, expected)
        case Kind.ENUM:
            return _compare_enum(value, operation, text, constant)
        case Kind.POINTER:
            return _compare_pointer(value, operation, expected)
    number = _number_in(value, text)
    if number is None:
        return Incomparable(f"{_described(value)} cannot be compared with {expected!r}, which is no number")
    return _compare_number(value, operation, number)


def _compare_enum(value: Value, operation: str, text: str, constant: Value | None) -> bool | Incomparable:
    number: Number | None = parse_integer(text)
    # `Red` names `Color::Red` and the other way round, but `Light::Red` does not.
    if number is None and (f"::{text}".endswith(f"::{value.text}") or f"::{value.text}".endswith(f"::{text}")):
        number = value.number
    if number is None and constant is not None and constant.kind is Kind.ENUM:
        number = constant.number
    if number is None:
        return Incomparable(f"{text!r} is no constant that the debugger knows, and the value is {_described(value)}")
    return _compare_number(value, operation, number)


def _compare_pointer(value: Value, operation: str, expected: str) -> bool | Incomparable:
    text = expected.strip()
    address = 0 if text in _NULL else parse_integer(text)
    is_address = text in _NULL or text.lower().startswith("0x") or value.content is None
    if is_address and address is not None:
        return OPERATORS[operation](value.number, address)
    if value.content is not None:
        return _compare_content(value, operation, _unquoted(expected))
    if "char" in value.type:
        if value.number != 0:
            return Incomparable(f"the string at {value.text} cannot be read")
        # A null pointer is no string to be equal to: known, and different.
        return operation == "!=" if operation in {"==", "!="} else Incomparable(f"{_described(value)} is no string")
    return Incomparable(f"{_described(value)} cannot be compared with {expected!r}, which is no address")


def _compare_values(value: Value, operation: str, other: Value) -> bool | Incomparable:
    if not is_whole(other):
        return Incomparable(f"{_described(other)} has parts that are optimized out")
    if value.kind in _NUMERIC and other.kind in _NUMERIC:
        if value.number == other.number and value.kind is other.kind is Kind.FLOAT and value.text != other.text:
            # They may differ in digits that a double has not: a long double's text has them all.
            return OPERATORS[operation](_decimal(value), _decimal(other))
        return OPERATORS[operation](value.number, other.number)
    if value.content is not None and other.content is not None:
        return _compare_content(value, operation, other.content)
    if value.kind is other.kind is Kind.AGGREGATE:
        return _compare_rendering(value, operation, other.text)
    return Incomparable(f"{_described(value)} cannot be compared with {_described(other)}")


def _compare_content(value: Value, operation: str, expected: str) -> bool | Incomparable:
    content = value.content or ""
    # Bytes beyond ASCII may take more than one, or stand as escapes: four are as much as a character can have.
    if content == expected and len(content.encode("utf-8", "surrogateescape")) > MAX_CONTENT - 4:
        return Incomparable(f"only the first {MAX_CONTENT:,} bytes of a string are read, and those are equal")
    return OPERATORS[operation](content, expected)


def _compare_rendering(value: Value, operation: str, expected: str) -> bool | Incomparable:
    if operation not in {"==", "!="}:
        return Incomparable(f"{_described(value)} has no order")
    ours, theirs = _squeezed(value.text), _squeezed(expected)
    if ours == theirs and "..." in _LITERAL.sub("", value.text):
        return Incomparable("the value is too large to be read in full, and what was read is equal")
    return OPERATORS[operation](ours, theirs)


def _decimal(value: Value) -> Decimal:
    try:
        return Decimal(value.text)
    except InvalidOperation:
        return Decimal(float(value.number or 0))


def _number_in(value: Value, text: str) -> Number | None:
    if text in {"true", "false", "True", "False"}:
        return int(text.lower() == "true")
    if (integer := parse_integer(text)) is not None:
        return integer
    if (code := parse_character(text)) is not None:
        # Where char is signed, C's '\\xff' is -1.
        return code - 256 if 128 <= code <= 255 and isinstance(value.number, int) and value.number < 0 else code
    if value.kind is Kind.CHARACTER:
        if len(text) == 1:
            return ord(text)
        if text == value.text:  # the debugger's rendering, such as "97 'a'"
            return value.number
    try:
        return float(re.sub(r"(?<=[\d.])[fFlL]$", "", text))
    except ValueError:
        return None


def _rounded(expected: float, type_name: str) -> float:
    """A C float holds the nearest single: expecting 0.1 of it means that one."""
    if re.fullmatch(r"(const |volatile )*float( ?&&?)?", type_name) and math.isfinite(expected):
        try:
            return float(struct.unpack("f", struct.pack("f", expected))[0])
        except OverflowError:
            return math.copysign(math.inf, expected)
    return expected


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def _squeezed(text: str) -> str:
    """The text without white space, but for that within a string or a character."""
    return re.sub(rf"({_LITERAL.pattern})|\s+", lambda match: match[1] or "", text)


def _described(value: Value) -> str:
    return f"{value.text} ({value.type or value.kind.value})"
