"""Files of results: whole or not there, and checked before anything is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dexverify.errors import ConfigError

STANDARD_OUTPUT = "-"


def check_file(option: str, path: str) -> None:
    """Raise ConfigError for what could not be written once the tests have run."""
    if path == STANDARD_OUTPUT:
        return
    file = Path(path).absolute()
    if not path or file.is_dir():
        raise ConfigError(f"{option} {path!r}: name a file, not a folder")
    if not file.parent.is_dir():
        raise ConfigError(f"{option} {path}: there is no such folder")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ConfigError(f"{option} {path}: must not be written")


def check_folder(option: str, path: Path) -> None:
    """As `check_file`, for a folder that may have to be made first."""
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{option} {path}: it is a file, not a folder")
    there = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ConfigError(f"{option} {path}: must not be written")


@contextmanager
def created(path: str | Path) -> Iterator[BinaryIO]:
    """A stream to write to, which becomes the file at `path` when the block ends, and never if it is left early.

    So a reader sees the old file or the new one. `-` is standard output. What is no regular file (a device, a pipe),
    and a file in a folder that must not be written, is written as it is.
    """
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    file = Path(os.path.realpath(path))  # a link goes on to point there
    if (file.exists() and not file.is_file()) or not os.access(file.parent, os.W_OK):
        with file.open("wb") as stream:
            yield stream
        return
    draft = file.with_name(f".dexter-{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        with draft.open("xb") as stream:
            yield stream
        with suppress(FileNotFoundError):
            draft.chmod(file.stat().st_mode & 0o7777)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def write_file(path: str | Path, content: bytes) -> None:
    """Replace the file at `path`, or write to standard output for `-`."""
    with created(path) as stream:
        stream.write(content)
