"""A relay between gdb and sys161 with several processors: `relay.py LISTENING SOCKET FIRST_CPU CPUS`.

A file of its own, standard library only, executed by `drivers.machines.emulation`: LISTENING is the descriptor of a
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
import re
import select
import socket
import struct
import sys

_NUL = b"\0"  # as sys161 says that it does not know something
_BREAK = b"0005000d"  # gdb's instruction for a breakpoint, big-endian MIPS
_PACKET = re.compile(rb"\$([^#]*)#([0-9a-fA-F]{2})", re.DOTALL)
_STOP = re.compile(rb"T05thread:([0-9a-f]+);")
_READ_BYTES = 65536
# Places of registers in the reply to `g`, in words.
_SP, _CAUSE, _PC, _EPC = 29, 36, 37, 46
# MIPS R3000: exceptions go to one of two vectors here; the code in the cause register is 0 for an interrupt.
_VECTORS = range(0x80000000, 0x80000100)
_CODE = 0x7C


class Over(Exception):
    """One of the two sides is gone."""


class Wire:
    """Packets on a connection. What came is acknowledged with the next thing that is sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._unread = b""
        self._acknowledgement = b""
        self._last = b""

    def fill(self) -> None:
        """Wait for some bytes and read them."""
        try:
            data = self.connection.recv(_READ_BYTES)
        except OSError as error:
            raise Over from error
        if not data:
            raise Over
        self._unread += data

    def take(self) -> tuple[bytes, bool] | None:
        """The next packet's body, or (with False) a byte outside of packets; None: there is no whole one yet."""
        while self._unread:
            if not self._unread.startswith(b"$"):
                byte, self._unread = self._unread[:1], self._unread[1:]
                if byte == b"-":
                    self.write(self._last)
                elif byte != b"+":
                    return byte, False
                continue
            found = _PACKET.match(self._unread)
            if found is None:
                return None
            self._unread = self._unread[found.end() :]
            if sum(found[1]) % 256 == int(found[2], 16):
                self._acknowledgement += b"+"
                return found[1], True
            self.write(b"-")
        return None

    def receive(self) -> tuple[bytes, bool]:
        while (item := self.take()) is None:
            self.fill()
        return item

    def send(self, *bodies: bytes) -> None:
        self._last = b"".join(b"$%b#%02x" % (body, sum(body) % 256) for body in bodies)
        self.write(self._last)

    def acknowledge(self) -> None:
        """At once, as nothing else is to be sent for a while."""
        self.write(b"")

    def write(self, data: bytes) -> None:
        data, self._acknowledgement = self._acknowledgement + data, b""
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise Over from error


class Registers:
    """What `g` says of a processor, and a few of its words."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.pc = self._word(_PC)
        self.sp = self._word(_SP)

    def _word(self, place: int) -> int:
        return int(self.reply[place * 8 : place * 8 + 8], 16)

    def is_interrupted(self, place: int) -> bool:
        """Whether it was about to do the instruction at the place, and has begun to serve an interrupt instead."""
        return self.pc in _VECTORS and not self._word(_CAUSE) & _CODE and self._word(_EPC) == place


class Relay:
    def __init__(self, gdb: socket.socket, machine: socket.socket, first_cpu: int, cpus: int) -> None:
        self._gdb = Wire(gdb)
        self._machine = Wire(machine)
        self._has_run = False
        self._poller = select.poll()
        self._poller.register(gdb, select.POLLIN)
        self._poller.register(machine, select.POLLIN)
        self._threads = range(first_cpu, first_cpu + cpus)
        self._words: dict[int, bytes] = {}  # what gdb puts where it takes a breakpoint away
        self._inserted: set[int] = set()
        self._selected = first_cpu  # by gdb's `Hg`
        self._current = first_cpu  # by the last `Hg` that the machine got
        self._late: list[bytes] = []  # answered already; sent with the next request, as each wait for a reply is dear
        self._only: int | None = None  # the one that gdb wants to go on, by `Hc`
        self._known: dict[int, Registers] = {}  # at this stop
        # Where a kernel's thread (by its stack pointer) was interrupted instead of doing the instruction there.
        self._owed: set[tuple[int, int]] = set()

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

    def _answer(self, body: bytes) -> None:
        match body[:1]:
            case b"c":
                self._gdb.acknowledge()
                self._begin()
                place = None if self._only is None else self._look(self._only).pc
                if self._only is None or place in self._inserted:
                    self._gdb.send(self._run())
                else:
                    self._pass(self._only)
                    self._gdb.send(self._stopped(self._only))
                return
            case b"g":
                self._gdb.send(self._look(self._selected).reply)
                return
            case b"H" if (reply := self._take_selection(body)) is not None:
                self._gdb.send(reply)
                return
            case b"M" if self._take_breakpoint(body):
                self._gdb.send(b"OK")
                return
            case b"k" | b"s":
                self._known.clear()
                self._gdb.acknowledge()
        self._select(self._selected)
        reply = self._ask(body)
        self._learn(body, reply)
        self._gdb.send(reply)

    def _take_selection(self, body: bytes) -> bytes | None:
        """The reply, where it is known."""
        thread = int(body[2:], 16)
        if body[1:2] == b"c":
            self._only = thread if thread > 0 else None
            return _NUL
        if body[1:2] == b"g" and thread in self._threads:
            self._selected = thread
            return b"OK"
        return None

    def _take_breakpoint(self, body: bytes) -> bool:
        """Whether it is at a place where there was one before: then it can be written."""
        address, _, length = body[1:].partition(b":")[0].partition(b",")
        number = int(address, 16)
        if length != b"4" or not (number in self._inserted or number in self._words):
            return False
        self._late.append(body)
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
            if data.lower() == _BREAK:
                self._inserted.add(address)
            else:
                self._inserted.discard(address)
                self._words[address] = data
        elif (found := _STOP.fullmatch(reply)) is not None:
            self._selected = self._current = int(found[1], 16)

    def _run(self) -> bytes:
        """Have all processors go on until there is a stop that gdb has not seen yet."""
        while True:
            self._known.clear()
            self._send(b"c")
            reply = self._wait_for_stop()
            found = _STOP.fullmatch(reply)
            if found is None:
                return reply
            self._selected = self._current = thread = int(found[1], 16)
            if not self._owed:
                return reply
            place = self._look(thread).pc
            if place not in self._inserted or not self._is_owed(thread, place):
                return reply
            fresh = [t for t in self._threads if self._look(t).pc == place and not self._is_owed(t, place)]
            if fresh:
                return self._stopped(fresh[0])
            self._write(place, self._words[place])
            self._pass(thread)
            self._write(place, _BREAK)

    def _wait_for_stop(self) -> bytes:
        while True:
            if (item := self._machine.take()) is not None:
                return item[0]
            self._fill()
            while (item := self._gdb.take()) is not None:
                body, is_packet = item
                if is_packet:
                    self._gdb.acknowledge()
                    self._machine.send(body)
                else:
                    self._machine.write(body)

    def _pass(self, thread: int) -> None:
        """Have the processor do the instruction that it is at, where there is no breakpoint now, or begin to serve an
        interrupt. The others do one, as well."""
        place = self._look(thread).pc
        here = {t: self._look(t).sp for t in self._threads if self._look(t).pc == place}
        word = self._words.get(place) or self._ask(b"m%x,4" % place)
        self._cycle(thread)
        interrupted = {t for t in here if self._look(t).is_interrupted(place)}
        if thread not in interrupted and has_delay_slot(int(word, 16)):
            # Up to its end the branch can be interrupted, and is done again. Nobody else may pass it unseen.
            self._write(place, _BREAK)
            self._cycle(thread)
            self._write(place, word)
            interrupted |= {t for t in here if self._look(t).is_interrupted(place)}
        for other, sp in here.items():
            if other in interrupted:
                self._owed.add((place, sp))
            else:
                self._owed.discard((place, sp))

    def _cycle(self, thread: int) -> None:
        self._known.clear()
        self._select(thread)
        self._known[thread] = self._registers(self._ask(b"s", b"g"))

    def _select(self, thread: int) -> None:
        if self._current != thread:
            self._current = thread
            self._late.append(b"Hg%x" % thread)

    def _is_owed(self, thread: int, place: int) -> bool:
        return (place, self._look(thread).sp) in self._owed

    def _look(self, thread: int) -> Registers:
        """The registers of a processor. Who wants those of a second one mostly wants all."""
        if thread not in self._known:
            missing = [t for t in self._threads if t not in self._known] if self._known else [thread]
            requests = [request for t in missing for request in (b"Hg%x" % t, b"g")]
            self._current = missing[-1]
            self._send(*requests)
            for other in missing:
                self._receive()
                self._known[other] = self._registers(self._receive())
        return self._known[thread]

    def _registers(self, reply: bytes) -> Registers:
        try:
            return Registers(reply)
        except ValueError:
            sys.exit(f"relay: these are no registers: {reply!r}")

    def _stopped(self, thread: int) -> bytes:
        self._selected = thread
        return b"T05thread:%x;" % thread

    def _write(self, address: int, data: bytes) -> None:
        self._late.append(b"M%x,4:%b" % (address, data))

    def _ask(self, *bodies: bytes) -> bytes:
        """The reply to the last of them."""
        self._send(*bodies)
        for _ in bodies:
            reply = self._receive()
        return reply

    def _send(self, *bodies: bytes) -> None:
        late, self._late = self._late, []
        self._machine.send(*late, *bodies)
        for request in late:
            reply = self._receive()
            if reply != b"OK":
                sys.exit(f"relay: {request!r} was refused: {reply!r}")

    def _receive(self) -> bytes:
        while True:
            body, is_packet = self._machine.receive()
            if is_packet:
                return body


def has_delay_slot(word: int) -> bool:
    """Whether the instruction is a branch or a jump (MIPS I: regimm, j, jal, four compares; jr and jalr)."""
    operation = word >> 26
    return 1 <= operation <= 7 or (operation == 0 and word & 0x3F in (8, 9))


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
