"""The fenced blocks of a Markdown file, and what their info strings say is to be done with them.

c name=ring.c            the file of that name, in the document's own folder
console                  lines that begin with `$ ` are run in that folder; the rest is what they print
console compare=words    as above, but of each line only the first word is compared, and no number
console compare=text     as above, but no number is compared, and no width of a space
diff apply=kern/a.c      the lines with - and those without a sign stand in that file: they become those with +
sh copy=examples/LTD/x   a copy of this folder of the repository is the document's own folder from here on
text formulas            a formula a line, each of which must parse
c parses                 a file whose annotations must parse
text quotes=kern/a.c     stands so in that file of the example kernel; with variant=NAME, must fail in that one
text says=NAME           what is reported of that variant
diff bug=kern/a.c        with this change what was quoted last fails; runs=kern/b.c: in that file
sh not-run="reason"      cannot be run by a test, for that reason
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_ACTIONS = ("name", "formulas", "parses", "apply", "copy", "quotes", "says", "bug", "not-run")
_FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """`start` and `end` are the offsets of the text in its document; `line` is the number of its first line."""

    path: Path
    line: int
    language: str
    attributes: dict[str, str]
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"

    @property
    def action(self) -> str:
        """The one thing that is done with this block; empty if its info string does not say."""
        if self.language == "console" and "not-run" not in self.attributes:
            return "run"
        return next((key for key in _ACTIONS if key in self.attributes), "")


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a document, in order."""
    document = path.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(document):
        language, *words = shlex.split(match["info"]) or [""]
        attributes = {key: value for key, _, value in (word.partition("=") for word in words)}
        start, end = match.span("text")
        line = document.count("\n", 0, start) + 1
        found.append(Block(path, line, language, attributes, match["text"], start, end))
    return found
