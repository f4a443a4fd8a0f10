"""What a kernel prints: a wide pipe from its machine, and the panic message in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re

from drivers.process import Capture

_READ_BYTES = 65536
# The most that an unprivileged process may ask for (/proc/sys/fs/pipe-max-size). A console that is full holds up the
# machine, and a run that depends on how quickly it was read could not be repeated.
_PIPE_BYTES = 1 << 20
_PANIC = re.compile(r"^panic: *([^\r\n]*)", re.MULTILINE)
_PANIC_WITHIN = re.compile(r".*panic: *([^\r\n]*)", re.DOTALL)


class Console:
    """A machine's console. It is used as `drivers.process.Terminal` is: watch `fileno()`, call `drain`.

    `writer` is the end to hand to the machine; `close_writer` lets go of it, so that the end of the output is seen.
    """

    def __init__(self, *, tail: int = 65536) -> None:
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._reader, False)
        with contextlib.suppress(OSError):  # the user has many pipes already: a smaller one does
            fcntl.fcntl(self._reader, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self.capture = Capture(tail=tail)
        self.is_at_end = False

    def fileno(self) -> int:
        return self._reader

    def drain(self) -> None:
        """Read what is there, without waiting. Sets `is_at_end` when nobody can write any more."""
        # At most what the pipe holds, so that a kernel that never stops printing cannot hold us.
        for _ in range(_PIPE_BYTES // _READ_BYTES):
            if self.is_at_end:
                return
            try:
                data = os.read(self._reader, _READ_BYTES)
            except BlockingIOError:
                return
            if data:
                self.capture.add(data)
            else:
                self.is_at_end = True

    def close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def close(self) -> None:
        """Read the rest and close it. May be called again."""
        self.close_writer()
        if self._reader < 0:
            return
        self.drain()
        os.close(self._reader)
        self._reader = -1
        self.is_at_end = True


def find_panic(text: str, *, is_certain: bool = False) -> str | None:
    """What the first panic in a console's text printed, without the word `panic:`; None when there was none.

    Where it is certain that there was one, it may have come in the middle of a line that others had begun.
    """
    found = _PANIC.search(text) or (_PANIC_WITHIN.search(text) if is_certain else None)
    return found[1].strip() if found else None
