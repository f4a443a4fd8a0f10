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
from drivers.lldb.copies import Copies
from drivers.lldb.deaths import Deaths
from drivers.lldb.finding import Finder
from drivers.lldb.stacks import Activation, Stacks
from drivers.lldb.target import Failure, how_it_ended, launch, load_bias, make_debugger, make_target, set_up_signals
from drivers.lldb.values import Sampler

_BREAKPOINT, _SIGNAL, _EXCEPTION, _EXEC = (
    lldb.eStopReasonBreakpoint,
    lldb.eStopReasonSignal,
    lldb.eStopReasonException,
    lldb.eStopReasonExec,
)
_LOST = "lldb-server is gone, and the program is lost with it: something killed one of them"


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
        self._traps: dict[int, tuple[Any, ...]] = {}
        self._stopped: list[Any] = []  # the threads that have a reason for it

    def run(self) -> None:
        bias = self._start()
        rows = [[row[0] + bias, *row[1:]] for row in self._config["probes"]]
        roles = self._thin_out(rows, bias)
        self._stacks = self._make_stacks([row[0] - bias for row in rows if row[1] & ENTRY])
        self._sampler = self._make_sampler(bias)
        for index, row in enumerate(rows):
            if row[0] in roles:
                self._probes[row[0]] = Probe(index, roles[row[0]], (row[2], row[3]), tuple(row[4]))
        self._insert_probes()
        self._records.add("pid", self._process.GetProcessID())
        self._records.flush()
        while self._is_going():
            self._go_on()
            self._look()
        self._tell_end()

    def _start(self) -> int:
        """Have the program there, before its first instruction. Returns the load bias."""
        self._process = launch(self._target, self._config)
        self._pid = pid = self._process.GetProcessID()
        server = _parent(pid)
        self._deaths = Deaths((pid, server))
        self._deaths.watch(self._tell_death)
        share_processor((server, pid) if self._config["share_processor"] else (server,))
        set_up_signals(self._process, self._config["fatal_signals"])
        return load_bias(self._target)

    def _make_stacks(self, watched: list[int]) -> Any:
        """`watched`: the entries of the functions that have probes, as the file has them."""
        return Stacks(self._records, self._target, watched)

    def _make_sampler(self, bias: int) -> Sampler:
        finder = Finder(self._target, [name for name, register in self._config["outside"].items() if register is None])
        return Sampler(self._config["samples"], bias, self._records, self._target, self._process, finder)

    def _insert_probes(self) -> None:
        breakpoints = {address: self._target.BreakpointCreateByAddress(address) for address in self._probes}
        for address in (address for address, _, text in self._code if text.strip() == "int3"):
            if near := [breakpoints[place] for place in (address, address + 1) if place in breakpoints]:
                own = () if address in breakpoints else (self._target.BreakpointCreateByAddress(address),)
                self._traps[address] = (*own, *near)
        self._copies = Copies(self._target, self._process)
        for address, size, text in self._code:
            if address in self._probes and address not in self._traps:
                code = self._process.ReadMemory(address, size, lldb.SBError())
                self._copies.add(address, code or b"", text)

    def _is_going(self) -> bool:
        """Whether there is more to come."""
        return bool(self._process.GetState() == lldb.eStateStopped)

    def _thin_out(self, rows: list[Any], bias: int) -> dict[int, int]:
        """The roles of the probes to set, by address."""
        pieces = [
            [self._instructions(low + bias, high + bias) for low, high in function]
            for function in self._config["functions"]
        ]
        self._code = [instruction for body in pieces for piece in body for instruction in piece]
        return thin_out(rows, pieces, self._is_own)

    def _instructions(self, low: int, high: int) -> list[tuple[int, int, str]]:
        # Beyond all sections: else the text names the targets of jumps as the file has them, not as they are now.
        address = lldb.SBAddress()
        address.SetAddress(lldb.SBSection(), low)
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
            places = [(thread, thread.GetFrameAtIndex(0).GetPC()) for thread in self._stopped]
            standing = [(thread, pc) for thread, pc in places if self._is_to_leave(pc)]
            if not self._traps and self._copies.leave(standing):
                break
            if len(standing) < 2:
                break
            for thread, _ in standing:
                thread.StepInstruction(False)
                if self._process.GetState() != lldb.eStateStopped:
                    return
                self._look_at(thread)
        if self._traps:
            for thread in self._stopped:
                self._run_trap(thread)
        self._process.Continue()

    def _is_to_leave(self, pc: int) -> bool:
        return pc in self._probes and pc not in self._traps

    def _run_trap(self, thread: Any) -> None:
        """Execute a breakpoint instruction of the program's own, if the thread stands at one, and look.

        lldb takes it for a probe that is there or at the next instruction: those are away meanwhile, and nobody else
        runs.
        """
        breakpoints = self._traps.get(thread.GetFrameAtIndex(0).GetPC())
        if breakpoints is None or self._process.GetState() != lldb.eStateStopped:
            return
        others = [other for other in self._threads() if other.GetThreadID() != thread.GetThreadID()]
        for each in breakpoints:
            each.SetEnabled(False)
        for other in others:
            other.Suspend()
        self._process.Continue()
        for other in others:
            other.Resume()
        for each in breakpoints:
            each.SetEnabled(True)
        if self._process.GetState() == lldb.eStateStopped:
            self._look_at(thread)

    def _threads(self) -> Iterator[Any]:
        for i in range(self._process.GetNumThreads()):
            yield self._process.GetThreadAtIndex(i)

    def _look(self) -> None:
        if self._process.GetState() == lldb.eStateStopped:
            # To ask each of many threads where it stands takes longer than all else.
            self._stopped = [thread for thread in self._threads() if thread.GetStopReason() != lldb.eStopReasonNone]
            for thread in self._stopped:
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
            with self._copies.away(thread):
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
            return bool(self._stacks.caller(before) == (pc, now))

        number = self._number(thread)
        if not self._filter.accept(number, activation, probe.path_line, is_return) or not probe.is_step:
            return
        if self._control[0]:
            self._release()
            return
        stack = self._stacks.number(thread, frame, activation, probe.path_line, pc)
        entered = int(self._filter.is_entered(activation))
        changes = self._sampler.changes(probe.samples, thread, frame, pc)
        if self._is_doubtful(changes) and not self._is_there():
            return  # nothing is known of the values, then
        self._records.add("step", probe.index, number, stack, entered, changes)

    def _is_doubtful(self, changes: list[Any]) -> bool:
        """Whether a step's values may be what is read of a program that is gone."""
        return any(token[1] == UNREADABLE for token in changes)

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
        self._traps.clear()
        self._stacks.forget()

    def _tell_end(self) -> None:
        state = self._process.GetState()
        if state != lldb.eStateExited:
            raise Failure(f"the program is {lldb.SBDebugger.StateAsCString(state)}")
        self._tell_status()

    def _tell_status(self) -> None:
        ended = how_it_ended(self._debugger)
        if ended is None:
            self._deaths.settle()
            # What is stopped under a debugger dies of nothing else (ptrace(2)), and then nobody is told.
            is_killed = self._deaths.dead == {self._pid}
            self._records.add(*(("killed", "SIGKILL") if is_killed else ("error", _LOST)))
        else:
            way, number = ended
            self._records.add(way, name_signal(number) if way == "killed" else number)

    def _tell_death(self) -> None:
        """Of the program or its server, which lldb has not noticed: it is still being waited for."""
        self._tell_status()
        self._records.flush()
        os._exit(0)


def share_processor(processes: tuple[int, ...]) -> None:
    """Keep us on one processor with those we wait for, and which never run while we do: to wake one takes long."""
    allowed = os.sched_getaffinity(processes[0])
    one = {sorted(allowed)[processes[0] % len(allowed)]}
    for process in (*processes, *_tasks(os.getpid())):
        os.sched_setaffinity(process, one)


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        return int(file.read().rpartition(b")")[2].split()[1])


def _tasks(pid: int) -> list[int]:
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208
