"""The agent's part for a kernel in a machine: the connection, its processors, and what is special about MIPS.

Runs inside gdb: the standard library only.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drivers.inside.walking import Memory, Walker

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
        self.count = settings["cpus"]
        self._threads: tuple[Any, ...] = ()

    def connect(self) -> int:
        """Returns what gdb adds to the addresses of the file: on MIPS it extends them by their sign."""
        gdb.execute(self._settings["command"], to_string=True)
        if self._settings["pid"] is not None:
            share_processor(self._settings["pid"])
        # The kernel has not begun: this is its entry or the firmware's, and either has the sign.
        return int(gdb.newest_frame().pc()) & ~_WORD

    def walk(self, stacks: Any, sampler: Any) -> None:
        """Have the stack read by blocks, and unwound by the call frame table where gdb has done the same before."""
        memory = Memory(gdb.selected_inferior().read_memory)
        self.forget = memory.forget
        sampler.use(memory.piece)
        stacks.walker = Walker(self._settings["frames"], memory, read_register)

    def is_connected(self) -> bool:
        return bool(gdb.selected_inferior().threads())

    def others_at(self, address: int) -> Iterator[None]:
        """Select each other processor that is at the address as well, one after the other.

        To go on from a breakpoint gdb takes it away for the time of one instruction, in which all processors go on:
        another one that stands at it would pass unseen.
        """
        if len(self._threads) < self.count:  # the kernel starts them one by one
            self._threads = gdb.selected_inferior().threads()
        selected = gdb.selected_thread()
        for thread in self._threads:
            if thread.num != selected.num:
                thread.switch()
                if (int(gdb.parse_and_eval("$pc")) ^ address) & _WORD == 0:
                    yield
        selected.switch()

    def watch(self, place: str, note: Callable[[], None]) -> None:
        """Call `note` wherever the kernel is at the place (a function, or `*` and the function for its entry)."""

        count, others_at = self.count, self.others_at

        class Watch(gdb.Breakpoint):  # type: ignore[misc]  # its class is known inside gdb only
            def stop(self) -> bool:
                note()
                if count > 1:
                    for _ in others_at(int(gdb.parse_and_eval("$pc"))):
                        note()
                return False

        with contextlib.suppress(gdb.error):  # it has none
            Watch(place, internal=True)


def read_register(number: int) -> int:
    return int(gdb.parse_and_eval(f"$r{number}")) & _WORD


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
