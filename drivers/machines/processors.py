"""A machine's processors behind its stub: their registers, and how they go on from a breakpoint.

Runs in a relay's process: the standard library only.

To go on from a breakpoint it is taken away for one instruction, `s`. sys161 has each processor do one then (those at
breakpoints none). Any processor may begin to serve an interrupt instead: then the instruction comes again, and with it
its breakpoint, but that is no other stop. Such an instruction is owed to the kernel's thread, which its stack pointer
tells.
"""

import re
import sys
from collections.abc import Callable

from drivers.machines.wire import Wire

BREAK = b"0005000d"  # gdb's instruction for a breakpoint, big-endian MIPS
_STOP = re.compile(rb"T[0-9a-f]{2}thread:([0-9a-f]+);")
# Places of registers in the reply to `g`, in words.
_SP, _CAUSE, _PC, _EPC = 29, 36, 37, 46
# MIPS R3000: exceptions go to one of two vectors here; the code in the cause register is 0 for an interrupt.
_VECTORS = range(0x80000000, 0x80000100)
_CODE = 0x7C


class Registers:
    """What `g` says of a processor, and a few of its words."""

    count = 38  # that all machines have in the same order
    vectors = _VECTORS

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.pc = self._word(_PC)
        self.sp = self._word(_SP)

    @property
    def core(self) -> bytes:
        return self.reply[: self.count * 8]

    def word(self, number: int) -> bytes:
        """Its digits; empty for one that is not there."""
        return self.reply[number * 8 : number * 8 + 8] if number < self.count else b""

    def _word(self, place: int) -> int:
        return int(self.reply[place * 8 : place * 8 + 8], 16)

    def is_interrupted(self, place: int) -> bool:
        """Whether it was about to do the instruction at the place, and has begun to serve an interrupt instead."""
        return self.pc in self.vectors and not self._word(_CAUSE) & _CODE and self._return_address() in (place, None)

    def _return_address(self) -> int | None:
        return self._word(_EPC)


class Processors:
    """sys161's. `wait` returns when the machine may have sent something, and serves the debugger meanwhile."""

    registers = Registers

    def __init__(self, machine: Wire, first: int, count: int, wait: Callable[[], None]) -> None:
        self.threads = range(first, first + count)
        self.words: dict[int, bytes] = {}  # what is where a breakpoint is or was
        self.inserted: set[int] = set()
        self.stopped = first  # the one that stopped last
        self.known: dict[int, Registers] = {}  # at this stop
        self._machine = machine
        self._wait = wait
        self._current = first  # by the last `Hg` that the machine got
        self._late: list[bytes] = []  # sent with the next request, as each wait for a reply is dear
        self._owed: set[tuple[int, int]] = set()  # place and stack pointer

    def run(self) -> bytes:
        """Have all go on until there is a stop that the debugger has not seen yet: the machine's report of it.

        It is of the processor `stopped`, unless the machine tells its end.
        """
        while True:
            self.known.clear()
            self._send(b"c")
            reply = self._wait_for_stop()
            thread = self.learn_stop(reply)
            if thread is None or not self._owed:
                return reply
            place = self.look(thread).pc
            if place not in self.inserted or not self._is_owed(thread, place):
                return reply
            fresh = [t for t in self.threads if self.look(t).pc == place and not self._is_owed(t, place)]
            if fresh:
                return self.report(fresh[0])
            self.remove(place)
            self.go_past(thread)
            self.insert(place)

    def learn_stop(self, reply: bytes) -> int | None:
        """The processor that stopped, where a reply tells."""
        found = _STOP.fullmatch(reply)
        if found is None:
            return None
        self.stopped = self._current = int(found[1], 16)
        return self.stopped

    def report(self, thread: int) -> bytes:
        self.stopped = thread
        return b"T05thread:%x;" % thread

    def _wait_for_stop(self) -> bytes:
        while (item := self._machine.take()) is None:
            self._wait()
        return item[0]

    def go_past(self, thread: int) -> bool:
        """Have the processor do the instruction that it is at, where there is no breakpoint now, or begin to serve an
        interrupt: then it is not done. The others do one, as well."""
        place = self.look(thread).pc
        here = {t: self.look(t).sp for t in self.threads if self.look(t).pc == place}
        self._cycle(thread)
        interrupted = {t for t in here if self.look(t).is_interrupted(place)}
        if self.look(thread).pc == place + 4 and has_delay_slot(int(self.word(place), 16)):
            # sys161 stops before what is in the delay slot. Up to its end the branch can be interrupted, and is done
            # again. Nobody else may pass it unseen.
            self.insert(place)
            self._cycle(thread)
            self.remove(place)
            interrupted |= {t for t in here if self.look(t).is_interrupted(place)}
        for other, sp in here.items():
            if other in interrupted:
                self._owed.add((place, sp))
            else:
                self._owed.discard((place, sp))
        return thread not in interrupted

    def leave(self, thread: int) -> bytes | None:
        """Have the processor go on from the breakpoint that it is at. A stop that comes of it already is returned."""
        place = self.look(thread).pc
        self.remove(place)
        self.go_past(thread)
        self.insert(place)
        return None

    def step(self, thread: int, *, is_watched: bool) -> bytes:
        """Have the only processor do one instruction of the kernel's thread, with any interrupts that come before it.

        A breakpoint that an interrupt comes to ends it, too. With `is_watched` nobody else may do that instruction.
        """
        place, sp = self.look(thread).pc, self.look(thread).sp
        is_breakpoint = place in self.inserted
        if is_breakpoint:
            self.remove(place)
        while not self.go_past(thread):
            self.insert(place)
            self.known.clear()
            self._send(b"c")
            reply = self._wait_for_stop()
            if self.learn_stop(reply) is None:
                return reply
            self.remove(place)
            if self.look(thread).pc != place:
                break
            if self.look(thread).sp != sp and (is_watched or is_breakpoint):
                sys.exit(f"relay: while lldb stepped from {place:#x}, another of the kernel's threads came to it")
        if is_breakpoint:
            self.insert(place)
        return self.report(thread)

    def _cycle(self, thread: int) -> None:
        self.known.clear()
        self.select(thread)
        self.known[thread] = self._read(self._ask_cycle())

    def _ask_cycle(self) -> bytes:
        return self.ask(b"s", b"g")

    def select(self, thread: int) -> None:
        if self._current != thread:
            self._current = thread
            self._late.append(b"Hg%x" % thread)

    def _is_owed(self, thread: int, place: int) -> bool:
        return (place, self.look(thread).sp) in self._owed

    def look(self, thread: int) -> Registers:
        """The registers of a processor. Who wants those of a second one mostly wants all."""
        if thread not in self.known:
            missing = [t for t in self.threads if t not in self.known] if self.known else [thread]
            requests = [request for t in missing for request in (b"Hg%x" % t, b"g")]
            self._current = missing[-1]
            self._send(*requests)
            for other in missing:
                self._receive()
                self.known[other] = self._read(self._receive())
        return self.known[thread]

    def _read(self, reply: bytes) -> Registers:
        try:
            return self.registers(reply)
        except ValueError:
            sys.exit(f"relay: these are no registers: {reply!r}")

    def word(self, place: int) -> bytes:
        """The instruction there, whether there is a breakpoint or not."""
        if place not in self.words:
            reply = self.ask(b"m%x,4" % place)
            if len(reply) != len(BREAK):
                sys.exit(f"relay: there is no instruction at {place:#x}: {reply!r}")
            self.words[place] = reply
        return self.words[place]

    def insert(self, place: int) -> None:
        """Done before anything else that is asked of the machine."""
        self._late.append(b"M%x,4:%b" % (place, BREAK))

    def remove(self, place: int) -> None:
        self._late.append(b"M%x,4:%b" % (place, self.word(place)))

    def later(self, request: bytes) -> None:
        """A request that is sure to be answered with OK."""
        self._late.append(request)

    def ask(self, *bodies: bytes) -> bytes:
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


class QemuRegisters(Registers):
    """The first 38 are in the same order; the address that an interrupt returns to is not among the others."""

    vectors = range(0x80000000, 0x80000400)  # MIPS32

    def _return_address(self) -> int | None:
        return None


class QemuProcessors(Processors):
    """QEMU's: it has breakpoints of its own, and does a branch and what is in its delay slot in one step."""

    registers = QemuRegisters

    def _ask_cycle(self) -> bytes:
        # Whatever comes while it runs interrupts it (gdbstub.c, gdb_read_byte).
        self.ask(b"s")
        return self.ask(b"g")

    def insert(self, place: int) -> None:
        self._late.append(b"Z0,%x,4" % place)

    def remove(self, place: int) -> None:
        self._late.append(b"z0,%x,4" % place)


def has_delay_slot(word: int) -> bool:
    """Whether the instruction is a branch or a jump: regimm, j, jal, four compares (also likely ones); jr and jalr."""
    operation = word >> 26
    return 1 <= operation <= 7 or 0x14 <= operation <= 0x17 or (operation == 0 and word & 0x3F in (8, 9))
