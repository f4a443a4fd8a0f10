"""A kernel in a machine, as gdb sees it: which gdb can do it, how it is set up, and what it connects to."""

from __future__ import annotations

import shutil
from pathlib import Path

from drivers.base import DriverError
from drivers.gdb.settings import SETTINGS

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
