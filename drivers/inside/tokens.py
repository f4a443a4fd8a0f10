"""Values as tokens, which are short to write: [kind] for absent, else [kind, type id, number, text, content], cut."""

from __future__ import annotations

from typing import Any, TypeAlias

Token: TypeAlias = "tuple[Any, ...]"  # noqa: S105 - no password

ABSENT, INTEGER, CHARACTER, BOOLEAN, ENUM, FLOAT, POINTER, STRING, AGGREGATE, UNREADABLE = range(10)
OPTIMIZED_OUT = "optimized out"
# Of a string, so much is looked at.
CONTENT_BYTES = 4096


def decode(data: bytes) -> str:
    """A string of the program as text."""
    return data.decode("utf-8", "backslashreplace")
