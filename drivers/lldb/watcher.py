"""One run of one program under lldb, from before its first instruction to its end. Runs in the worker."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import lldb

from drivers.inside.flow import thin_out
from drivers.inside.records import Records, name_signal
from drivers.inside.steps import BODY, ENTRY, STEP, StepFilter
from drivers.inside.tokens import UNREADABLE
from drivers.lldb.stacks import Activation, Stacks
from drivers.lldb.target import Failure, died_of, launch, load_bias, make_debugger, make_target, set_up_signals
from drivers.lldb.values import Sampler

_BREAKPOINT, _SIGNAL, _EXCEPTION, _EXEC = (
    lldb.eStopReasonBreakpoint,
    lldb.eStopReasonSignal,
    lldb.eStopReasonException,
    lldb.eStopReasonExec,
)


class Probe:
    """A breakpoint at an address (of the running program), and what it is."""

    __slots__ = ("index", "is_entry", "is_step", "path_line", "samples")

    def __init__(self, index: int, role: int, place: tuple[str, int], samples: tuple[int, ...]) -> None:
        self.index, self.path_line, self.samples = index, place, samples
        self.is_entry = bool(role & (ENTRY | BODY))
        self.is_step = bool(role & STEP)


class Watcher:
    """Runs the program of the config (`drivers/lldb/session.py` makes it) and writes the records."""

    def __init__(self, records: Records, control: mmap.mmap, config: dict[str, Any]) -> None:
        self._records, self._control, self._config = records, control, config
        self._filter = StepFilter()
        self._debugger = make_debugger()
        self._target = make_target(self._debugger, config["binary"])
        self._probes: dict[int, Probe] = {}
        self._is_over = False  # the end is told

    def run(self) -> None:
        bias = self._start()
        config = self._config
        rows = [[row[0] + bias, *row[1:]] for row in config["probes"]]
        roles = self._thin_out(rows, bias)
        self._stacks = self._make_stacks([row[0] - bias for row in rows if row[1] & ENTRY])
        self._sampler = self._make_sampler(bias)
        for index, row in enumerate(rows):
            if row[0] in roles:
                self._probes[row[0]] = Probe(index, roles[row[0]], (row[2], row[3]), tuple(row[4]))
                self._insert(row[0])
        self._records.add("pid", self._process.GetProcessID())
        self._records.flush()
        while self._process.GetState() == lldb.eStateStopped and not self._is_over:
            self._go_on()
            self._look()
        if not self._is_over:
            self._tell_end()

    def _start(self) -> int:
        """Have the program there, before its first instruction. Returns the load bias."""
        config = self._config
        self._process = launch(self._target, config)
        if config["share_processor"]:
            share_processor(self._process.GetProcessID())
        set_up_signals(self._process, config["fatal_signals"])
        return load_bias(self._target)

    def _make_stacks(self, watched: list[int]) -> Any:
        """`watched`: the entries of the functions that have probes, as the file has them."""
        return Stacks(self._records, self._target, watched)

    def _make_sampler(self, bias: int) -> Sampler:
        return Sampler(self._config["samples"], bias, self._records, self._target, self._process)

    def _insert(self, address: int) -> None:
        """Set a breakpoint."""
        self._target.BreakpointCreateByAddress(address)

    def _thin_out(self, rows: list[Any], bias: int) -> dict[int, int]:
        """The roles of the probes to set, by address."""
        pieces = [
            [self._instructions(low + bias, high + bias) for low, high in function]
            for function in self._config["functions"]
        ]
        return thin_out(rows, pieces, self._is_own)

    def _instructions(self, low: int, high: int) -> list[tuple[int, int, str]]:
        address = self._target.ResolveLoadAddress(low)
        error = lldb.SBError()
        code = self._process.ReadMemory(low, high - low, error)
        if error.Fail():
            raise Failure(f"the program's code cannot be read: {error.GetCString()}")
        found = self._target.GetInstructions(address, code)
        return [
            (
                i.GetAddress().GetLoadAddress(self._target),
                i.GetByteSize(),
                f"{i.GetMnemonic(self._target)} {i.GetOperands(self._target)}",
            )
            for i in (found.GetInstructionAtIndex(n) for n in range(found.GetSize()))
        ]

    def _is_own(self, address: int) -> bool:
        """Whether the code at the address belongs to no function that is inlined there."""
        block = self._target.ResolveLoadAddress(address).GetBlock()
        return bool(block.IsValid()) and not block.GetContainingInlinedBlock().IsValid()

    def _go_on(self) -> None:
        """Run to the next stop.

        Threads that stand at probes leave them one by one where there are several: else it could not be told who of
        them has come to one anew, and who is still at the one that was looked at.
        """
        for _ in range(2):
            standing = [thread for thread in self._threads() if thread.GetFrameAtIndex(0).GetPC() in self._probes]
            if len(standing) < 2:
                break
            for thread in standing:
                thread.StepInstruction(False)
                if self._process.GetState() != lldb.eStateStopped:
                    return
                self._look_at(thread)
        self._process.Continue()

    def _threads(self) -> Iterator[Any]:
        for i in range(self._process.GetNumThreads()):
            yield self._process.GetThreadAtIndex(i)

    def _look(self) -> None:
        if self._process.GetState() == lldb.eStateStopped:
            for thread in self._threads():
                self._look_at(thread)

    def _look_at(self, thread: Any) -> None:
        reason = thread.GetStopReason()
        if reason == _BREAKPOINT:
            frame = thread.GetFrameAtIndex(0)
            pc = frame.GetPC()
            probe = self._probes.get(pc)
            if probe is not None:
                self._take(probe, thread, frame, pc)
        elif reason in (_SIGNAL, _EXCEPTION) and thread.GetStopReasonDataCount():
            name = name_signal(thread.GetStopReasonDataAtIndex(0))
            self._records.add("signal", name, self._stacks.whole(thread))
        elif reason == _EXEC:  # from here on the addresses belong to another program
            self._release()

    def _take(self, probe: Probe, thread: Any, frame: Any, pc: int) -> None:
        activation = self._stacks.activation(frame, pc)
        if probe.is_entry:
            self._filter.enter(activation)
            self._stacks.enter(activation)
            if not probe.is_step:
                return

        def is_return(before: Activation, now: Activation) -> bool:
            return self._stacks.caller(before) == (pc, now)

        number = self._number(thread)
        if not self._filter.accept(number, activation, probe.path_line, is_return) or not probe.is_step:
            return
        if self._control[0]:
            self._release()
            return
        stack = self._stacks.number(thread, frame, activation, probe.path_line, pc)
        entered = int(self._filter.is_entered(activation))
        changes = self._sampler.changes(probe.samples, thread, frame, pc)
        if any(token[1] == UNREADABLE for token in changes) and not self._is_there():
            return  # nothing is known of the values, then
        self._records.add("step", probe.index, number, stack, entered, changes)

    def _is_there(self) -> bool:
        """Whether what is looked at can still be asked."""
        return bool(self._process.GetState() == lldb.eStateStopped)

    def _number(self, thread: Any) -> int:
        """The thread's number, as users know it."""
        return int(thread.GetIndexID())

    def _release(self) -> None:
        """Record nothing from now on."""
        self._target.DeleteAllBreakpoints()
        self._probes.clear()
        self._stacks.forget()

    def _tell_end(self) -> None:
        state = self._process.GetState()
        if state != lldb.eStateExited:
            raise Failure(f"the program is {lldb.SBDebugger.StateAsCString(state)}")
        signal = died_of(self._debugger, self._process)
        if signal is not None:
            self._records.add("killed", name_signal(signal))
        else:
            self._records.add("exit", self._process.GetExitStatus())


def share_processor(pid: int) -> None:
    """Keep the program, its server and lldb on one processor: they never run at once, and to wake one takes long."""
    allowed = os.sched_getaffinity(pid)
    one = {sorted(allowed)[pid % len(allowed)]}
    server = _parent(pid)
    for process in (pid, server, *_tasks(os.getpid())):
        os.sched_setaffinity(process, one)


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        return int(file.read().rpartition(b")")[2].split()[1])


def _tasks(pid: int) -> list[int]:
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208
