"""What hosts a kernel: the one interface of the emulators, and how a kernel's run ended as its machine tells it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from drivers.machines.console import Console
from drivers.state import EndKind

Debugger = Literal["gdb", "lldb"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a machine's run ended: POWEROFF, PANIC, EXIT (`code`), or LOST (killed, or broken: `message` says how).

    `message` of a PANIC is what the kernel printed, without the word `panic:`.
    """

    kind: EndKind
    code: int | None = None
    message: str = ""


class RunningMachine(Protocol):
    """A machine that waits, before the kernel's first instruction, for a debugger to connect.

    Attributes:
        endpoint: what the debugger connects to: the path of a unix socket, absolute. gdb's `target remote` takes it as
            it is, lldb with `unix-connect://` before it.
        pid: the emulator's process id; None when it is gone.
        first_cpu: the stub's thread id of CPU 0; the others follow.
        cpus: how many processors there are.
        console: what the kernel prints. Whoever waits for the debugger watches and drains it as well.
        notes: what the user ought to know of how it was set up (a seed that replaces `autoseed`, …).
    """

    endpoint: str
    pid: int | None
    first_cpu: int
    cpus: int
    console: Console
    notes: tuple[str, ...]

    def ended(self, deadline_s: float) -> Ended | None:
        """How it ended; waits so many seconds for that at most. None while it runs."""

    def close(self) -> None:
        """Kill the machine and free what it had. May be called again."""


class Machine(Protocol):
    """A kind of machine and how it is set up: processors, memory, seed."""

    name: str

    def version(self) -> str:
        """The emulator's own version line. Raises DriverError when it is not there or unusable."""

    def refusal(self, kernel: Path) -> str | None:
        """Why this machine cannot run that kernel; None if it can, as far as the file tells."""

    def start(self, kernel: Path, arguments: str, directory: Path, *, debugger: Debugger = "gdb") -> RunningMachine:
        """Start it in `directory` (its own, existing), stopped before the first instruction.

        `arguments` is the boot string; `debugger` is which one will connect to it. Raises
        DriverError when it cannot be started.
        """
