"""What all ways of driving a debugger have in common: a run that ends once, and everything of it freed then."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TypeVar

from drivers.machines.console import Console
from drivers.process import Terminal
from drivers.state import End, EndKind, Frame

# Signals that tell of a mistake in the program: where they happen is worth knowing.
FATAL_SIGNALS = ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGBUS", "SIGSYS")

_Self = TypeVar("_Self", bound="Run")


class Run:
    """The part of `drivers.base.Session` that is about how a run ends.

    Whoever inherits it puts what must be freed into `_resources`, keeps `_frames` at the last step's, and calls
    `_conclude` or `_cut` once the run is over.
    """

    _resources: ExitStack
    _terminal: Terminal

    def __init__(self) -> None:
        self._end: End | None = None
        self._frames: tuple[Frame, ...] = ()
        self._is_released = False
        self._console: Console | None = None  # a machine's
        self.notes: tuple[str, ...] = ()  # as well

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        if self._end is None:
            self._conclude(EndKind.INTERRUPTED if kind is KeyboardInterrupt else EndKind.DECIDED)
        self.close()

    def close(self) -> None:
        """Kill the debugger and the program, and free everything. May be called again."""
        self._resources.close()

    def finish(self) -> None:
        """Kill the program now; the end is FINISHED."""
        self._conclude(EndKind.FINISHED)

    def stop(self) -> None:
        """Kill the program now; the end is DECIDED."""
        self._conclude(EndKind.DECIDED)

    def release(self) -> None:
        """Record no further steps, but let the program run on by itself."""
        self._is_released = True

    @property
    def end(self) -> End:
        """How the run ended. Raises RuntimeError while it has not."""
        if self._end is None:
            raise RuntimeError("the run is not over: iterate to the end, or stop it")
        return self._end

    @property
    def _output(self) -> Terminal | Console:
        """Where what runs prints to."""
        return self._console or self._terminal

    def _cut(self, kind: EndKind, message: str) -> None:
        self._conclude(kind, message=message, frames=self._frames)

    def _conclude(
        self,
        kind: EndKind,
        *,
        code: int | None = None,
        signal: str | None = None,
        message: str = "",
        frames: tuple[Frame, ...] = (),
    ) -> None:
        if self._end is None:
            self.close()
            self._end = End(kind, code, signal, message, frames, self._output.capture.text)
