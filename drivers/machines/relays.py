"""What stands between a debugger and a machine's socket: started, and whether it broke."""

from __future__ import annotations

import contextlib
import socket
import sys
from enum import Enum
from pathlib import Path

from drivers.process import Child

# Isolated, without site packages: a relay starts in a third of the time.
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from drivers.machines.{} import main; main()"
_ROOT = Path(__file__).parents[2]


class Dialect(Enum):
    """What a stub understands of gdb's remote protocol."""

    SYS161 = "sys161"
    QEMU = "qemu"


class RelayProcess:
    """A relay for `debugger`, which connects to `endpoint`. Dies with us, or with either of its two sides.

    `path` is the machine's socket, relative to `directory`; it need not be there before the debugger connects.
    """

    def __init__(
        self,
        debugger: str,
        dialect: Dialect,
        endpoint: str,
        path: str,
        directory: Path,
        *,
        first_cpu: int,
        cpus: int,
    ) -> None:
        self._debugger = debugger
        self._log = directory / "relay.log"
        Path(endpoint).unlink(missing_ok=True)  # of a run before, to which nobody listens
        module, words = ("relay", []) if debugger == "gdb" else ("lldb_relay", [dialect.value])
        with socket.socket(socket.AF_UNIX) as listening, self._log.open("wb") as log:
            listening.bind(endpoint)
            listening.listen(1)
            number = listening.fileno()
            program = [sys.executable, "-I", "-S", "-c", _PROGRAM.format(module), str(_ROOT)]
            self._child = Child(
                [*program, str(number), path, str(first_cpu), str(cpus), *words],
                directory=directory,
                stderr=log,
                pass_fds=[number],
            )
        self.pid = self._child.pid

    def find_break(self, machine: str, deadline_s: float) -> str | None:
        """How it broke; waits so many seconds for that at most. What the machine did after that, nobody saw."""
        if self._child.wait(deadline_s) in (None, 0):
            return None
        lines: list[str] = []
        with contextlib.suppress(OSError):
            lines = [line for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        words = lines[-1].strip().removeprefix("relay: ") if lines else ""
        message = f"the relay between {self._debugger} and {machine} {self._child.fate()}"
        return f"{message}: {words}" if words else message

    def close(self) -> None:
        """Kill it. May be called again."""
        self._child.close()
