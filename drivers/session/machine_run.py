"""The limits of a run, and how a kernel's run ends: the same whatever drives the debugger."""

from __future__ import annotations

import time

from drivers.base import Limits
from drivers.machines.base import RunningMachine
from drivers.machines.console import find_panic
from drivers.session.run import Run
from drivers.state import EndKind, Frame

# From the end of the connection to the machine's.
_END_S = 10.0


class MachineRun(Run):
    """A run of a program or, with a `_machine`, of a kernel.

    Whoever inherits it keeps the times of the start, of the last step and of the last output (time.monotonic), and
    the stack where the kernel panicked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._limits = Limits()
        self._machine: RunningMachine | None = None
        self._panic: tuple[Frame, ...] = ()
        self._started = self._last_step = self._last_output = time.monotonic()

    def _begin_clock(self) -> None:
        self._started = self._last_step = self._last_output = time.monotonic()

    def _deadline(self) -> float:
        limits = self._limits
        deadline = self._started + limits.total_s
        if limits.step_s is not None and not self._is_released:
            deadline = min(deadline, self._last_step + limits.step_s)
        if limits.silence_s is not None:
            deadline = min(deadline, self._last_sign() + limits.silence_s)
        return deadline

    def _last_sign(self) -> float:
        return max(self._last_step, self._last_output)

    def _conclude_late(self) -> None:
        """The deadline has passed."""
        now, limits = time.monotonic(), self._limits
        if self._panic:  # and hangs
            self._conclude_panic()
        elif now >= self._started + limits.total_s:
            self._cut(EndKind.TIME_LIMIT, f"the program ran for longer than {limits.total_s:g} s")
        elif limits.silence_s is not None and now >= self._last_sign() + limits.silence_s:
            self._cut(EndKind.TIME_LIMIT, f"neither a step nor output came for {limits.silence_s:g} s")
        else:
            self._cut(EndKind.TIME_LIMIT, f"no step came for {limits.step_s:g} s")

    def _conclude_machine(self, message: str) -> None:
        """The connection is gone: how the machine ended says why. `message` is for when it did not."""
        ended = self._machine.ended(_END_S) if self._machine is not None else None
        if ended is None:
            self._cut(EndKind.LOST, message)
        elif ended.kind is EndKind.LOST:
            self._cut(EndKind.LOST, ended.message)
        elif self._panic or ended.kind is EndKind.PANIC:
            self._conclude_panic(ended.message)
        else:
            self._conclude(ended.kind, code=ended.code, message=ended.message)

    def _conclude_trapped(self, stack: tuple[Frame, ...]) -> None:
        """The machine waits for the debugger: sys161 does so at a panic, and where the kernel asks for it."""
        panic = next((i for i, frame in enumerate(stack) if frame.function == "panic"), None)
        if panic is not None:
            self._panic = self._panic or stack[panic:]
        if self._panic:
            self._conclude_panic()
            return
        where = stack[0] if stack else None
        place = f" in {where.function} ({where.path}:{where.line})" if where is not None and where.path else ""
        self._conclude(EndKind.LOST, message=f"the machine stopped for its debugger{place}", frames=stack)

    def _conclude_panic(self, message: str = "") -> None:
        # The machine is stopped or gone, but the end of what it printed may still be in the pipe.
        self._output.drain()
        message = message or find_panic(self._output.capture.text, is_certain=True) or ""
        self._conclude(EndKind.PANIC, message=message, frames=self._panic or self._frames)
