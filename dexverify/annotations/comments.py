"""The scanner: finds the comments of a C, C++ or assembler file.

A comment's text is as long as the stretch of the file it comes from: what is no content (the markers, a `*` at
the beginning of a line, a line splice) is blanked out, so an offset in the comment is an offset in the file.

Phases of translation: C11 5.1.1.2, in which lines are spliced before comments are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from dexverify.annotations.sources import Source


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` begins at the offset `start` of the file. Consecutive `//` lines are one comment."""

    start: int
    text: str


_SPLICE = r"(?:\\[ \t]*\r?\n)"
_COMMENTS = rf"""
    (?P<line>  / {_SPLICE}* / (?: {_SPLICE} | [^\n] )* )
  | (?P<block> / {_SPLICE}* \* (?: (?s:.)*? \* {_SPLICE}* / | (?s:.)* ) )
"""
_STRING = r'" (?: \\ (?s:.) | [^"\\\n] )* "?'
_CHARACTER = r"' (?: \\ (?s:.) | [^'\\\n] )* '?"
_NUMBER = r"\.? \d (?: [eEpP][+-] | '[0-9A-Za-z_] | [0-9A-Za-z_.] )*"  # C++14 and C23 part digits by '
_RAW = r'(?: u8 | [uUL] )? R" (?P<delimiter> [^()\\\s"]{0,16} ) \( (?s:.)*? (?: \) (?P=delimiter) " | \Z )'
_HEADER = r"^ [ \t]* \# [ \t]* include (?:_next)? [ \t]* < [^>\n]* >"  # <sys//types.h> holds no comment
_WORD = r"[^\W\d]\w*"

_IN_C = re.compile(
    rf"{_HEADER} | {_RAW} | {_WORD} | {_NUMBER} | {_STRING} | {_CHARACTER} | {_COMMENTS}", re.VERBOSE | re.MULTILINE
)
# gas: a character constant is one character after a quote, which need not be closed.
_IN_ASSEMBLER = re.compile(rf"{_STRING} | ' (?: \\. | [^\n] ) '? | {_COMMENTS}", re.VERBOSE)
# A .dex file: its strings are those of the commands, and DExTer's own have their prose behind a #.
_IN_COMMANDS = re.compile(rf"{_STRING} | {_CHARACTER} | {_COMMENTS} | (?P<hash> \# [^\n]* )", re.VERBOSE)

_NOT_NEWLINE = re.compile(r"[^\n]")
_SPLICED = re.compile(_SPLICE)
_HASH_MARKER = re.compile(r"#+")
_LINE_MARKER = re.compile(rf"/{_SPLICE}*/[/!]*<?")
_DECORATION = re.compile(r"(?<=\n)[ \t]*(?:\*+|//+)(?=[\s\w]|$)")
_BLOCK_OPENING = re.compile(rf"/{_SPLICE}*\*[*!]*<?")
_BLOCK_CLOSING = re.compile(rf"\*{_SPLICE}*/$")


def find_comments(source: Source) -> tuple[Comment, ...]:
    """The comments of a file, in order. Any text can be scanned: what is not closed ends with its line or the file.

    The whole of a `.dex` file outside its comments is one comment too.
    """
    if source.is_commands_only:
        return _find_commands(source.text)
    pattern = _IN_ASSEMBLER if source.is_assembler else _IN_C
    found: list[Comment] = []
    is_open = False  # whether the last comment can go on: it is a `//` one
    for match in pattern.finditer(source.text):
        if match["line"] is not None:
            text = _content_of_line(match[0])
            gap = source.text[found[-1].start + len(found[-1].text) : match.start()] if is_open else "no"
            if is_open and gap.isspace() and gap.count("\n") == 1:
                found[-1] = Comment(found[-1].start, found[-1].text + _blank(gap) + text)
            else:
                found.append(Comment(match.start(), text))
            is_open = True
        elif match["block"] is not None:
            found.append(Comment(match.start(), _content_of_block(match[0])))
            is_open = False
    return tuple(found)


def _find_commands(text: str) -> tuple[Comment, ...]:
    comments = [m for m in _IN_COMMANDS.finditer(text) if m.lastgroup is not None]
    edges = chain((0,), *((m.start(), m.end()) for m in comments), (len(text),))
    pieces: Iterator[str] = (text[a:b] for a, b in pairwise(edges))
    kept = "".join(_blank(piece) if index % 2 else piece for index, piece in enumerate(pieces))
    return (Comment(0, kept.replace("\r\n", " \n")),)


def comments_of_commands(source: Source) -> tuple[Comment, ...]:
    """The comments of a `.dex` file: they hold no commands, but directives."""
    return tuple(
        Comment(match.start(), _CONTENT[match.lastgroup](match[0]))
        for match in _IN_COMMANDS.finditer(source.text)
        if match.lastgroup is not None
    )


def _content_of_line(text: str) -> str:
    return _blank_splices(_blank_first(_LINE_MARKER, text))


def _content_of_block(text: str) -> str:
    if closing := _BLOCK_CLOSING.search(text, 2):  # in /*/ the one * opens only
        text = text[: closing.start()] + _blank(closing[0])
    text = _blank_first(_BLOCK_OPENING, text)
    return _blank_splices(_DECORATION.sub(lambda m: _blank(m[0]), text))


def _content_of_hash(text: str) -> str:
    return _blank_first(_HASH_MARKER, text).replace("\r", " ")


_CONTENT = {"line": _content_of_line, "block": _content_of_block, "hash": _content_of_hash}


def _blank_first(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda m: _blank(m[0]), text, count=1)


def _blank_splices(text: str) -> str:
    return _SPLICED.sub(lambda m: _blank(m[0]), text).replace("\r", " ")


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)
