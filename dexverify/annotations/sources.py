"""A user's file as text, in which every offset has a line and a column."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from dexverify.errors import AnnotationError, ConfigError, Span
from dexverify.sources import decode


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file. `path` is absolute, or a name in angle brackets for text that is in no file."""

    path: str
    text: str
    _starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        while (newline := self.text.find("\n", starts[-1])) >= 0:
            starts.append(newline + 1)
        object.__setattr__(self, "_starts", starts)

    @property
    def is_commands_only(self) -> bool:
        """Whether the file is a stand-alone one (`.dex`), in which commands need no comment around them."""
        return self.path.endswith(".dex")

    @property
    def is_assembler(self) -> bool:
        return self.path.endswith((".s", ".S"))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(self.path, *self.place(start), *self.place(end))

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def error(self, message: str, start: int, end: int, hint: str = "") -> AnnotationError:
        span = self.span(start, end)
        return AnnotationError(message, span, hint, self.line(span.line))


def read_source(path: Path) -> Source:
    """Read a file as UTF-8, or as Latin-1 where it is not. Raises ConfigError if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    return Source(str(path.absolute()), decode(content))
