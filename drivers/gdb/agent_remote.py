"""The agent's part for a kernel in a machine: the connection, its processors, and what is special about MIPS.

Runs inside gdb, loaded by the agent from its path: the standard library only.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import gdb
except ImportError:  # outside gdb
    gdb = None

_WORD = 0xFFFFFFFF


class Remote:
    """What the host says about the machine (`settings`), and what the connection tells."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self.cpus = Cpus(settings["first_cpu"])

    def connect(self) -> int:
        """Returns what gdb adds to the addresses of the file: on MIPS it extends them by their sign."""
        gdb.execute(self._settings["command"], to_string=True)
        if self._settings["pid"] is not None:
            share_processor(self._settings["pid"])
        # The kernel has not begun: this is its entry or the firmware's, and either has the sign.
        return int(gdb.newest_frame().pc()) & ~_WORD

    def is_connected(self) -> bool:
        return bool(gdb.selected_inferior().threads())

    def watch(self, place: str, note: Callable[[], None]) -> None:
        """Call `note` wherever the kernel is at the place (a function, or `*` and the function for its entry)."""

        class Watch(gdb.Breakpoint):  # type: ignore[misc]  # its class is known inside gdb only
            def stop(self) -> bool:
                note()
                return False

        with contextlib.suppress(gdb.error):  # it has none
            Watch(place, internal=True)


class Cpus(dict[int, int]):
    """From gdb's number of a thread to that of its processor. A stub's thread is a processor."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self._first = first

    def __missing__(self, number: int) -> int:
        _, identifier, other = gdb.selected_thread().ptid
        self[number] = int(identifier or other) - self._first
        return self[number]


def share_processor(pid: int) -> None:
    """Keep gdb and the machine on one processor. They never run at once, and to wake one on another processor takes
    several times as long as all the rest of a stop. (The kernel's own processors are the emulator's business.)"""
    allowed = os.sched_getaffinity(pid)
    one = {sorted(allowed)[pid % len(allowed)]}
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, one)
        for thread in Path("/proc", str(pid), "task").iterdir():
            os.sched_setaffinity(int(thread.name), one)
