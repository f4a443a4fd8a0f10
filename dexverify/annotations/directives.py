"""The lines of a comment that speak of the test as a whole: `XFAIL:`, `REQUIRES:` and `DexSources:`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"^[ \t]*(?P<name>XFAIL|REQUIRES|DexSources)[ \t]*:(?P<rest>[^\n]*)", re.MULTILINE)
# A list of capabilities; other text behind REQUIRES: is somebody's prose ("REQUIRES: the lock is held").
_CAPABILITIES = re.compile(r"[\w.+-]+(?:\s*,\s*[\w.+-]+)*\s*,?\Z")


@dataclass(frozen=True, slots=True)
class Directives:
    xfail: str | None = None
    requires: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # as written

    def __add__(self, other: Directives) -> Directives:
        return Directives(
            other.xfail if self.xfail is None else self.xfail,
            tuple(dict.fromkeys((*self.requires, *other.requires))),
            tuple(dict.fromkeys((*self.sources, *other.sources))),
        )


def find_directives(text: str) -> Directives:
    """The directives in the text of a comment: each at the beginning of a line, up to its end."""
    found = Directives()
    for match in _DIRECTIVE.finditer(text):
        rest = match["rest"].strip()
        match match["name"]:
            case "XFAIL":
                found += Directives(xfail=rest)
            case "REQUIRES" if _CAPABILITIES.match(rest):
                found += Directives(requires=tuple(filter(None, re.split(r"[\s,]+", rest))))
            case "DexSources":
                found += Directives(sources=tuple(filter(None, re.split(r"[\s,]+", rest))))
    return found
