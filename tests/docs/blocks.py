"""The fenced blocks of a Markdown file, and what their info strings say is to be done with them.

c name=ring.c            the file of that name, in the document's own folder
console                  lines that begin with `$ ` are run in that folder; the rest is what they print
console compare=words    as above, but of each line only the first word is compared, and no number
text formulas            a formula a line, each of which must parse
c parses                 a file whose annotations must parse
sh not-run="reason"      cannot be run by a test, for that reason
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

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
        return next((key for key in ("name", "formulas", "parses", "not-run") if key in self.attributes), "")


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
