"""Finds the commands in a comment, and where each ends. Prose that merely mentions a command's name is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dexverify.annotations.comments import Comment
from dexverify.annotations.nearest import suggest
from dexverify.annotations.sources import Source
from dexverify.errors import AnnotationError

COMMANDS = (
    "DexVerify", "DexProposition", "DexOperator", "DexWatch", "DexLabel", "DexCommandLine", "DexLimitSteps",
    "DexStepFunction", "DexFinishTest", "DexContinue", "DexDeclareFile", "DexDeclareAddress", "DexExpectEnd",
    "DexExpectWatchValue", "DexExpectWatchType", "DexExpectProgramState", "DexExpectStepKind",
    "DexExpectStepOrder", "DexUnreachable",
)  # fmt: skip

_BY_LOWER_CASE = {name.lower(): name for name in COMMANDS}
_HEAD = re.compile(r"(?<![\w$])(dex[a-z]\w*)\s*\(", re.IGNORECASE)
_PART = re.compile(
    r"""(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<quote>['"])"""
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Extent:
    """A command of the file, from its name to its closing parenthesis (offsets in the comment)."""

    name: str
    start: int
    end: int


def find_calls(source: Source, comment: Comment) -> Iterator[Extent | AnnotationError]:
    """The commands in a comment, and an error for each that is misspelt or not closed, in order."""
    position = 0
    while head := _HEAD.search(comment.text, position):
        name, start = head[1], head.start()
        position = head.end()
        if name not in COMMANDS:
            if (name.startswith("Dex") and name[3].isupper()) or name.lower() in _BY_LOWER_CASE:
                known = _BY_LOWER_CASE.get(name.lower())
                hint = f"did you mean {known}?" if known else suggest(name, COMMANDS, "the commands are")
                at = comment.start + start
                yield source.error(f"there is no command {name}", at, at + len(name), hint)
            continue
        end = _find_end(source, comment, position - 1)
        if isinstance(end, int):
            yield Extent(name, start, end)
            position = end
        else:
            yield end


def _find_end(source: Source, comment: Comment, opening: int) -> int | AnnotationError:
    """The offset behind the parenthesis that closes the one at `opening`."""
    opened: list[int] = []
    for part in _PART.finditer(comment.text, opening):
        at = comment.start + part.start()
        if part["open"]:
            opened.append(part.start())
        elif part["quote"]:
            line_end = comment.text.find("\n", part.start())
            end = len(comment.text) if line_end < 0 else line_end
            end = part.start() + len(comment.text[part.start() : end].rstrip())
            hint = f"close it with {part[0]} on the same line; a quote inside it is written \\{part[0]}"
            return source.error("this string is not closed", at, comment.start + end, hint)
        elif part["close"]:
            last = opened.pop()
            wanted = _CLOSING[comment.text[last]]
            if part[0] != wanted:
                line, column = source.place(comment.start + last)
                message = f"'{part[0]}' does not close the '{comment.text[last]}' at line {line}, column {column}"
                return source.error(message, at, at + 1, f"write '{wanted}' there")
            if not opened:
                return part.end()
    at = comment.start + opened[-1]
    bracket = comment.text[opened[-1]]
    hint = f"write the missing '{_CLOSING[bracket]}'; a command ends in the comment in which it begins"
    return source.error(f"this '{bracket}' is never closed", at, at + 1, hint)
