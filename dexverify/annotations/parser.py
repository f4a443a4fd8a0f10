"""Text to syntax: one command, or one formula. The grammar is in `grammar.lark`.

`lark` is imported when the first command is parsed, not before: it takes a third of the tool's start-up.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

from dexverify.annotations.builder import Builder
from dexverify.annotations.faults import explain_character, explain_token
from dexverify.annotations.sources import Source
from dexverify.annotations.syntax import Call, Node

if TYPE_CHECKING:
    from lark import Lark

_LOCK = Lock()  # the builder inside the parser is told which file it is at


def parse_call(source: Source, text: str, offset: int) -> Call:
    """The command `text`, which stands at `offset` of the file. Raises AnnotationError."""
    return cast("Call", _parse("call", source, text, offset))


def parse_expression(source: Source) -> Node:
    """The formula that is all of `source`. Raises AnnotationError."""
    return cast("Node", _parse("formula", source, source.text.replace("\r", " "), 0))


def _parse(start: str, source: Source, text: str, offset: int) -> object:
    from lark import UnexpectedCharacters, UnexpectedToken

    with _LOCK:
        parser, builder = _load()
        builder.source, builder.offset = source, offset
        try:
            return parser.parse(text, start=start)
        except UnexpectedToken as error:
            raise builder.error(*explain_token(text, error)) from None
        except UnexpectedCharacters as error:
            raise builder.error(*explain_character(text, error.pos_in_stream or 0)) from None


@cache
def _load() -> tuple[Lark, Builder]:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    builder = Builder()
    parser = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start=["call", "formula"],
        transformer=builder,
        maybe_placeholders=False,
    )
    return parser, builder
