"""What the command line asks of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from drivers.base import Limits

MACHINES = ("sys161", "qemu")
MAX_CPUS = 32
"""As many processors as System/161 has slots for."""
MAX_SEED = 2**32 - 1
RAMSIZE = re.compile(r"[1-9][0-9]{0,6}[KM]")
"""With a unit always: a bare number is bytes to sys161 and megabytes to QEMU."""

PROGRAM_TOTAL_S = 60.0
KERNEL_TOTAL_S = 600.0
"""A stop in a kernel takes several times as long as one in a program, and one boot serves many tests."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `dexter test` that a single test's run depends on.

    `builder` None is `os161` for what lies in a tree whose `dexter.toml` says so, else `gcc`. `column` is what reports
    call this configuration where there are several. `against` are the compiler's flags, instead of `cflags`, of the
    build that losses are told against. Of the options for kernels (`kernel_config` and what follows it; seconds for
    `console_timeout`), None is what the tree says.
    """

    builder: str | None = None
    debugger: str = "gdb"
    column: str = ""
    gdb: str = "gdb"
    gdb_agent: bool | None = None
    lldb: str = "lldb"
    cflags: tuple[str, ...] = ()
    against: tuple[str, ...] | None = None
    ldflags: tuple[str, ...] = ()
    binary: Path | None = None
    run_arguments: tuple[str, ...] | None = None
    stdin: Path | None = None
    source_root: Path | None = None
    results_directory: Path | None = None
    save_temps: bool = False
    strict: bool = False
    cache: bool = False
    limits: Limits = field(default_factory=lambda: Limits(total_s=PROGRAM_TOTAL_S))
    kernel_limits: Limits = field(default_factory=lambda: Limits(total_s=KERNEL_TOTAL_S))
    kernel_config: str | None = None
    kernel: Path | None = None
    machine: str | None = None
    cpus: int | None = None
    seed: int | None = None
    ramsize: str | None = None
    console_timeout: float | None = None

    @property
    def column_folder(self) -> str:
        """The configuration's own folder among the results; empty where there is only one."""
        return self.column.replace("/", "_")
