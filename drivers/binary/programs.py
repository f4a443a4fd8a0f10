"""What can be run at all: told in plain words, before a debugger says it in its own."""

from __future__ import annotations

import os
from pathlib import Path

from drivers.base import DriverError


def check_binary(binary: Path) -> None:
    """Raises DriverError, in plain words, for what cannot be run at all."""
    if not binary.exists():
        raise DriverError(f"{binary}: there is no such file")
    if binary.is_dir():
        raise DriverError(f"{binary} is a directory: name the program in it")
    if not os.access(binary, os.R_OK):
        raise DriverError(f"{binary} cannot be read: its permissions forbid it")
    with binary.open("rb") as file:
        magic = file.read(4)
    if magic != b"\x7fELF":
        raise DriverError(f"{binary} is not an ELF program: build it, or name the built file")
    if not os.access(binary, os.X_OK):
        raise DriverError(f"{binary} is not executable: run 'chmod +x' on it")
