"""lldb as a driver."""

from __future__ import annotations

import contextlib
from threading import Lock

from drivers.base import DriverError, Launch, Limits, Session, StopPlan
from drivers.binary.programs import check_binary
from drivers.lldb.bindings import DEFAULT_LLDB, find_bindings
from drivers.lldb.session import LldbSession
from drivers.session.machines import check_kernel


class LldbDriver:
    """Implements `drivers.base.Driver`. `lldb` is the command whose Python module is taken, by name or path."""

    name = "lldb"

    def __init__(self, lldb: str = DEFAULT_LLDB) -> None:
        self.lldb = lldb
        self._waiting: LldbSession | None = None
        self._lock = Lock()

    def version(self) -> str:
        return find_bindings(self.lldb).version

    def prepare(self) -> None:
        """Start a worker for the next launch, unless one is waiting: it comes up while the caller builds and plans."""
        with self._lock:
            if self._waiting is None:
                with contextlib.suppress(DriverError):  # the launch will say what is wrong
                    self._waiting = LldbSession(find_bindings(self.lldb))

    def close(self) -> None:
        """Kill the worker that waits, if one does. May be called again."""
        waiting = self._take_waiting()
        if waiting is not None:
            waiting.close()

    def launch(self, launch: Launch, plan: StopPlan, limits: Limits) -> Session:
        (check_binary if launch.machine is None else check_kernel)(launch.binary)
        session = self._take_waiting() or LldbSession(find_bindings(self.lldb))
        try:
            # lldb starts while the debug information is read.
            from drivers.binary.lines import LineTable
            from drivers.probes import plan_probes

            table = LineTable.read(launch.binary)
            session.begin(launch, limits, plan_probes(table, plan), table)
        except BaseException:
            session.close()
            raise
        return session

    def _take_waiting(self) -> LldbSession | None:
        with self._lock:
            waiting, self._waiting = self._waiting, None
        return waiting
