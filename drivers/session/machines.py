"""A launch's machine: checked, started, and killed at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.base import DriverError, Launch
from drivers.machines.base import Debugger, RunningMachine
from drivers.machines.kernels import read_kernel


def check_kernel(path: Path) -> None:
    """Raises DriverError, in plain words, for what is no big-endian MIPS kernel."""
    found = read_kernel(path)
    if isinstance(found, str):
        raise DriverError(f"{path} {found}")


@contextmanager
def started(launch: Launch, debugger: Debugger = "gdb") -> Iterator[RunningMachine]:
    """The launch's machine with the kernel in it, stopped before the first instruction; killed at the end.

    `debugger` is which one will connect to it. Where the launch names no directory, it runs in a temporary one. Raises
    DriverError.
    """
    if launch.machine is None:
        raise ValueError("this launch has no machine")
    with tempfile.TemporaryDirectory(prefix="dx-", ignore_cleanup_errors=True) as temporary:
        directory = launch.directory.absolute() if launch.directory is not None else Path(temporary)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise DriverError(f"{directory}: there is no such directory to run the machine in, or it cannot be written")
        machine = launch.machine.start(launch.binary, " ".join(launch.arguments), directory, debugger=debugger)
        try:
            yield machine
        finally:
            machine.close()
