"""JSON that is valid whatever a program printed and files are called."""

from __future__ import annotations

from typing import Any

import msgspec

# HTML ends a script at `</script`, and changes how it reads one at `<!--`; neither can occur without these.
_ESCAPES = {b"<": rb"\u003c", b">": rb"\u003e", b"&": rb"\u0026"}


def json_bytes(value: Any) -> bytes:
    """The value as JSON, with U+FFFD for what cannot be encoded."""
    return msgspec.json.encode(encodable(value))


def script_json(value: Any) -> str:
    """The same, with escapes for what means something to HTML: inside JSON it occurs in strings alone."""
    text = json_bytes(value)
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text.decode()


def encodable(value: Any) -> Any:
    """With U+FFFD for the bytes of file names that are no UTF-8, which Python keeps as lone surrogates (PEP 383)."""
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case list() | tuple():
            return [encodable(each) for each in value]
        case dict():
            return {encodable(key): encodable(each) for key, each in value.items()}
        case _:
            return value
