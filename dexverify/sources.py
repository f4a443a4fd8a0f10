"""The user's source files as text, for carets and listings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from dexverify.errors import Span

_SHOWN: dict[str, str] = {}


@contextmanager
def shown_as(texts: Mapping[str, str]) -> Iterator[None]:
    """Inside, these are the texts of these files: what a recording is about need not be what is there by now."""
    before = dict(_SHOWN)
    _SHOWN.update(texts)
    lines_of.cache_clear()
    try:
        yield
    finally:
        _SHOWN.clear()
        _SHOWN.update(before)
        lines_of.cache_clear()


def shown_text(path: str) -> str | None:
    """The text that this file is shown as, if that is not the one that is there."""
    return _SHOWN.get(path)


@lru_cache(maxsize=256)
def lines_of(path: str) -> tuple[str, ...]:
    """The lines of a file, without their ends; none when it cannot be read. UTF-8, else Latin-1."""
    if path in _SHOWN:
        return tuple(line.rstrip("\r") for line in _SHOWN[path].split("\n"))
    try:
        # What a recording names may be anything: a device, which has no end, or no name at all.
        content = Path(path).read_bytes() if Path(path).is_file() else b""
    except (OSError, ValueError):
        return ()
    return tuple(line.rstrip("\r") for line in decode(content).split("\n"))


def decode(content: bytes) -> str:
    """A file's text: UTF-8, else Latin-1, in which every byte string is valid, so this never fails."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def line_of(path: str, line: int) -> str:
    """One line of a file, counted from 1; empty when there is none."""
    lines = lines_of(path)
    return lines[line - 1] if 0 < line <= len(lines) else ""


def text_of(span: Span) -> str:
    """What the user wrote there, with white space and line breaks folded."""
    if span.line == span.end_line:
        return " ".join(line_of(span.path, span.line)[span.column - 1 : span.end_column - 1].split())
    parts = [line_of(span.path, span.line)[span.column - 1 :]]
    parts += [line_of(span.path, number) for number in range(span.line + 1, span.end_line)]
    parts.append(line_of(span.path, span.end_line)[: span.end_column - 1])
    return " ".join(" ".join(part.strip().removeprefix("//").lstrip("* ") for part in parts).split())
