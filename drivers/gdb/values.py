"""Values from gdb's text: what kind of value it is, by its type's name, and its number and content.

For a gdb without Python. The text is that of `-data-evaluate-expression` under the agent's print settings and
in the C locale, so that every byte beyond ASCII stands as an octal escape.
"""

from __future__ import annotations

import math
import re
import struct

from drivers.inside.tokens import CONTENT_BYTES, OPTIMIZED_OUT
from drivers.state import Kind, Value

_QUALIFIERS = re.compile(r"\b(?:const|volatile|restrict|_Atomic)\b\s*")
_CHARACTERS = frozenset({"char", "signed char", "unsigned char"})
_WIDE_CHARACTERS = frozenset({"char8_t", "char16_t", "char32_t"})
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_FUNCTION_TYPE = re.compile(r"^\{.*\} (?=0x)")
_NUMBER = re.compile(r"-?\d+")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "e": 27}


def classify(resolved: str) -> Kind:
    """The kind of value that a type has, from what `ptype` says (which names no typedef)."""
    name = _QUALIFIERS.sub("", resolved).strip()
    # The body of a struct, union or enum tells nothing here, and may hold anything.
    if "{" in name:
        name = name[: name.index("{")] + name[name.rindex("}") + 1 :]
    name = " ".join(name.split())
    declarator = name.replace(" ", "")
    # `int (*[4])(void)` is an array of pointers, `int (*)[4]` a pointer to an array.
    if re.search(r"\(\*+\[", declarator):
        return Kind.AGGREGATE
    if "(*" in declarator or (declarator.endswith("*") and "(" not in declarator):
        return Kind.POINTER
    if declarator.endswith("]"):
        element, _, bounds = name.partition("[")
        is_text = element.strip() in _CHARACTERS and "[" not in bounds
        return Kind.STRING if is_text else Kind.AGGREGATE
    if declarator.endswith(")"):  # a function, which stands for its address
        return Kind.POINTER
    words = name.split()
    if not words or words[0] in ("struct", "union", "class", "void") or "complex" in words:
        return Kind.AGGREGATE
    if words[0] == "enum":
        return Kind.ENUM
    if name in _CHARACTERS or name in _WIDE_CHARACTERS:
        return Kind.CHARACTER
    if name in ("_Bool", "bool"):
        return Kind.BOOLEAN
    if "float" in words or "double" in words or words[0].startswith("_Float") or name == "__float128":
        return Kind.FLOAT
    return Kind.INTEGER


def is_text_pointer(resolved: str) -> bool:
    """Whether `ptype` says that it points to characters."""
    name = " ".join(_QUALIFIERS.sub("", resolved).split())
    return name.endswith("*") and name[:-1].strip() in _CHARACTERS


def read_value(text: str, kind: Kind, type_name: str, resolved: str) -> Value:
    """The value that gdb shows as `text`. An ENUM has no number yet: gdb shows its constant's name."""
    if text == "<optimized out>":
        return Value(Kind.UNREADABLE, OPTIMIZED_OUT, type=type_name)
    match kind:
        case Kind.INTEGER:
            number = int(text.split()[0])
            return Value(kind, str(number), number, type=type_name)
        case Kind.CHARACTER:
            return Value(kind, text, int(text.split()[0]), type=type_name)
        case Kind.BOOLEAN:
            return Value(kind, text, {"false": 0, "true": 1}.get(text) or _leading_number(text), type=type_name)
        case Kind.FLOAT:
            return Value(kind, text, _floating(text, resolved), type=type_name)
        case Kind.POINTER:
            text = _FUNCTION_TYPE.sub("", text)
            address = _ADDRESS.search(text)
            content = _pointed_text(text) if is_text_pointer(resolved) else None
            return Value(kind, text, int(address[0], 16) if address else 0, content, type_name)
        case Kind.STRING:
            return Value(kind, text, None, _array_text(text), type_name)
    return Value(kind, text, type=type_name)


def _leading_number(text: str) -> int:
    match = _NUMBER.match(text)
    return int(match[0]) if match else 0


def _floating(text: str, resolved: str) -> float:
    if "nan" in text:
        return math.nan
    number = float(text)
    if "float" in resolved.split() and math.isfinite(number):
        # gdb's nine digits tell one float from the next, but they are not the exact value.
        return float(struct.unpack("f", struct.pack("f", number))[0])
    return number


def _pointed_text(text: str) -> str | None:
    """The string after a `char *`; None when it cannot be read to its end."""
    if "<error:" in _LITERAL.sub("", text):
        return None
    literal = _LITERAL.search(text)
    return _decode(literal[1]) if literal else None


def _array_text(text: str) -> str:
    """The characters of an array up to the first NUL, in pieces where gdb shows `<repeats …>` or bad bytes."""
    return _decode("".join(_LITERAL.findall(text)))


def _decode(literal: str) -> str:
    data = bytearray()
    position = 0
    for escape in _ESCAPE.finditer(literal):
        data += literal[position : escape.start()].encode("utf-8", "surrogateescape")
        position = escape.end()
        code = escape[1]
        if code[0] in "01234567":
            data.append(int(code, 8))
        else:
            data.append(_ESCAPES.get(code, ord(code) & 0xFF))
    data += literal[position:].encode("utf-8", "surrogateescape")
    return bytes(data).partition(b"\0")[0][:CONTENT_BYTES].decode("utf-8", "backslashreplace")
