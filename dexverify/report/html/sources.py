"""The source files that a report shows, each once, as they were when the test was run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from dexverify.sources import decode, shown_text

MAX_FILE = 1 << 20  # bytes of a file, or characters of a text; no one reads a longer one
MAX_TOTAL = 1 << 25  # characters


class Sources:
    """Files by the absolute paths that debug information names, which anything may be: only plain files are read."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
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
                if text is not None and self._size + len(text) <= MAX_TOTAL:
                    self._size += len(text)
                    self.texts[path] = text


def _text(path: str) -> str | None:
    if (text := shown_text(path)) is not None:  # it was recorded with the run
        return text if len(text) <= MAX_FILE else None
    file = Path(path)
    try:
        if not file.is_file() or file.stat().st_size > MAX_FILE:
            return None
        return decode(file.read_bytes())
    except (OSError, ValueError):  # a path with a NUL in it is a ValueError
        return None
