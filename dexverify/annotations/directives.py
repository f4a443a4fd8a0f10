"""The lines of a comment that speak of the test as a whole: `XFAIL:`, `REQUIRES:`, `UNSUPPORTED:`, `DexSources:`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dexverify.features import DEBUGGERS, SANITIZERS, SYSTEMS

_DIRECTIVE = re.compile(r"^[ \t]*(?P<name>XFAIL|REQUIRES|UNSUPPORTED|DexSources)[ \t]*:(?P<rest>[^\n]*)", re.MULTILINE)
_ITEM = re.compile(r"[^\s,]+")
# A list of capabilities; other text behind the name is somebody's prose ("REQUIRES: the lock is held").
_CAPABILITIES = re.compile(r"[\w.+-]+(?:\s*,\s*[\w.+-]+)*\s*,?\Z")
# What may be one of lit's expressions, such as `linux && !asan` or `target={{x86.*}}`: so may a condition in C
# (`held && !busy`), hence it has to name something that only lit speaks of.
_EXPRESSION = re.compile(r"(?:[\w.+\-=,!&|() \t]|\{\{[^{}]*\}\})+\Z")
_OPERATOR = re.compile(r"&&|\|\||!|\{\{|=")
_WORD = re.compile(r"[\w.+-]+")
_OF_LIT = frozenset({*SYSTEMS, *DEBUGGERS, *SANITIZERS, "clang", "gcc", "target"})


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
    unsupported: tuple[str, ...] = ()
    sources: tuple[FileName, ...] = ()

    def __add__(self, other: Directives) -> Directives:
        return Directives(
            other.xfail if self.xfail is None else self.xfail,
            tuple(dict.fromkeys((*self.requires, *other.requires))),
            tuple(dict.fromkeys((*self.unsupported, *other.unsupported))),
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
            case "REQUIRES":
                found += Directives(requires=_features(rest))
            case "UNSUPPORTED":
                found += Directives(unsupported=_features(rest))
            case "DexSources":
                names = _ITEM.finditer(text, match.start("rest"), match.end("rest"))
                found += Directives(sources=tuple(FileName(name[0], start + name.start()) for name in names))
    return found


def _features(text: str) -> tuple[str, ...]:
    """The names of a list; an expression as it is, for it to be told that it is not known; none of prose."""
    if _CAPABILITIES.match(text):
        return tuple(_ITEM.findall(text))
    is_lits = _EXPRESSION.match(text) and not _OF_LIT.isdisjoint(_WORD.findall(text))
    return (text,) if is_lits and _OPERATOR.search(text) else ()
