"""What the command line asks of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from drivers.base import Limits


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `dexter test` that a single test's run depends on."""

    builder: str = "gcc"
    debugger: str = "gdb"
    gdb: str = "gdb"
    gdb_agent: bool | None = None
    cflags: tuple[str, ...] = ()
    ldflags: tuple[str, ...] = ()
    binary: Path | None = None
    run_arguments: tuple[str, ...] | None = None
    stdin: Path | None = None
    source_root: Path | None = None
    results_directory: Path | None = None
    save_temps: bool = False
    strict: bool = False
    limits: Limits = field(default_factory=Limits)
