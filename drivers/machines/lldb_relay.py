"""A relay between lldb and a machine's stub: `lldb_relay.py LISTENING SOCKET FIRST_CPU CPUS DIALECT`.

Standard library only, started by `drivers.machines.relays`: LISTENING is the descriptor of a unix socket that lldb
connects to, SOCKET the path of the machine's, DIALECT its stub's: sys161 or qemu.

Neither stub tells lldb what it has to know (registers, byte order), and sys161's has no breakpoints. So lldb talks to
this, and this to the machine. It knows the breakpoints, and goes on from one by itself at a `c`. What lldb would do,
`z0`, `s`, `Z0`, `c`, takes ten times as long, and would miss who comes to the breakpoint meanwhile. lldb still does it
where it has set the breakpoint; where `Z0` comes from elsewhere (`process plugin packet send`), it says `c` alone.

At the machine's end lldb is told an exit status of 0: how it really ended, `RunningMachine.ended` says.
"""

import contextlib
import os
import select
import socket
import struct
import sys

from drivers.machines.lldb_target import ANSWERS, register_description
from drivers.machines.lone import LoneProcessor
from drivers.machines.memory import Memory
from drivers.machines.processors import Processors, QemuProcessors
from drivers.machines.wire import Over, Wire

_DIALECTS = {"sys161": Processors, "qemu": QemuProcessors}
_ERROR = b"E01"
_DONE = b"OK"
_UNKNOWN = b""


class LldbRelay:
    def __init__(self, lldb: socket.socket, machine: socket.socket, first: int, cpus: int, dialect: str) -> None:
        self._lldb = Wire(lldb)
        self._machine = Wire(machine)
        self._poller = select.poll()
        self._poller.register(lldb, select.POLLIN)
        self._poller.register(machine, select.POLLIN)
        kind = LoneProcessor if dialect == "sys161" and cpus == 1 else _DIALECTS[dialect]
        self._processors: Processors = kind(self._machine, first, cpus, self._wait)
        self._memory = Memory(self._processors)
        self._dialect = dialect
        self._selected = first
        self._has_run = False
        self._removed: set[int] = set()  # breakpoints, and not back so far
        self._seen: int | None = None  # the breakpoint that lldb knows the machine to have stopped at

    def serve(self) -> None:
        """Raises Over when one side is gone."""
        if self._dialect == "qemu":
            # Its steps mask interrupts, if not told otherwise; in a run that is repeated they come when they came.
            self._processors.later(b"Qqemu.sstep=1")
        while True:
            while (item := self._lldb.take()) is None:
                self._lldb.fill()
            body, is_packet = item
            if is_packet:
                self._lldb.send(self._answer(body))
                if body == b"QStartNoAckMode":
                    self._lldb.is_reliable = True

    def _wait(self) -> None:
        """While the machine runs. All that lldb can say then is to interrupt it, which sys161 does not hear."""
        for descriptor, _ in self._poller.poll():
            (self._lldb if descriptor == self._lldb.connection.fileno() else self._machine).fill()
        while (item := self._lldb.take()) is not None:
            body, is_packet = item
            if body == b"k" and is_packet:
                raise Over
            self._machine.write(body)

    def _answer(self, body: bytes) -> bytes:
        if body in ANSWERS:
            return ANSWERS[body]
        body, thread = self._take_thread(body)
        if thread not in self._processors.threads:
            return _ERROR
        number = body[1:].partition(b";")[0]
        match body[:1]:
            case b"?":
                return self._describe_stop(self._processors.ask(b"?"))
            case b"c" | b"s":
                return self._resume(body[:1])
            case b"g":
                return self._processors.look(thread).core
            case b"p":
                return self._processors.look(thread).word(int(number, 16)) or _ERROR
            case b"m":
                address, _, length = number.partition(b",")
                return self._memory.read(int(address, 16) & 0xFFFFFFFF, int(length, 16))
            case b"Z" | b"z" if number.startswith(b"0,"):
                self._set_breakpoint(int(number.split(b",")[1], 16) & 0xFFFFFFFF, body[:1] == b"Z")
                return _DONE
            case b"H":
                return self._select(body)
            case b"T":
                return _DONE
            case b"q":
                return self._tell(body)
            case b"D":
                return self._processors.ask(b"D") and _DONE
            case b"k":
                self._machine.send(b"k")
                raise Over
        return _UNKNOWN

    def _take_thread(self, body: bytes) -> tuple[bytes, int]:
        """A request, and which processor it is about (QThreadSuffixSupported)."""
        request, found, thread = body.partition(b";thread:")
        return (request, int(thread.strip(b";"), 16)) if found else (body, self._selected)

    def _select(self, body: bytes) -> bytes:
        thread = int(body[2:], 16)
        if thread <= 0:  # any, or all
            return _DONE
        if thread not in self._processors.threads or (body[1:2] == b"c" and len(self._processors.threads) > 1):
            return _ERROR
        self._selected = thread
        return _DONE

    def _tell(self, body: bytes) -> bytes:
        threads = b",".join(b"%x" % thread for thread in self._processors.threads)
        if body == b"qC":
            return b"QC%x" % self._processors.stopped
        if body == b"qfThreadInfo":
            return b"m" + threads
        if body.startswith(b"qRegisterInfo"):
            return register_description(int(body.removeprefix(b"qRegisterInfo"), 16)) or b"E45"
        return _UNKNOWN

    def _set_breakpoint(self, place: int, is_wanted: bool) -> None:
        processors = self._processors
        (self._removed.discard if is_wanted else self._removed.add)(place)
        if is_wanted == (place in processors.inserted):
            return
        if is_wanted:
            processors.word(place)  # while it is there
            processors.insert(place)
            processors.inserted.add(place)
        else:
            processors.remove(place)
            processors.inserted.discard(place)

    def _resume(self, how: bytes) -> bytes:
        self._lldb.acknowledge()
        if not self._has_run:
            self._has_run = True
            share_processor(self._lldb.connection)
        processors = self._processors
        self._memory.forget()
        thread = processors.stopped
        if how == b"c":
            place = processors.look(thread).pc
            # One that was set where the machine had stopped already is still to be met.
            if place == self._seen and place in processors.inserted:
                report = processors.leave(thread)
                if report is not None:
                    return self._describe_stop(report)
            return self._describe_stop(processors.run())
        if len(processors.threads) > 1:
            # Who stands at the place that lldb has taken its breakpoint from would pass it unseen.
            sys.exit(
                "relay: lldb wants one processor to go on, but they all would: set breakpoints by "
                "'process plugin packet send Z0,ADDRESS,4'"
            )
        return self._describe_stop(processors.step(thread, is_watched=processors.look(thread).pc in self._removed))

    def _describe_stop(self, reply: bytes) -> bytes:
        thread = self._processors.learn_stop(reply)
        if thread is None:
            return reply
        self._selected = thread
        registers = self._processors.look(thread)
        self._seen = registers.pc if registers.pc in self._processors.inserted else None
        threads = b",".join(b"%x" % thread for thread in self._processors.threads)
        pieces = [b"thread:%x" % thread, b"threads:" + threads]
        pieces += [b"%02x:%b" % (number, registers.word(number)) for number in range(registers.count)]
        return reply[:3] + b";".join(pieces) + b";"

    def end(self) -> None:
        """Tell lldb that the machine has ended; it may be lldb that has."""
        with contextlib.suppress(Over):
            self._lldb.send(b"W00")


def share_processor(debugger: socket.socket) -> None:
    """Run where lldb does: its worker has bound itself and the machine to one processor, as they never run at once."""
    process, _, _ = struct.unpack("3i", debugger.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, os.sched_getaffinity(process))


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        lldb, _ = listening.accept()
    with lldb, socket.socket(socket.AF_UNIX) as machine:
        machine.connect(sys.argv[2])
        relay = LldbRelay(lldb, machine, int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
        with contextlib.suppress(Over):
            relay.serve()
        relay.end()


if __name__ == "__main__":
    main()
