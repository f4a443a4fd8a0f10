"""A relay between gdb and sys161 with several processors: `relay.py LISTENING SOCKET FIRST_CPU CPUS`.

Standard library only, started by `drivers.machines.relays`: LISTENING is the descriptor of a
unix socket that gdb connects to, SOCKET the path of sys161's. All passes through as it is, but for one thing.

To go on from a breakpoint, gdb takes it away, sets a temporary one behind the instruction, has this processor alone go
on (`Hc`, and then `c`: GDB manual, "Packets") and puts the first one back. sys161 knows no `Hc`: all its processors go
on, for as long as it takes, since an interrupt may come first. If another one meets a breakpoint meanwhile, gdb 13
breaks (an assertion in `finish_step_over`), and whatever passes the place that has no breakpoint now is not seen. So
such a `c` becomes one `s` here, with which sys161 has each processor do one instruction (those at breakpoints none),
and the stop that gdb gets told is always the one it waits for. It takes any stop for the end of its step.

What an interrupt keeps from its instruction comes to it again: the stop there is the same one, and is not told again.
The processors that are at the very breakpoint do its instruction, too: whoever wants to see them looks at a stop.
"""

import contextlib
import os
import select
import socket
import struct
import sys

from drivers.machines.processors import BREAK, Processors
from drivers.machines.wire import Over, Wire

_NUL = b"\0"  # as sys161 says that it does not know something


class Relay:
    def __init__(self, gdb: socket.socket, machine: socket.socket, first_cpu: int, cpus: int) -> None:
        self._gdb = Wire(gdb)
        self._machine = Wire(machine)
        self._has_run = False
        self._poller = select.poll()
        self._poller.register(gdb, select.POLLIN)
        self._poller.register(machine, select.POLLIN)
        self._processors = Processors(self._machine, first_cpu, cpus, self._wait)
        self._selected = first_cpu  # by gdb's `Hg`
        self._only: int | None = None  # the one that gdb wants to go on, by `Hc`

    def serve(self) -> None:
        """Raises Over when one side is gone."""
        while True:
            self._fill()
            while (item := self._gdb.take()) is not None:
                body, is_packet = item
                if is_packet:
                    self._answer(body)
                else:
                    self._machine.write(body)

    def _fill(self) -> None:
        """Wait for either side. While it is stopped, the machine has nothing to say but its end."""
        for descriptor, _ in self._poller.poll():
            (self._gdb if descriptor == self._gdb.connection.fileno() else self._machine).fill()

    def _wait(self) -> None:
        """While the machine runs."""
        self._fill()
        while (item := self._gdb.take()) is not None:
            body, is_packet = item
            if is_packet:
                self._gdb.acknowledge()
                self._machine.send(body)
            else:
                self._machine.write(body)

    def _answer(self, body: bytes) -> None:
        processors = self._processors
        match body[:1]:
            case b"c":
                self._gdb.acknowledge()
                self._begin()
                place = None if self._only is None else processors.look(self._only).pc
                if self._only is None or place in processors.inserted:
                    report = processors.run()
                else:
                    processors.go_past(self._only)
                    report = processors.report(self._only)
                self._selected = processors.stopped
                self._gdb.send(report)
                return
            case b"g":
                self._gdb.send(processors.look(self._selected).reply)
                return
            case b"H" if (reply := self._take_selection(body)) is not None:
                self._gdb.send(reply)
                return
            case b"M" if self._take_breakpoint(body):
                self._gdb.send(b"OK")
                return
            case b"k" | b"s":
                processors.known.clear()
                self._gdb.acknowledge()
        processors.select(self._selected)
        reply = processors.ask(body)
        self._learn(body, reply)
        self._gdb.send(reply)

    def _take_selection(self, body: bytes) -> bytes | None:
        """The reply, where it is known."""
        thread = int(body[2:], 16)
        if body[1:2] == b"c":
            self._only = thread if thread > 0 else None
            return _NUL
        if body[1:2] == b"g" and thread in self._processors.threads:
            self._selected = thread
            return b"OK"
        return None

    def _take_breakpoint(self, body: bytes) -> bool:
        """Whether it is at a place where there was one before: then it can be written."""
        address, _, length = body[1:].partition(b":")[0].partition(b",")
        number = int(address, 16)
        if length != b"4" or not (number in self._processors.inserted or number in self._processors.words):
            return False
        self._processors.later(body)
        self._learn(body, b"OK")
        return True

    def _begin(self) -> None:
        """gdb's agent has bound gdb and the machine to one processor: they never run at once. No more does this."""
        if not self._has_run:
            self._has_run = True
            share_processor(self._machine.connection)

    def _learn(self, body: bytes, reply: bytes) -> None:
        if body.startswith(b"M") and reply == b"OK":
            place, _, data = body[1:].partition(b":")
            address = int(place.partition(b",")[0], 16)
            if data.lower() == BREAK:
                self._processors.inserted.add(address)
            else:
                self._processors.inserted.discard(address)
                self._processors.words[address] = data
        elif (thread := self._processors.learn_stop(reply)) is not None:
            self._selected = thread


def share_processor(machine: socket.socket) -> None:
    """Run where the machine does."""
    process, _, _ = struct.unpack("3i", machine.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, os.sched_getaffinity(process))


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        gdb, _ = listening.accept()
    with gdb, socket.socket(socket.AF_UNIX) as machine, contextlib.suppress(Over):
        machine.connect(sys.argv[2])
        Relay(gdb, machine, int(sys.argv[3]), int(sys.argv[4])).serve()


if __name__ == "__main__":
    main()
