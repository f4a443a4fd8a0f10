"""One run of one kernel in a machine under lldb. Runs in the worker.

Breakpoints are set behind lldb's back, at the relay (drivers/machines/lldb_relay.py), which goes on from them by
itself, with all processors. So each stop is a SIGTRAP to lldb, and it never steps: on MIPS it would crash.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import lldb

from drivers.inside.flow import Instruction, thin_out
from drivers.inside.mips import describe
from drivers.inside.tokens import ABSENT, UNREADABLE
from drivers.lldb.kernel_stacks import TableStacks
from drivers.lldb.kernel_values import KernelSampler
from drivers.lldb.target import Failure
from drivers.lldb.watcher import Watcher

_PANIC = "panic"
_CONNECT_S = 30
_CLOSED = "the connection was closed"
# A stub's breakpoint: its kind is how many bytes it takes (GDB manual, "Packets").
_BREAKPOINT = "0,{:x},4"


class KernelWatcher(Watcher):
    """The config's "remote": the machine's endpoint, process and processors, and what the kernel's file tells of it."""

    _sampler: KernelSampler

    def _start(self) -> int:
        self._is_over = False
        settings = self._remote = self._config["remote"]
        self._process = connect(self._debugger, self._target, settings["endpoint"])
        if settings["pid"] is not None:
            share_processor(settings["pid"])
        self._watches: dict[int, Callable[[Any], None]] = {}
        for address in _places_in(self._target, _PANIC):
            self._watches[address] = self._note_panic
        for address in _entries_of(self._target, settings["first_function"]):
            self._watches[address] = self._note_beginning
        return 0

    def _make_stacks(self, watched: list[int]) -> TableStacks:
        return TableStacks(self._records, self._target, self._process, watched, self._remote["frames"])

    def _make_sampler(self, bias: int) -> KernelSampler:
        samples, outside = self._config["samples"], self._config["outside"]
        return KernelSampler(samples, bias, self._records, self._target, self._process, self._stacks, outside)

    def _thin_out(self, rows: list[Any], _bias: int) -> dict[int, int]:
        pieces = [[self._instructions(low, high) for low, high in function] for function in self._config["functions"]]
        return thin_out(rows, pieces, self._is_own, is_mips=True)

    def _instructions(self, low: int, high: int) -> list[Instruction]:
        address = self._target.ResolveLoadAddress(low)
        section = address.GetSection()
        error = lldb.SBError()
        data = section.GetSectionData(low - section.GetFileAddress(), high - low)
        return describe(low, data.ReadRawData(error, 0, data.GetByteSize()) or b"")

    def _insert_probes(self) -> None:
        for address in self._probes.keys() | self._watches.keys():
            if self._send("Z" + _BREAKPOINT.format(address)) != "OK":
                raise Failure(f"no breakpoint can be set at {address:#x}")

    def _send(self, packet: str) -> str:
        """The stub's reply; empty where there is none."""
        result = lldb.SBCommandReturnObject()
        self._debugger.GetCommandInterpreter().HandleCommand(f"process plugin packet send {packet}", result)
        return (result.GetOutput() or "").rpartition("response:")[2].strip()

    def _is_going(self) -> bool:
        return not self._is_over

    def _go_on(self) -> None:
        self._process.Continue()

    def _look(self) -> None:
        if self._process.GetState() != lldb.eStateStopped:
            self._end("closed", self._process.GetExitDescription() or _CLOSED)
            return
        threads = list(self._threads())
        stopped = next((thread for thread in threads if thread.GetStopReason() > lldb.eStopReasonNone), threads[0])
        frame = stopped.GetFrameAtIndex(0)
        pc = frame.GetPC()
        if pc not in self._probes and pc not in self._watches:
            if self._is_there():
                self._end("trap", self._stacks.whole(stopped))
            return
        self._look_at_processor(stopped, frame, pc)
        # The relay has all who are at the place go on from it together: nobody else may be there unseen.
        for thread in threads:
            if thread.GetThreadID() != stopped.GetThreadID() and (frame := thread.GetFrameAtIndex(0)).GetPC() == pc:
                self._look_at_processor(thread, frame, pc)

    def _look_at_processor(self, thread: Any, frame: Any, pc: int) -> None:
        probe = self._probes.get(pc)
        if probe is not None:
            self._take(probe, thread, frame, pc)
        if pc in self._watches:
            self._watches[pc](thread)

    def _number(self, thread: Any) -> int:
        return int(thread.GetThreadID()) - int(self._remote["first_cpu"])

    def _is_doubtful(self, changes: list[Any]) -> bool:
        # Without a connection a name is not found, and so absent.
        is_new = self._sampler.has_looked_up or self._stacks.is_damaged
        return bool(is_new or any(token[1] in (UNREADABLE, ABSENT) for token in changes))

    def _is_there(self) -> bool:
        """Whether the machine still answers. lldb 14 may crash where it does not: what is whole is told before."""
        self._records.flush()
        if not self._send("qC").startswith("QC"):
            self._end("closed", _CLOSED)
            self._records.flush()
            os._exit(0)
        return True

    def _note_panic(self, thread: Any) -> None:
        self._records.add("panic", self._stacks.whole(thread))

    def _note_beginning(self, thread: Any) -> None:
        frame = thread.GetFrameAtIndex(0)
        self._records.add("begin", self._stacks.activation(frame, frame.GetPC())[0])

    def _release(self) -> None:
        for address in self._probes.keys() - self._watches.keys():
            self._send("z" + _BREAKPOINT.format(address))
        self._probes.clear()
        self._stacks.forget()

    def _tell_end(self) -> None:
        """It is told."""

    def _end(self, *record: Any) -> None:
        self._is_over = True
        self._records.add(*record)


def connect(debugger: Any, target: Any, endpoint: str) -> Any:
    """The machine as a process, before the kernel's first instruction. `endpoint`: the path of a unix socket."""
    error = lldb.SBError()
    listener = debugger.GetListener()
    process = target.ConnectRemote(listener, f"unix-connect://{endpoint}", "gdb-remote", error)
    # That it has stopped, a process takes notice of when the event is fetched.
    if error.Success():
        listener.WaitForEvent(_CONNECT_S, lldb.SBEvent())
    if error.Fail() or process.GetState() != lldb.eStateStopped:
        raise Failure(f"lldb cannot connect to the machine: {error.GetCString() or 'it did not stop'}")
    target.SetModuleLoadAddress(target.GetModuleAtIndex(0), 0)
    return process


def share_processor(pid: int) -> None:
    """Keep lldb and the machine on one processor (drivers/gdb/agent_remote.py); the relay follows."""
    allowed = os.sched_getaffinity(pid)
    one = {sorted(allowed)[pid % len(allowed)]}
    with contextlib.suppress(OSError):
        for process in (pid, os.getpid()):
            for task in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208
                os.sched_setaffinity(int(task), one)


def _places_in(target: Any, function: str) -> list[int]:
    """The addresses of the first line of what is called so, after its prologue."""
    breakpoint = target.BreakpointCreateByName(function, target.GetModuleAtIndex(0).GetFileSpec().GetFilename())
    found = [location.GetLoadAddress() for location in breakpoint]
    target.BreakpointDelete(breakpoint.GetID())
    return found


def _entries_of(target: Any, function: str) -> list[int]:
    symbols = target.FindSymbols(function, lldb.eSymbolTypeCode)
    return [symbols[i].GetSymbol().GetStartAddress().GetLoadAddress(target) for i in range(symbols.GetSize())]
