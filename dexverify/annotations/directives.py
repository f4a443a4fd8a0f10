"""The lines of a comment that speak of the test as a whole: `XFAIL:`, `REQUIRES:` and `DexSources:`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"^[ \t]*(?P<name>XFAIL|REQUIRES|DexSources)[ \t]*:(?P<rest>[^\n]*)", re.MULTILINE)
_ITEM = re.compile(r"[^\s,]+")
# A list of capabilities; other text behind REQUIRES: is somebody's prose ("REQUIRES: the lock is held").
_CAPABILITIES = re.compile(r"[\w.+-]+(?:\s*,\s*[\w.+-]+)*\s*,?\Z")


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of a file as written, and its offset in the file that names it."""

    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Directives:
    """What a comment, a file or a test says of the test as a whole."""

    xfail: str | None = None
    requires: tuple[str, ...] = ()
    sources: tuple[FileName, ...] = ()

    def __add__(self, other: Directives) -> Directives:
        return Directives(
            other.xfail if self.xfail is None else self.xfail,
            tuple(dict.fromkeys((*self.requires, *other.requires))),
            (*self.sources, *other.sources),
        )


def find_directives(text: str, start: int) -> Directives:
    """The directives in the text of the comment that begins at `start`: each on a line of its own."""
    found = Directives()
    for match in _DIRECTIVE.finditer(text):
        rest = match["rest"].strip()
        match match["name"]:
            case "XFAIL":
                found += Directives(xfail=rest)
            case "REQUIRES" if _CAPABILITIES.match(rest):
                found += Directives(requires=tuple(_ITEM.findall(rest)))
            case "DexSources":
                names = _ITEM.finditer(text, match.start("rest"), match.end("rest"))
                found += Directives(sources=tuple(FileName(name[0], start + name.start()) for name in names))
    return found
