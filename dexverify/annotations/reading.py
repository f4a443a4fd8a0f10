"""One file to its commands and directives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dexverify.annotations.calls import Extent, find_calls
from dexverify.annotations.comments import comments_of_commands, find_comments
from dexverify.annotations.directives import Directives, find_directives
from dexverify.annotations.parser import parse_call
from dexverify.annotations.sources import Source
from dexverify.annotations.syntax import Call
from dexverify.errors import AnnotationError

_WORD = r"(?<![\w$])dex[a-z]"  # an index is none
_HAS_WORD = re.compile(_WORD.encode(), re.IGNORECASE)
_WORTH_SCANNING = re.compile(rf"{_WORD}|XFAIL|REQUIRES|UNSUPPORTED", re.IGNORECASE)
_NOT_NEWLINE = re.compile(r"[^\n]")
_STRAY = re.compile(r"\S[^\n]*")


@dataclass(frozen=True, slots=True)
class ReadFile:
    """`calls` are in the order of the file."""

    source: Source
    calls: tuple[Call, ...]
    directives: Directives


def read_file(source: Source, report: Callable[[AnnotationError], None]) -> ReadFile:
    """The commands of a file; those that do not parse are reported, and left out."""
    calls: list[Call] = []
    directives = Directives()
    if not source.is_commands_only and not _WORTH_SCANNING.search(source.text):
        return ReadFile(source, (), directives)
    for comment in find_comments(source):
        rest, is_sound = comment.text, True
        for found in find_calls(source, comment):
            if isinstance(found, AnnotationError):
                report(found)
                is_sound = False
                continue
            rest = rest[: found.start] + _blank(rest[found.start : found.end]) + rest[found.end :]
            call = _parse(source, comment.start, comment.text, found, report)
            if call:
                calls.append(call)
        if not source.is_commands_only:
            directives += find_directives(rest, comment.start)
        elif is_sound:
            _check_stray(source, rest, report)
    if source.is_commands_only:
        for comment in comments_of_commands(source):
            directives += find_directives(comment.text, comment.start)
    return ReadFile(source, tuple(calls), directives)


def _parse(
    source: Source, offset: int, text: str, extent: Extent, report: Callable[[AnnotationError], None]
) -> Call | None:
    try:
        return parse_call(source, text[extent.start : extent.end], offset + extent.start)
    except AnnotationError as error:
        report(error)
        return None


def _check_stray(source: Source, rest: str, report: Callable[[AnnotationError], None]) -> None:
    """Outside its comments, a `.dex` file holds commands and nothing else."""
    if stray := _STRAY.search(rest):
        end = stray.start() + len(stray[0].rstrip())
        report(source.error("this is no command", stray.start(), end, "write // or # before a comment"))


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)


def has_commands(source: Source) -> bool:
    """Whether any comment holds a command, or what is meant to be one."""
    return any(True for comment in find_comments(source) for _ in find_calls(source, comment))


def has_dex(path: Path) -> bool:
    """A look at the bytes, which spares the scan of most files. False if the file cannot be read."""
    try:
        return bool(_HAS_WORD.search(path.read_bytes()))
    except OSError:
        return False
