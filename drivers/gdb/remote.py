"""A kernel in a machine, as gdb sees it: which gdb can do it, how it is set up, and what it connects to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.base import DriverError, Launch
from drivers.gdb.settings import SETTINGS
from drivers.machines.base import RunningMachine
from drivers.machines.kernels import read_kernel

#: The gdb that is taken where none is named: the first of these that there is.
KERNEL_GDBS = ("gdb-multiarch", "mips-harvard-os161-gdb", "os161-gdb", "gdb")
DEFAULT_GDB = "gdb"
HINT = "install one (apt install gdb-multiarch), or name one with --gdb"

_SETTINGS = (
    "architecture mips",
    "endian big",
    # The kernel's text is in its file: half of what is asked of a stub is saved.
    "trust-readonly-sections on",
    # The stubs have no watchpoints, and gdb would count on them.
    "can-use-hw-watchpoints 0",
    # Seconds. A stub on a busy machine may take longer than the 2 of gdb.
    "remotetimeout 30",
    "tcp connect-timeout 30",
)


def kernel_gdb(gdb: str) -> str:
    """The gdb for kernels: `gdb` itself if it is not just the default. Raises DriverError when there is none."""
    if gdb != DEFAULT_GDB:
        return gdb
    found = next((name for name in KERNEL_GDBS if shutil.which(name)), None)
    if found is None:
        raise DriverError(f"there is no gdb for MIPS here: {HINT}")
    return found


def check_kernel(path: Path) -> None:
    """Raises DriverError, in plain words, for what is no big-endian MIPS kernel."""
    found = read_kernel(path)
    if isinstance(found, str):
        raise DriverError(f"{path} {found}")


def kernel_commands(kernel: Path) -> list[str]:
    """gdb's commands between its start and the connection. Raises DriverError for a path that gdb cannot be told."""
    binary = str(kernel.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    if binary.encode("utf-8", "replace").decode() != binary:
        raise DriverError(f"gdb takes UTF-8 only, which this is not: {binary!a}: rename it, or copy it elsewhere")
    # gdb 13 does not extend the addresses of .debug_aranges by their sign, as MIPS wants: an address in a unit whose
    # symbols are not read yet has no line then, and `step` walks over the call. So all are read at once.
    return [*(f"set {setting}" for setting in (*SETTINGS, *_SETTINGS)), f'file -readnow "{binary}"']


def connect_command(endpoint: str) -> str:
    return f"target remote {endpoint}"


def explain_refusal(gdb: str, message: str) -> str:
    """What gdb's error on one of the commands means."""
    if "Undefined item" in message and "mips" in message:
        return f"{gdb} does not know MIPS: {HINT}"
    return message


@contextmanager
def started(launch: Launch) -> Iterator[RunningMachine]:
    """The launch's machine with the kernel in it, stopped before the first instruction; killed at the end.

    Where the launch names no directory, it runs in a temporary one. Raises DriverError.
    """
    if launch.machine is None:
        raise ValueError("this launch has no machine")
    with tempfile.TemporaryDirectory(prefix="dx-", ignore_cleanup_errors=True) as temporary:
        directory = launch.directory.absolute() if launch.directory is not None else Path(temporary)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise DriverError(f"{directory}: there is no such directory to run the machine in, or it cannot be written")
        machine = launch.machine.start(launch.binary, " ".join(launch.arguments), directory)
        try:
            yield machine
        finally:
            machine.close()
