"""The relay, between a debugger that goes on from breakpoints as gdb does and a machine that runs as sys161 does.

Both are models: the machine's processors do one instruction each at a time, and it notes which ones they did; the
debugger fails, as gdb 13 does, when another processor than the one it steps is told to have stopped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.machines.base import Ended
from drivers.machines.processors import has_delay_slot
from drivers.machines.relay import Relay
from drivers.machines.sys161 import Sys161
from drivers.machines.wire import Over, Wire
from drivers.state import EndKind
from tests.drivers.test_machines import SYS161, make_kernel

FIRST = 10
NOP, BREAK = "00000000", "0005000d"
HANDLER = 0x80000080
CODE = 0x80001000
LENGTH = 8  # instructions of a loop; the last but one jumps to the first


@dataclass
class Processor:
    pc: int
    sp: int
    interrupts: set[int]  # the instructions (by their number) before which there is one
    done: int = 0
    target: int | None = None  # of the jump whose delay slot is next
    epc: int = 0
    is_serving: bool = False


@dataclass
class Machine:
    """Ends when a processor has done its `length` instructions."""

    processors: list[Processor]
    words: dict[int, str]
    length: int
    done: Counter[tuple[int, int]] = field(default_factory=Counter)  # processor and address
    selected: int = 0

    def cycle(self) -> int | None:
        """One instruction on each processor. Returns the first processor that is at a breakpoint."""
        hits = [number for number, processor in enumerate(self.processors) if not self._do(number, processor)]
        return hits[0] if hits else None

    def _do(self, number: int, processor: Processor) -> bool:
        begin = processor.pc - 4 if processor.target is not None else processor.pc
        if not processor.is_serving and processor.done in processor.interrupts:
            processor.interrupts.remove(processor.done)
            processor.epc, processor.pc, processor.target, processor.is_serving = begin, HANDLER, None, True
        if processor.is_serving:
            # Two instructions: the second one returns.
            processor.is_serving = processor.pc == HANDLER
            processor.pc = HANDLER + 4 if processor.is_serving else processor.epc
            return True
        word = self.words[processor.pc]
        if word == BREAK:
            return False
        self.done[number, processor.pc] += 1
        processor.done += 1
        after = processor.pc + 4 if processor.target is None else processor.target
        is_jump = has_delay_slot(int(word, 16))
        processor.target = 0x80000000 | (int(word, 16) & 0x3FFFFFF) << 2 if is_jump else None
        processor.pc = after
        return True

    def serve(self, connection: socket.socket) -> None:
        wire = Wire(connection)
        with connection, contextlib.suppress(Over):
            while True:
                body, _ = wire.receive()
                for piece in self._answer(body.decode()):
                    wire.send(piece.encode())

    def _answer(self, body: str) -> Iterator[str]:
        match body[:1]:
            case "c":
                while (number := self.cycle()) is None:
                    self._end()
                self.selected = number
                yield f"T05thread:{number + FIRST:x};"
            case "s":
                self.cycle()
                self._end()
                yield f"T05thread:{self.selected + FIRST:x};"
            case "g":
                processor = self.processors[self.selected]
                registers = [0] * 48
                registers[29], registers[37], registers[46] = processor.sp, processor.pc, processor.epc
                yield "".join(f"{register:08x}" for register in registers)
            case "m":
                yield self.words.get(int(body[1:].partition(",")[0], 16), NOP)
            case "M":
                place, _, data = body[1:].partition(":")
                self.words[int(place.partition(",")[0], 16)] = data
                yield "OK"
            case "H" if body[1] == "g":
                self.selected = int(body[2:], 16) - FIRST
                yield "OK"
            case _:
                yield "\0"

    def _end(self) -> None:
        if any(processor.done >= self.length for processor in self.processors):
            raise Over


class Debugger:
    """Notes each breakpoint that a processor is at when it is told to have stopped, and the others that are there."""

    def __init__(self, connection: socket.socket, threads: range, words: dict[int, str], breakpoints: set[int]) -> None:
        self._wire = Wire(connection)
        self._threads = threads
        self._words = words
        self._breakpoints = breakpoints
        self.hits: Counter[tuple[int, int]] = Counter()

    def ask(self, body: str) -> str:
        self._wire.send(body.encode())
        return self._wire.receive()[0].decode()

    def run(self) -> None:
        with contextlib.suppress(Over):
            for place in self._breakpoints:
                self._write(place, BREAK)
            thread = self._continue()
            while True:
                place, _ = self._look(thread)
                if place in self._breakpoints:
                    self._hit(thread, place)
                    thread = self._step(thread, place)
                else:
                    thread = self._continue()

    def _hit(self, thread: int, place: int) -> None:
        for other in self._threads:
            if self._look(other)[0] == place:
                self.hits[other - FIRST, place] += 1
        self._look(thread)

    def _step(self, thread: int, place: int) -> int:
        """Go on from a breakpoint, to the next instruction."""
        word = int(self._words[place], 16)
        after = 0x80000000 | (word & 0x3FFFFFF) << 2 if has_delay_slot(word) else place + 4
        self._write(place, self._words[place])
        if after not in self._breakpoints:
            self._write(after, BREAK)
        self.ask(f"Hc{thread:x}")
        stopped = self._stopped(self.ask("c"))
        assert stopped == thread, "gdb 13 fails here: finish_step_over: Assertion trap_expected"
        if after not in self._breakpoints:
            self._write(after, self._words[after])
        self._write(place, BREAK)
        return stopped

    def _continue(self) -> int:
        self.ask("Hc0")
        return self._stopped(self.ask("c"))

    def _stopped(self, reply: str) -> int:
        assert reply.startswith("T05thread:")
        return int(reply[10:-1], 16)

    def _look(self, thread: int) -> tuple[int, int]:
        assert self.ask(f"Hg{thread:x}") == "OK"
        reply = self.ask("g")
        return int(reply[37 * 8 : 38 * 8], 16), int(reply[29 * 8 : 30 * 8], 16)

    def _write(self, place: int, word: str) -> None:
        assert self.ask(f"M{place:x},4:{word}") == "OK"


def loop(begin: int) -> dict[int, str]:
    """Instructions of a loop, whose last but one jumps to the first."""
    words = {begin + 4 * place: NOP for place in range(LENGTH)}
    words[begin + 4 * (LENGTH - 2)] = f"{2 << 26 | (begin & 0xFFFFFFF) >> 2:08x}"
    return words


def record(
    begins: list[int], offsets: list[int], breakpoints: set[int], interrupts: list[set[int]], *, is_relayed: bool = True
) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
    """What the debugger saw at the breakpoints, and what the machine did there.

    Where a processor is at the end it may have been seen, and has not done the instruction: that is counted as done.
    """
    words = {place: word for begin in begins for place, word in loop(begin).items()}
    processors = [
        Processor(begin + 4 * offset, 0x80100000 + 0x1000 * number, set(those))
        for number, (begin, offset, those) in enumerate(zip(begins, offsets, interrupts, strict=True))
    ]
    machine = Machine(processors, dict(words), length=40)
    threads = range(FIRST, FIRST + len(processors))
    near, far = socket.socketpair()
    served = [Thread(target=machine.serve, args=(far,))]
    if is_relayed:
        to_relay, from_gdb = socket.socketpair()
        served.append(Thread(target=relay, args=(from_gdb, near, len(processors))))
        near = to_relay
    near.settimeout(20)
    for thread in served:
        thread.start()
    debugger = Debugger(near, threads, words, breakpoints)
    try:
        debugger.run()
    finally:
        near.close()
        for thread in served:
            thread.join()
    done = machine.done.copy()
    for number, processor in enumerate(processors):
        last = (number, processor.epc if processor.is_serving else processor.pc)
        done[last] += debugger.hits[last] == done[last] + 1
    return debugger.hits, Counter({key: n for key, n in done.items() if n and key[1] in breakpoints})


def relay(gdb: socket.socket, machine: socket.socket, cpus: int) -> None:
    with gdb, machine, contextlib.suppress(Over):
        Relay(gdb, machine, FIRST, cpus).serve()


OFFSETS = st.lists(st.integers(0, LENGTH - 3), min_size=2, max_size=4)
PLACES = st.sets(st.integers(0, LENGTH - 2), min_size=1, max_size=LENGTH - 1)
INTERRUPTS = st.lists(st.sets(st.integers(0, 40), max_size=12), min_size=4, max_size=4)


def test_without_a_relay_the_debugger_fails() -> None:
    with pytest.raises(AssertionError, match="finish_step_over"):
        record([CODE, CODE], [1, 3], {CODE + 8, CODE + 20}, [{1, 2}, set()], is_relayed=False)


def test_two_processors_at_two_breakpoints() -> None:
    hits, done = record([CODE, CODE], [1, 3], {CODE + 8, CODE + 20}, [{1, 2}, set()])
    assert hits == done
    assert {number for number, _ in hits} == {0, 1}


@settings(max_examples=60, deadline=None)
@given(offsets=OFFSETS, places=PLACES)
def test_processors_in_the_same_code(offsets: list[int], places: set[int]) -> None:
    """Nothing is missed, and nothing is seen twice, also where some are at one breakpoint together."""
    hits, done = record([CODE] * len(offsets), offsets, {CODE + 4 * p for p in places}, [set()] * len(offsets))
    assert hits == done


@settings(max_examples=60, deadline=None)
@given(offsets=OFFSETS, places=PLACES, interrupts=INTERRUPTS)
def test_interrupted_processors(offsets: list[int], places: set[int], interrupts: list[set[int]]) -> None:
    """An instruction that an interrupt came before is done once, and its breakpoint is seen once."""
    begins = [CODE + 0x100 * number for number in range(len(offsets))]
    hits, done = record(begins, offsets, {b + 4 * p for b in begins for p in places}, interrupts[: len(offsets)])
    # A jump whose delay slot is interrupted is done twice, and is one visit of the breakpoint.
    jumps = {begin + 4 * (LENGTH - 2) for begin in begins}
    assert {key: n for key, n in hits.items() if key[1] not in jumps} == {
        key: n for key, n in done.items() if key[1] not in jumps
    }
    assert all(hits[key] <= n for key, n in done.items())


@settings(max_examples=60, deadline=None)
@given(offsets=OFFSETS, places=PLACES, interrupts=INTERRUPTS)
def test_interrupted_processors_in_the_same_code(
    offsets: list[int], places: set[int], interrupts: list[set[int]]
) -> None:
    """Nothing is missed. One that waits to do an instruction again may be seen again, where another one comes."""
    breakpoints = {CODE + 4 * p for p in places if p != LENGTH - 2}
    hits, done = record([CODE] * len(offsets), offsets, breakpoints, interrupts[: len(offsets)])
    assert all(hits[key] >= n for key, n in done.items())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (0x0C000400, True),  # jal
        (0x03E00008, True),  # jr $ra
        (0x1440FFFE, True),  # bnez
        (0x04110002, True),  # bgezal
        (0x00000000, False),
        (0x27BDFFE8, False),  # addiu
        (0x0000000C, False),  # syscall
        (0x8FBF0014, False),  # lw
    ],
)
def test_delay_slots(word: int, expected: bool) -> None:
    assert has_delay_slot(word) is expected


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A debugger's and a machine's ends of a relay, by hand."""
    gdb, from_gdb = socket.socketpair()
    machine, to_machine = socket.socketpair()
    thread = Thread(target=relay, args=(from_gdb, to_machine, 2))
    thread.start()
    with gdb, machine:
        gdb.settimeout(20)
        machine.settimeout(20)
        yield gdb, machine
    thread.join()


def expect(connection: socket.socket, data: bytes) -> None:
    assert connection.recv(len(data), socket.MSG_WAITALL) == data


def test_what_is_in_pieces_or_damaged(ends: tuple[socket.socket, socket.socket]) -> None:
    gdb, machine = ends
    gdb.sendall(b"+$qSup")
    gdb.sendall(b"ported#3")
    gdb.sendall(b"7")
    expect(machine, b"$qSupported#37")
    for piece in (b"+", b"$", b"\0", b"#00"):  # as sys161 says that it does not know something
        machine.sendall(piece)
    expect(gdb, b"+$\0#00")
    gdb.sendall(b"-")
    expect(gdb, b"$\0#00")
    gdb.sendall(b"$m80000000,4#00")
    expect(gdb, b"-")
    gdb.sendall(b"$?#3f")
    expect(machine, b"+$?#3f")
    machine.sendall(b"+$T05thread:a;#00")
    expect(machine, b"-")
    machine.sendall(b"$T05thread:a;#07")
    expect(gdb, b"+$T05thread:a;#07")


def test_what_comes_while_it_runs(ends: tuple[socket.socket, socket.socket]) -> None:
    gdb, machine = ends
    gdb.sendall(b"$c#63")
    expect(gdb, b"+")
    expect(machine, b"$c#63")
    gdb.sendall(b"\x03")
    expect(machine, b"\x03")
    gdb.sendall(b"$k#6b")
    expect(machine, b"$k#6b")
    machine.close()
    expect(gdb, b"+")
    assert gdb.recv(1) == b""


@pytest.mark.parametrize("is_running", [False, True])
@pytest.mark.parametrize("side", [0, 1], ids=["gdb", "machine"])
def test_the_end_of_one_side_is_that_of_the_other(
    side: int, is_running: bool, ends: tuple[socket.socket, socket.socket]
) -> None:
    gdb, machine = ends
    if is_running:
        gdb.sendall(b"$c#63")
        expect(gdb, b"+")
        expect(machine, b"$c#63")
    ends[side].close()
    assert ends[1 - side].recv(1) == b""


@pytest.fixture
def sys161(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "sys161"
    program.parent.mkdir()
    program.write_text(SYS161)
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("boot", "expected"),
    [
        ("0", Ended(EndKind.POWEROFF)),
        ("panic", Ended(EndKind.PANIC, message="Assertion failed: x > 0, at a.c:1 (f)")),
        ("crash", Ended(EndKind.LOST, message="sys161 was killed by SIGSEGV")),
    ],
)
def test_how_a_machine_behind_a_relay_ends(boot: str, expected: Ended, sys161: Path, tmp_path: Path) -> None:
    running = Sys161(program=str(sys161), cpus=2).start(make_kernel(tmp_path / "kernel", 0x80000200), boot, tmp_path)
    try:
        with socket.socket(socket.AF_UNIX) as gdb:
            gdb.settimeout(20)
            gdb.connect(running.endpoint)
            gdb.sendall(b"$?#3f")
            assert running.ended(10) == expected
            assert gdb.recv(1) == b""
    finally:
        running.close()


def test_a_killed_relay_is_told(sys161: Path, tmp_path: Path) -> None:
    running = Sys161(program=str(sys161), cpus=2).start(make_kernel(tmp_path / "kernel", 0x80000200), "0", tmp_path)
    try:
        assert running.relay_pid is not None
        with socket.socket(socket.AF_UNIX) as gdb:
            gdb.settimeout(20)
            gdb.connect(running.endpoint)
            os.kill(running.relay_pid, signal.SIGKILL)
            # sys161 goes on by itself then, to a clean end that would hide that nobody saw it.
            assert running.ended(10) == Ended(
                EndKind.LOST, message="the relay between gdb and sys161 was killed by SIGKILL"
            )
            assert gdb.recv(1) == b""
    finally:
        running.close()
