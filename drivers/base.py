"""The contract between a driver and whoever runs it: the stop plan, the limits, the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from drivers.state import End, Sample, Step

if TYPE_CHECKING:  # a machine raises DriverError
    from drivers.machines.base import Machine


class DriverError(Exception):
    """The debugger cannot do what was asked. The message says what, why, and what to do next."""


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines `first` … `last` of the file `path` (absolute), both included."""

    path: str
    first: int
    last: int

    def __contains__(self, place: tuple[str, int]) -> bool:
        return place[0] == self.path and self.first <= place[1] <= self.last


@dataclass(frozen=True, slots=True)
class StopPlan:
    """Where to stop and what to read there.

    `ranges`: stop at every line of these. `samples`: what to read; each maps to the ranges it is read in, or to
    None for everywhere. A sample is ABSENT wherever it is not in scope or not to be read.
    """

    ranges: tuple[LineRange, ...]
    samples: Mapping[Sample, tuple[LineRange, ...] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run. `stdin` None means /dev/null. The program's output goes to a pty of its own.

    With a `machine`, `binary` is a kernel, `arguments` are joined by a blank to its boot string, and `directory` is
    the machine's own.
    """

    binary: Path
    arguments: tuple[str, ...] = ()
    directory: Path | None = None
    stdin: Path | None = None
    machine: Machine | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What cuts a run. Times in seconds.

    `step_s` bounds the time from one step to the next, `silence_s` that in which neither a step nor output came.
    """

    total_s: float = 60.0
    step_s: float | None = None
    steps: int = 1_000_000
    silence_s: float | None = None


class Session(Protocol):
    """One run under a debugger. Iterating drives it; when the iteration is over, `end` says how it ended.

    A context manager: leaving it kills everything that was started. `notes` is what its machine has to say of how it
    was set up.
    """

    notes: tuple[str, ...]

    def __enter__(self) -> Session: ...

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Step]: ...

    def finish(self) -> None:
        """Kill the program now; the end is FINISHED. No more steps are yielded."""

    def stop(self) -> None:
        """Kill the program now; the end is DECIDED. No more steps are yielded."""

    def release(self) -> None:
        """Record no further steps, but let the program run on by itself: the end is how it really ended."""

    @property
    def end(self) -> End: ...


class Driver(Protocol):
    """A debugger that can run a binary by a plan."""

    name: str

    def version(self) -> str:
        """The debugger's own version line. Raises DriverError when it is not there or unusable."""

    def prepare(self) -> None:
        """Do what can be done before there is a binary. Optional: it saves time, and raises nothing."""

    def close(self) -> None:
        """Undo what was prepared and not used."""

    def launch(self, launch: Launch, plan: StopPlan, limits: Limits) -> Session:
        """Raises DriverError for what cannot be run at all: no such file, not a program, no debug information."""
