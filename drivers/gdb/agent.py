"""The agent: runs inside gdb's own Python, puts a probe on every watched line, and writes what it sees to a pipe.

gdb's Python sees no virtual environment, so this needs the standard library only, and so does all that it imports.
The host (`drivers/gdb/session.py`) starts it as `gdb -batch -x boot.py -ex 'python boot(…); …'`; there is no dialogue,
only records (drivers/inside/records.py). A probe is a breakpoint whose `stop` reads the frame and the values, writes
one record, and lets the program go on (GDB manual, "Manipulating breakpoints using Python"): gdb never reports a stop,
which is what makes it fast.

The host's "config" holds gdb commands for before and after the start, the probes with the pieces of their functions,
the samples, and the file's entry point.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import time
from pathlib import Path
from typing import Any

from drivers.gdb.agent_stacks import Stacks, frame_address
from drivers.gdb.agent_values import Sampler
from drivers.inside.flow import find_framed, thin_out
from drivers.inside.records import Records, name_signal
from drivers.inside.steps import BODY, ENTRY, FRAME_LIMIT, STEP, StepFilter

try:
    import gdb
except ImportError:  # outside gdb
    gdb = None

KILLED_S = 1
ADDRESSES = 0xFFFFFFFFFFFFFFFF  # gdb's own are of 64 bits
WAIT_ALL = 0x40000000  # __WALL of waitpid(2): threads too


class Agent:
    """One run of one program, from before its first instruction to its end."""

    def __init__(self, records: Records, control: mmap.mmap, config: dict[str, Any]) -> None:
        self.records, self.control, self.config = records, control, config
        self.remote: Any = None  # a kernel's machine
        self.filter = StepFilter()
        self.probes: list[Any] = []
        self.stop_event: Any = None
        self.end: tuple[Any, ...] | None = None

    def run(self) -> None:
        config = self.config
        for command in config["before"]:
            gdb.execute(command, to_string=True)
        gdb.events.stop.connect(lambda event: setattr(self, "stop_event", event))
        gdb.events.exited.connect(self._on_exit)
        bias = self._start()
        rows = config["probes"]
        for row in rows:
            row[0] += bias
        roles, framed = self._look_at_code(rows, bias)
        # Where gdb extends addresses by their sign, they are told as they are in the file.
        mask = ADDRESSES if self.remote is None else ADDRESSES >> 32
        self.stacks = Stacks(self.records, find_beginnings(rows, roles), mask, FRAME_LIMIT)
        self.sampler = Sampler(config["samples"], bias, self.records)
        if self.remote is not None:
            self.remote.walk(self.stacks, self.sampler)
        make_probe = define_probe(self)
        self.probes = [
            make_probe(i, roles[row[0]], row, framed.get(row[0])) for i, row in enumerate(rows) if row[0] in roles
        ]
        if self.remote is not None:
            self.remote.watch("panic", lambda: self.records.add("panic", self.stacks.whole(gdb.newest_frame())))
            begin = lambda: self.records.add("begin", frame_address(str(gdb.newest_frame())) & mask)  # noqa: E731
            self.remote.watch(f"*{config['remote']['first_function']}", begin)
        self.records.add("pid", gdb.selected_inferior().pid)
        self.records.flush()
        self.records.add(*self._resume())
        self.records.flush()

    def _start(self) -> int:
        """Have the program there, before its first instruction. Returns the load bias."""
        config = self.config
        if (settings := config.get("remote")) is not None:
            from drivers.gdb.agent_remote import Remote  # of a kernel only

            self.remote = Remote(settings)
            return int(self.remote.connect())
        gdb.execute("starti", to_string=True)
        for command in config["after"]:
            gdb.execute(command, to_string=True)
        if config["share_processor"]:
            share_processor(gdb.selected_inferior().pid)
        return read_entry() - int(config["entry"])

    def _look_at_code(self, rows: list[Any], bias: int) -> tuple[dict[int, int], dict[int, tuple[str, int]]]:
        """The roles of the probes to set, by address; and the frame's address, where a register is enough for it."""
        architecture = gdb.selected_inferior().architecture()
        is_mips = architecture.name().startswith("mips")
        # Elsewhere calls and jumps have other names.
        if architecture.name() not in ("i386", "i386:x86-64") and not is_mips:
            return {row[0]: row[1] for row in rows}, {}
        pieces = [
            [
                [(i["addr"], i["length"], i["asm"]) for i in architecture.disassemble(low + bias, high + bias - 1)]
                for low, high in function
            ]
            for function in self.config["functions"]
        ]
        if is_mips:
            bases = {row[0]: (f"$r{row[5][0]}", row[5][1]) for row in rows if row[5] is not None and is_own(row[0])}
            return thin_out(rows, pieces, is_own, is_mips=True), bases
        framed = find_framed(pieces) if architecture.name() == "i386:x86-64" else set()
        return thin_out(rows, pieces, is_own), {place: ("$rbp", 16) for place in framed if is_own(place)}

    def _resume(self) -> tuple[Any, ...]:
        command = "continue"
        while True:
            try:
                gdb.execute(command, to_string=True)
            except gdb.error as error:
                if self.remote is not None and not self.remote.is_connected():
                    return ("closed", str(error))
                pid = gdb.selected_inferior().pid
                end = reap(pid) if is_killed(pid) else None
                if end is None:
                    raise
                return end
            command = "continue"
            if self.end is not None:
                return self.end
            event = self.stop_event
            if not isinstance(event, gdb.BreakpointEvent):
                if self.remote is not None:
                    return ("trap", self.stacks.whole(gdb.newest_frame()))
                # A SIGTRAP that no breakpoint explains is no SignalEvent, and gdb keeps it unless told to pass it on.
                name = getattr(event, "stop_signal", "SIGTRAP")
                self.records.add("signal", name, self.stacks.whole(gdb.newest_frame()))
                if name == "SIGTRAP":
                    command = "signal SIGTRAP"
                continue
            if not self.control[0] and any(breakpoint in self.probes for breakpoint in event.breakpoints):
                raise gdb.GdbError("a probe failed; gdb has printed why")
            while self.probes:  # released, or exec
                self.probes.pop().delete()
            self.stacks.forget()

    def leave(self, *record: Any) -> None:
        """End gdb here: it does not survive the loss of a connection within a breakpoint's `stop`."""
        self.records.add(*record)
        self.records.flush()
        os._exit(0)

    def _on_exit(self, event: Any) -> None:
        if hasattr(event, "exit_code"):
            self.end = ("exit", event.exit_code)
        elif (number := gdb.convenience_variable("_exitsignal")) is not None:
            self.end = ("killed", name_signal(int(number)))


def is_own(address: int) -> bool:
    """Whether the code at the address belongs to no function that is inlined there."""
    block = gdb.block_for_pc(address)
    while block is not None and block.function is None:
        block = block.superblock
    return block is not None and block.superblock is not None and bool(block.superblock.is_static)


def share_processor(pid: int) -> None:
    """Keep gdb and the program on one processor, until the program has a second thread.

    They never run at once, and to wake one on another processor takes longer than a stop does.
    """
    allowed = os.sched_getaffinity(pid)
    one = {sorted(allowed)[pid % len(allowed)]}
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, one)
        os.sched_setaffinity(pid, one)

    def spread(_: Any) -> None:
        gdb.events.new_thread.disconnect(spread)
        for thread in Path("/proc", str(pid), "task").iterdir():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(thread.name), allowed)
        os.sched_setaffinity(0, allowed)

    gdb.events.new_thread.connect(spread)


def is_killed(pid: int) -> bool:
    """Whether the program was killed from outside while it was stopped, of which gdb knows nothing yet."""
    for _ in range(KILLED_S * 100):
        try:
            with Path("/proc", str(pid), "stat").open("rb") as file:
                state = file.read().rpartition(b")")[2].split()[0]
        except OSError:
            return True
        if state in (b"Z", b"X"):
            return True
        time.sleep(0.01)  # it may be on the way
    return False


def reap(pid: int) -> tuple[Any, ...] | None:
    """How a program ended that gdb could not resume any more: gdb takes it for running, and waits no more."""
    for _ in range(KILLED_S * 100):
        try:
            found, status = os.waitpid(-1, os.WNOHANG | WAIT_ALL)
        except ChildProcessError:
            return None
        if found == pid and os.WIFSIGNALED(status):
            return ("killed", name_signal(os.WTERMSIG(status)))
        if found == pid and os.WIFEXITED(status):
            return ("exit", os.WEXITSTATUS(status))
        if not found:
            time.sleep(0.01)
    return None


def find_beginnings(rows: list[Any], roles: dict[int, int]) -> dict[int, int]:
    """From each watched function's entry to the first probe in it."""
    found = {}
    for place, row in enumerate(rows):
        if row[1] & ENTRY:
            # A mark that is not set has its function's first line as the next one.
            found[row[0]] = row[0] if row[0] in roles else rows[place + 1][0]
    return found


def define_probe(agent: Agent) -> Any:
    """The class of the probes. Its names are locals, because `stop` is what takes the time."""
    newest_frame, selected_thread, evaluate = gdb.newest_frame, gdb.selected_thread, gdb.parse_and_eval
    records, stacks, sampler, control = agent.records, agent.stacks, agent.sampler, agent.control
    step_filter, caller = agent.filter, stacks.caller
    pid = gdb.selected_inferior().pid
    remote = agent.remote
    cpus = None if remote is None else remote.cpus
    others_at: Any = None if remote is None else remote.others_at
    has_others = remote is not None and remote.count > 1

    class Probe(gdb.Breakpoint):  # type: ignore[misc]  # its class is known inside gdb only
        def __init__(self, index: int, role: int, row: list[Any], base: tuple[str, int] | None) -> None:
            self.address, _, path, line, self.samples, _ = row
            # Where an inlined function begins, gdb stops in its caller still, unless the breakpoint is one of a user's
            # (stopped_by_user_bp_inline_frame in infrun.c).
            super().__init__(f"*{self.address:#x}", internal=is_own(self.address))
            self.index = index
            self.is_entry = bool(role & (ENTRY | BODY))
            self.is_mark = role == ENTRY
            self.is_step = bool(role & STEP)
            self.place = (path, line)
            self.readings: list[Any] | None = None  # the sampler's
            self.is_framed = base is not None
            self.register, self.distance = base or ("", 0)
            self.rest = ""  # of the frame ids here, after the address; once it is known

        def is_return(self, before: str, activation: str) -> bool:
            return bool(caller(before) == (self.address, activation))

        def stop(self) -> bool:
            try:
                return self.take_all() if has_others else self.take()
            except gdb.error as error:
                if remote is not None and not remote.is_connected():
                    agent.leave("closed", str(error))
                if not is_killed(pid):
                    raise
                return False

        def take_all(self) -> bool:
            """Take the stop, and those of the other processors that are here at the same time."""
            is_stop = self.take()
            for _ in others_at(self.address):
                is_stop = self.take() or is_stop
            return is_stop

        def take(self) -> bool:
            """What `stop` does, of a program that may have been killed meanwhile."""
            frame = address = None
            if remote is not None:
                remote.forget()
            if self.is_framed:
                # A frame object makes gdb unwind: that takes longer than all the rest of a stop.
                address = (int(evaluate(self.register)) + self.distance) & ADDRESSES
                if self.rest:
                    activation = f"{{stack={address:#x}{self.rest}"
                else:
                    frame = newest_frame()
                    activation = str(frame)
                    begin, _, rest = activation.partition(",")
                    self.rest = "," + rest
                    if begin != f"{{stack={address:#x}":
                        self.is_framed, address = False, None
            else:
                frame = newest_frame()
                activation = str(frame)
            thread = selected_thread().num
            if cpus is not None:
                thread = cpus[thread]
            if self.is_entry:
                step_filter.enter(activation)
                stacks.enter(activation)
                if self.is_mark:
                    return False
            if not step_filter.accept(thread, activation, self.place, self.is_return) or not self.is_step:
                return False
            if control[0]:
                return True
            stack = stacks.number(frame, activation, self.place, self.address, address)
            entered = int(step_filter.is_entered(activation))
            changes = sampler.changes(self, frame, address)
            if remote is not None and not remote.is_connected():
                # Meanwhile gdb has read what was not read yet from the file, as the kernel was before it began.
                raise gdb.error("the connection was closed while a step was looked at")
            records.add("step", self.index, thread, stack, entered, changes)
            return False

    return Probe


def read_entry() -> int:
    """The address of the program's entry point as loaded."""
    found = re.search(r"Entry point: (0x[0-9a-f]+)", gdb.execute("info files", to_string=True))
    if found is None:
        raise gdb.GdbError("gdb knows no entry point of the program")
    return int(found[1], 16)


def start(records_descriptor: int, control_descriptor: int, config_descriptor: int) -> None:
    """Run to the end and tell the host everything. Called once, by the host's command line."""
    records = Records(records_descriptor)
    records.add("hello")
    try:
        with os.fdopen(config_descriptor, "rb") as file:
            config = json.loads(file.read())
        control = mmap.mmap(control_descriptor, 1)
        os.close(control_descriptor)
        Agent(records, control, config).run()
    except (gdb.error, OSError) as error:
        records.add("error", str(error))
        with contextlib.suppress(BrokenPipeError):
            records.flush()
