"""Standard output and error as dexter needs them: there, and able to print any text."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper, UnsupportedOperation
from pathlib import Path


def prepare_streams() -> None:
    """Make sure that printing works, whatever the locale, and whatever the caller has closed.

    A standard descriptor that is closed is opened on the null device, lest the next file that is opened become our
    standard output. Characters that the stream's encoding lacks are printed as escapes, such as `\\u2026`.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # POSIX: the lowest free one, which is this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # Python found it closed
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open as long as we run
        elif isinstance(stream, TextIOWrapper) and (stream.encoding, stream.errors) != ("utf-8", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def abandon_output() -> None:
    """Print no more: what is still buffered must not raise again at exit (Python's documentation of SIGPIPE)."""
    with suppress(UnsupportedOperation):  # what has no descriptor has no reader that could go away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
