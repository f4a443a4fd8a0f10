"""The source files that a report shows, each once, as they were when the test was run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from dexverify.sources import decode, shown_text

MAX_FILE = 1 << 20  # characters; no one reads a longer one
MAX_TOTAL = 1 << 25

_TOO_LONG = f"it has more than {MAX_FILE:,} characters; open it in an editor"
_TOO_MUCH = f"the files together have more than {MAX_TOTAL:,} characters; make a page of fewer tests, with --filter"


class Sources:
    """Files by the absolute paths that debug information names, which anything may be: only plain files are read.

    `left_out` says of each that is too much for a page why, and what to do.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self._seen: set[str] = set()
        self._size = 0
        self._lock = Lock()  # with --jobs, tests are observed from several threads

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            with self._lock:
                if path in self._seen:
                    continue
                self._seen.add(path)
                text = _text(path)
                if text is None:
                    continue
                if len(text) > MAX_FILE:
                    self.left_out[path] = _TOO_LONG
                elif self._size + len(text) > MAX_TOTAL:
                    self.left_out[path] = _TOO_MUCH
                else:
                    self._size += len(text)
                    self.texts[path] = text


def _text(path: str) -> str | None:
    """As much as shows whether it is too long; None where there is nothing to read."""
    if (text := shown_text(path)) is not None:  # it was recorded with the run
        return text
    file = Path(path)
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            return decode(stream.read(4 * MAX_FILE + 1))  # a character is four bytes at most
    except (OSError, ValueError):  # a path with a NUL in it is a ValueError
        return None
