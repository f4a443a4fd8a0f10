"""One run of a program or a kernel under lldb, in a worker process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import drivers
from drivers.base import DriverError, Launch, Limits
from drivers.binary.programs import why_not_started
from drivers.inside import boot
from drivers.lldb.bindings import Bindings
from drivers.session.incarnations import FIRST_FUNCTION
from drivers.session.machines import started
from drivers.session.run import FATAL_SIGNALS
from drivers.session.watched_run import WatchedRun

if TYPE_CHECKING:  # pyelftools is loaded while lldb starts
    from drivers.binary.lines import LineTable
    from drivers.probes import ProbePlan

_FORBIDDEN = (
    "tracing programs may be forbidden here: start the container with --cap-add=SYS_PTRACE, "
    "or set kernel.yama.ptrace_scope to 1"
)


class LldbSession(WatchedRun):
    """Implements `drivers.base.Session`."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        # The program gets our environment, and the worker what Python must not take from it.
        super().__init__("lldb", self._command, dict(os.environ), "lldb")

    def _command(self, records: int, control: int, config: int) -> list[str]:
        root = ascii(str(Path(drivers.__file__).parent))
        loading = f"{self._bindings.package!a}, {self._bindings.library!a}, {self._bindings.server!a}"
        start = (
            f"import runpy; runpy.run_path({boot.__file__!a})['boot']({root}); "
            f"from drivers.lldb.worker import start; start({records}, {control}, {config}, {loading})"
        )
        return [self._bindings.python, "-I", "-c", start]

    def _explain(self, message: str) -> str:
        # lldb-server tells a number, which is nobody's.
        if "packet returned an error" in message or "failed to launch" in message:
            return f"{why_not_started(self._binary) or _FORBIDDEN} (lldb: {message})"
        return message

    def begin(self, launch: Launch, limits: Limits, plan: ProbePlan, table: LineTable) -> None:
        """Start the program, or the kernel's machine. Raises DriverError when it cannot be started."""
        self._binary = launch.binary
        outside = _outside_memory(plan, table)
        own = self._of_program(launch) if launch.machine is None else self._of_kernel(launch, table)
        config: dict[str, object] = {
            **own,
            "outside": outside,
            "binary": _told(str(launch.binary.absolute())),
            "functions": plan.functions,
            "probes": [[p.address, p.role, p.path, p.line, p.samples] for p in plan.probes],
            "samples": [
                [sample.expression, sample.depth, pieces]
                for sample, pieces in zip(plan.samples, plan.hidden, strict=True)
            ],
        }
        self._begin(launch, limits, plan, config)

    def _of_program(self, launch: Launch) -> dict[str, object]:
        from drivers.binary.processors import cannot_ask

        directory = (launch.directory or Path.cwd()).absolute()
        if not directory.is_dir():
            raise DriverError(f"{directory}: there is no such directory to run the program in")
        if launch.stdin is not None and not os.access(launch.stdin, os.R_OK):
            raise DriverError(f"{launch.stdin}: the program's input cannot be read")
        return {
            "arguments": [_told(argument) for argument in launch.arguments],
            "directory": _told(str(directory)),
            "stdin": _told(str(launch.stdin.absolute())) if launch.stdin is not None else None,
            "terminal": self._terminal.name,
            "fatal_signals": FATAL_SIGNALS,
            "share_processor": cannot_ask(launch.binary),
        }

    def _of_kernel(self, launch: Launch, table: LineTable) -> dict[str, object]:
        from drivers.binary.frames import read_frames  # pyelftools, once more

        machine = self._machine = self._resources.enter_context(started(launch, "lldb"))
        self._watch(machine.console)
        self.notes = machine.notes
        remote = {
            "endpoint": machine.endpoint,
            "first_cpu": machine.first_cpu,
            "pid": machine.pid,
            "first_function": FIRST_FUNCTION,
            "frames": [(entry.start, entry.end, entry.rows) for entry in read_frames(table)],
        }
        return {"remote": remote}


def _outside_memory(plan: ProbePlan, table: LineTable) -> dict[str, int | None]:
    from drivers.binary.globals import globals_outside_memory  # pyelftools, once more
    from drivers.probes import leading_names

    return globals_outside_memory(table, {name for sample in plan.samples for name in leading_names(sample.expression)})


def _told(text: str) -> str:
    """Raises DriverError for what lldb cannot be told."""
    if text.encode("utf-8", "replace").decode() != text:
        raise DriverError(f"lldb takes UTF-8 only, which this is not: {text!a}: rename or copy it")
    return text
