"""JSON that is valid whatever a program printed and files are called."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# HTML ends a script at `</script`, and changes how it reads one at `<!--`; and no control character may be in a page.
_SPECIAL = re.compile("[<>&\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_bytes(value: Any) -> bytes:
    """The value as JSON, with U+FFFD for what cannot be encoded."""
    return msgspec.json.encode(encodable(value))


def script_json(value: Any) -> str:
    """The value as JSON in ASCII that can stand in a `script` element: what means something to HTML is escaped.

    It occurs inside of strings alone, so the escapes are JSON's own.
    """
    text = json.dumps(encodable(value), separators=(",", ":"))
    return _SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def encodable(value: Any) -> Any:
    """With U+FFFD for the bytes of file names that are no UTF-8, which Python keeps as lone surrogates (PEP 383)."""
    match value:
        case str():
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list() | tuple():
            return [encodable(each) for each in value]
        case dict():
            return {encodable(key): encodable(each) for key, each in value.items()}
        case _:
            return value
