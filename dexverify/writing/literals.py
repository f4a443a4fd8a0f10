"""A value as one writes it in an annotation."""

from __future__ import annotations

import math
import re

from drivers.state import Kind, Value

NUMERIC = frozenset({Kind.INTEGER, Kind.CHARACTER, Kind.BOOLEAN, Kind.FLOAT})
MAX_TEXT = 200
_NAME = re.compile(r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*")


def literal(value: Value) -> str | None:
    """The literal that equals it, and will in another run; None where there is none, as for an address."""
    match value.kind:
        case Kind.INTEGER | Kind.CHARACTER | Kind.BOOLEAN | Kind.FLOAT if value.number is not None:
            return _number(value.number)
        case Kind.ENUM:
            return repr(value.text) if _NAME.fullmatch(value.text) else _number(value.number or 0)
        case Kind.POINTER if value.number == 0:
            return "NULL"
        case Kind.POINTER | Kind.STRING if value.content is not None:
            return _text(value.content)
        case Kind.AGGREGATE if "0x" not in value.text:
            return _text(value.text)
    return None


def _number(number: int | float) -> str | None:
    if isinstance(number, float) and not math.isfinite(number):
        return None
    return repr(number)


def _text(text: str) -> str | None:
    is_plain = len(text) <= MAX_TEXT and text.isprintable() and text.isascii() and "*/" not in text
    return repr(text) if is_plain and text.strip() else None
