"""What can be run at all: told in plain words, before a debugger says it in its own."""

from __future__ import annotations

import os
import sys
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


def why_not_started(binary: Path) -> str:
    """What keeps the system from starting the ELF program, which it told nobody; "" where nothing is known."""
    from elftools.common.exceptions import ELFError  # takes long to load, and this is hardly ever called
    from elftools.elf.elffile import ELFFile

    try:
        with binary.open("rb") as file, Path(sys.executable).open("rb") as ours:
            elf, own = ELFFile(file), ELFFile(ours)
            machine = elf["e_machine"]
            if (machine, elf.elfclass) != (own["e_machine"], own.elfclass):
                return f"it is for another processor ({machine}, {elf.elfclass} bits)"
            # pyelftools gives this kind of segment a class of its own.
            loaders = [part.get_interp_name() for part in elf.iter_segments("PT_INTERP")]  # type: ignore[attr-defined]
    except (OSError, ELFError):
        return ""
    absent = [loader for loader in loaders if not Path(loader).exists()]
    return f"its loader {absent[0]} is not here: link it with the C library of this machine" if absent else ""
