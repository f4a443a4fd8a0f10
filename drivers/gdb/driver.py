"""gdb as a driver: by the agent in gdb's own Python, or by a plain session where gdb has none."""

from __future__ import annotations

import contextlib
from threading import Lock

from drivers.base import DriverError, Launch, Limits, Session, StopPlan
from drivers.binary.programs import check_binary
from drivers.gdb.remote import kernel_gdb
from drivers.gdb.session import AgentSession, NoPython
from drivers.process import run
from drivers.session.machines import check_kernel

_VERSION_S = 30.0


class GdbDriver:
    """Implements `drivers.base.Driver`.

    `gdb` is the program's name or path. `use_agent`: True insists on the agent, False on the plain session;
    None takes the agent where gdb has Python.
    """

    name = "gdb"

    def __init__(self, gdb: str = "gdb", use_agent: bool | None = None) -> None:
        self.gdb = gdb
        self.use_agent = use_agent
        self._version: str | None = None
        self._waiting: AgentSession | None = None
        self._lock = Lock()

    def version(self) -> str:
        if self._version is None:
            try:
                completed = run([self.gdb, "-nx", "--version"], deadline_s=_VERSION_S)
            except (FileNotFoundError, PermissionError) as error:
                raise DriverError(
                    f"there is no usable {self.gdb} here: install gdb (apt install gdb); see 'dexter doctor'"
                ) from error
            if completed.status != 0 or not completed.output.strip():
                raise DriverError(f"{self.gdb} --version fails: {completed.output.strip()[-500:]}")
            self._version = completed.output.splitlines()[0]
        return self._version

    def prepare(self) -> None:
        """Start a gdb for the next launch, unless one is waiting: it comes up while the caller builds and plans."""
        if self.use_agent is False:
            return
        with self._lock:
            if self._waiting is None:
                with contextlib.suppress(DriverError):  # the launch will say what is wrong
                    self._waiting = AgentSession(self.gdb)

    def close(self) -> None:
        """Kill the gdb that waits, if one does. May be called again."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.close()

    def launch(self, launch: Launch, plan: StopPlan, limits: Limits) -> Session:
        if launch.machine is None:
            check_binary(launch.binary)
            gdb = self.gdb
        else:
            check_kernel(launch.binary)
            gdb = kernel_gdb(self.gdb)
        if self.use_agent is not False:
            try:
                return self._launch_agent(gdb, launch, plan, limits)
            except NoPython as error:
                if self.use_agent:
                    raise DriverError(f"{gdb} has no Python, which the agent needs") from error
        from drivers.gdb.plain import PlainSession

        return PlainSession(gdb, launch, plan, limits)

    def _launch_agent(self, gdb: str, launch: Launch, plan: StopPlan, limits: Limits) -> Session:
        session = self._take_waiting(gdb) or AgentSession(gdb)
        try:
            # gdb starts while the debug information is read.
            from drivers.binary.lines import LineTable
            from drivers.probes import plan_probes

            table = LineTable.read(launch.binary)
            session.begin(launch, limits, plan_probes(table, plan), table)
        except BaseException:
            session.close()
            raise
        return session

    def _take_waiting(self, gdb: str) -> AgentSession | None:
        """The gdb that was prepared, if it is the one that is wanted: a kernel may want another."""
        with self._lock:
            if gdb != self.gdb:
                return None
            waiting, self._waiting = self._waiting, None
            return waiting
