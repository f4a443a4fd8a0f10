"""One run of a program under gdb with the agent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import drivers
from drivers.base import DriverError, Launch, Limits
from drivers.gdb.program import startup_commands
from drivers.gdb.remote import connect_command, explain_refusal, kernel_commands
from drivers.gdb.settings import EARLY_OPTIONS
from drivers.inside import boot
from drivers.session.incarnations import FIRST_FUNCTION
from drivers.session.machines import started
from drivers.session.run import FATAL_SIGNALS
from drivers.session.watched_run import WatchedRun

if TYPE_CHECKING:  # pyelftools is loaded while gdb starts
    from drivers.binary.lines import LineTable
    from drivers.probes import ProbePlan

# The program's own signals are its own business: gdb neither stops for them nor keeps them.
_AFTER_START = [
    "handle all nostop noprint pass",
    "handle SIGINT nostop noprint pass",
    *(f"handle {name} stop print pass" for name in FATAL_SIGNALS),
    # The probes' addresses belong to another program from then on: the agent takes them away.
    "catch exec",
]


class NoPython(DriverError):
    """This gdb was built without Python: there can be no agent in it."""


class AgentSession(WatchedRun):
    """Implements `drivers.base.Session`. `gdb` is its name or path."""

    def __init__(self, gdb: str) -> None:
        self._gdb = gdb
        try:
            super().__init__("gdb", self._command, _environment(), gdb)
        except FileNotFoundError as error:
            raise DriverError(
                f"there is no {gdb} here: install gdb (apt install gdb), or name another; see 'dexter doctor'"
            ) from error
        except PermissionError as error:
            raise DriverError(f"{gdb} is not an executable program") from error

    def _command(self, records: int, control: int, config: int) -> list[str]:
        root = ascii(str(Path(drivers.__file__).parent))
        start = f"boot({root}); from drivers.gdb.agent import start; start({records}, {control}, {config})"
        command = [self._gdb, "-nx", "-nh", "-q", "-batch", *EARLY_OPTIONS]
        return [*command, "-x", boot.__file__, "-ex", f"python {start}"]

    def begin(self, launch: Launch, limits: Limits, plan: ProbePlan, table: LineTable) -> None:
        """Start the program. Raises NoPython, and DriverError when it cannot be started."""
        from drivers.binary.frames import find_bases, read_frames  # pyelftools, once more
        from drivers.binary.processors import cannot_ask

        bases = {}
        if launch.machine is None:
            own: dict[str, object] = {
                "before": startup_commands(launch, self._terminal.name),
                "after": _AFTER_START,
                "share_processor": cannot_ask(launch.binary),
            }
        else:
            machine = self._machine = self._resources.enter_context(started(launch))
            self._watch(machine.console)
            self.notes = machine.notes
            frames = read_frames(table)
            bases = find_bases(frames, [probe.address for probe in plan.probes])
            own = {
                "before": kernel_commands(launch.binary),
                "remote": {
                    "command": connect_command(machine.endpoint),
                    "first_cpu": machine.first_cpu,
                    "cpus": machine.cpus,
                    "pid": machine.pid,
                    "first_function": FIRST_FUNCTION,
                    "frames": [(entry.start, entry.end, entry.rows) for entry in frames],
                },
            }
        config = {
            **own,
            "entry": table.entry,
            "functions": plan.functions,
            "probes": [[p.address, p.role, p.path, p.line, p.samples, bases.get(p.address)] for p in plan.probes],
            "samples": [
                [sample.expression, sample.depth, pieces]
                for sample, pieces in zip(plan.samples, plan.hidden, strict=True)
            ],
        }
        self._begin(launch, limits, plan, config)

    def _explain(self, message: str) -> str:
        return explain_refusal(self._gdb, message)

    def _explain_absence(self, said: str) -> None:
        if "not supported in this copy of GDB" in said:
            raise NoPython("this gdb has no Python")


def _environment() -> dict[str, str]:
    # English messages; no questions to servers for symbols; a shell that is quick and known.
    changed = {**os.environ, "LC_ALL": "C", "SHELL": "/bin/sh"}
    changed.pop("DEBUGINFOD_URLS", None)
    return changed
