"""The tool's errors. Each says what, where, why, and what to do next. A property that fails is never one of these."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FORMULA = "<formula>"
"""The path of what is in no file: a formula on the command line."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a user's file. Lines and columns count from 1, columns in characters; `end_column` is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def printable(line: str) -> str:
    """The line of a file with U+FFFD for each control character but tabs: a terminal would obey them."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)


class DexterError(Exception):
    """Anything that dexter tells the user and stops for."""


class AnnotationError(DexterError):
    """An annotation that does not parse or does not make sense. `hint` says what to do about it."""

    def __init__(self, message: str, span: Span, hint: str = "", source_line: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.source_line = source_line

    def __str__(self) -> str:
        """`path:line:column: error: message`, the line with a caret under the column, and the hint."""
        lines = [f"{self.span}: error: {self.message}"]
        if self.source_line:
            number = str(self.span.line)
            # Tabs stay tabs, so that the caret stands under the column however wide the terminal makes them.
            lead = "".join("\t" if c == "\t" else " " for c in self.source_line[: self.span.column - 1])
            same_line = self.span.end_line == self.span.line
            end = self.span.end_column if same_line else len(self.source_line) + 1
            lines.append(f"  {number} | {printable(self.source_line)}")
            lines.append(f"  {' ' * len(number)} | {lead}{'^' * max(1, end - self.span.column)}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class AnnotationErrors(AnnotationError):
    """All the errors in the annotations of one test, in the order of the files; it is itself the first of them."""

    def __init__(self, errors: Sequence[AnnotationError]) -> None:
        first = errors[0]
        super().__init__(first.message, first.span, first.hint, first.source_line)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        """Each error, one after the other."""
        return "\n".join(str(error) for error in self.errors)


class BuildError(DexterError):
    """The compiler (or the user's build program) failed; the message holds its own output."""


class ConfigError(DexterError):
    """Wrong usage: an option, a path, or a `dexter.toml` that makes no sense."""


def internal_error(error: Exception) -> str:
    """What is told of a bug of ours: what it is, and where."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error of dexter, please report it: {error!r} at {Path(where.filename).name}:{where.lineno}"
