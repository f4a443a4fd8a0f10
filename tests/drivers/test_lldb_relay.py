"""The relay for lldb: what it answers, that it misses no stop of any processor, and that real runs end as they should.

The debugger is played by hand, as lldb 14 behaves; the machines are the model of `test_relay.py`, QEMU, and QEMU that
looks like sys161.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.binary.frames import read_frames
from drivers.binary.lines import LineTable
from drivers.machines.base import Ended, Machine
from drivers.machines.lldb_relay import LldbRelay
from drivers.machines.qemu import Qemu
from drivers.machines.stacks import KernelStacks
from drivers.machines.wire import Over, Wire
from drivers.state import EndKind, Step
from tests.drivers import test_relay as model
from tests.drivers.kernels import build_kernel, needs_machine, record_kernel
from tests.drivers.sys161_stub import QuirkyQemu, addresses_of
from tests.drivers.test_relay import CODE, FIRST, INTERRUPTS, LENGTH, OFFSETS, PLACES, Processor, loop

SP, PC = 29, 37


class Lldb:
    """A debugger that asks as lldb does."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        self._wire = Wire(connection)
        self.close = connection.close
        assert self.ask("QStartNoAckMode") == "OK"
        self._wire.is_reliable = True

    def ask(self, body: str) -> str:
        self._wire.send(body.encode())
        return self._wire.receive()[0].decode()

    def register(self, number: int, thread: int) -> int:
        return int(self.ask(f"p{number:x};thread:{thread:04x};"), 16)

    def memory(self, address: int, size: int) -> bytes:
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}"))


def relay(lldb: socket.socket, machine: socket.socket, cpus: int, failures: list[object]) -> None:
    with lldb, machine:
        served = LldbRelay(lldb, machine, FIRST, cpus, "sys161")
        try:
            with contextlib.suppress(Over):
                served.serve()
            served.end()
        except SystemExit as error:
            failures.append(error.code)


@contextlib.contextmanager
def relayed(machine: model.Machine, failures: list[object] | None = None) -> Iterator[Lldb]:
    near, from_lldb = socket.socketpair()
    far, to_machine = socket.socketpair()
    found = [] if failures is None else failures
    threads = [
        Thread(target=machine.serve, args=(far,)),
        Thread(target=relay, args=(from_lldb, to_machine, len(machine.processors), found)),
    ]
    for thread in threads:
        thread.start()
    lldb = Lldb(near)
    try:
        yield lldb
    finally:
        lldb.close()
        for thread in threads:
            thread.join()


def machine_of(begins: list[int], offsets: list[int], interrupts: list[set[int]]) -> model.Machine:
    words = {place: word for begin in begins for place, word in loop(begin).items()}
    processors = [
        Processor(begin + 4 * offset, 0x80100000 + 0x1000 * number, set(those))
        for number, (begin, offset, those) in enumerate(zip(begins, offsets, interrupts, strict=True))
    ]
    return model.Machine(processors, words, length=40)


def record(machine: model.Machine, breakpoints: set[int]) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
    """What was seen at the breakpoints, and what the machine did there."""
    hits: Counter[tuple[int, int]] = Counter()
    threads = range(FIRST, FIRST + len(machine.processors))
    with relayed(machine) as lldb:
        for place in breakpoints:
            assert lldb.ask(f"Z0,{place:x},4") == "OK"
        while (report := lldb.ask("c")).startswith("T05"):
            place = lldb.register(PC, int(report[3:].split(";")[0].removeprefix("thread:"), 16))
            for thread in threads:
                hits[thread - FIRST, place] += lldb.register(PC, thread) == place
        assert report == "W00"
    done = machine.done.copy()
    for number, processor in enumerate(machine.processors):
        last = (number, processor.epc if processor.is_serving else processor.pc)
        done[last] += hits[last] == done[last] + 1
    return +hits, Counter({key: n for key, n in done.items() if n and key[1] in breakpoints})


@settings(max_examples=40, deadline=None)
@given(offsets=OFFSETS, places=PLACES)
def test_processors_in_the_same_code(offsets: list[int], places: set[int]) -> None:
    """Nothing is missed, and nothing is seen twice, also where some are at one breakpoint together."""
    hits, done = record(
        machine_of([CODE] * len(offsets), offsets, [set()] * len(offsets)), {CODE + 4 * p for p in places}
    )
    assert hits == done


@settings(max_examples=40, deadline=None)
@given(offset=st.integers(0, LENGTH - 3), places=PLACES, interrupts=INTERRUPTS, others=OFFSETS)
def test_interrupted_processors(offset: int, places: set[int], interrupts: list[set[int]], others: list[int]) -> None:
    """An instruction that an interrupt came before is done once, and its breakpoint is seen once."""
    offsets = [offset, *others[:3]]
    begins = [CODE + 0x100 * number for number in range(len(offsets))]
    hits, done = record(
        machine_of(begins, offsets, interrupts[: len(offsets)]), {b + 4 * p for b in begins for p in places}
    )
    # A jump whose delay slot is interrupted is done twice, and is one visit of the breakpoint.
    jumps = {begin + 4 * (LENGTH - 2) for begin in begins}
    assert {key: n for key, n in hits.items() if key[1] not in jumps} == {
        key: n for key, n in done.items() if key[1] not in jumps
    }
    assert all(hits[key] <= n for key, n in done.items())


@settings(max_examples=40, deadline=None)
@given(offset=st.integers(0, LENGTH - 3), places=PLACES, interrupts=st.sets(st.integers(0, 40), max_size=12))
def test_lldb_goes_on_from_its_own_breakpoints(offset: int, places: set[int], interrupts: set[int]) -> None:
    """`z0`, `s`, `Z0`, `c`, with one processor: the step does the instruction, whatever interrupts come."""
    machine = machine_of([CODE], [offset], [interrupts])
    hits: Counter[int] = Counter()
    breakpoints = {CODE + 4 * place for place in places}
    with relayed(machine) as lldb:
        for place in breakpoints:
            lldb.ask(f"Z0,{place:x},4")
        report = lldb.ask("c")
        while report.startswith("T05"):
            place = lldb.register(PC, FIRST)
            hits[place] += 1
            assert place in breakpoints
            lldb.ask(f"z0,{place:x},4")
            if not (report := lldb.ask("s")).startswith("T05"):
                break
            if (after := lldb.register(PC, FIRST)) in breakpoints:
                # lldb takes this for the end of its step, and looks for a breakpoint there as well.
                assert after != place
                lldb.ask(f"Z0,{place:x},4")
                continue
            lldb.ask(f"Z0,{place:x},4")
            report = lldb.ask("c")
    jump = CODE + 4 * (LENGTH - 2)
    done = {place: machine.done[0, place] for place in breakpoints if machine.done[0, place] and place != jump}
    last = machine.processors[0].epc if machine.processors[0].is_serving else machine.processors[0].pc
    for place, count in done.items():
        assert count <= hits[place] <= count + (place == last)


def test_a_step_of_one_processor_among_several_is_refused() -> None:
    failures: list[object] = []
    with relayed(machine_of([CODE, CODE], [1, 3], [set(), set()]), failures) as lldb:
        lldb.ask(f"Z0,{CODE + 8:x},4")
        lldb.ask("c")
        assert lldb.ask(f"Hc{FIRST:x}") == "E01"
        with pytest.raises(Over):
            lldb.ask("s")
    assert "they all would: set breakpoints by 'process plugin packet send Z0" in str(failures[0])


def test_what_it_answers() -> None:
    with relayed(machine_of([CODE, CODE], [0, 3], [set(), set()])) as lldb:
        assert "endian:big;ptrsize:4;" in lldb.ask("qHostInfo")
        assert lldb.ask("qRegisterInfo17").startswith("name:r23;alt-name:s7;bitsize:32;offset:92;")
        assert lldb.ask("qRegisterInfo25").endswith("dwarf:37;generic:pc;")
        assert lldb.ask("qRegisterInfo26") == "E45"
        assert (lldb.ask("qfThreadInfo"), lldb.ask("qsThreadInfo")) == ("ma,b", "l")
        assert [lldb.register(PC, FIRST), lldb.register(PC, FIRST + 1)] == [CODE, CODE + 12]
        assert lldb.ask("p26;thread:a;") == "E01"
        assert lldb.ask("g;thread:c;") == "E01"
        assert len(lldb.ask("g;thread:b;")) == 38 * 8
        for unknown in (
            "vCont?",
            "jThreadsInfo",
            "qSupported:xmlRegisters=mips",
            "QEnableErrorStrings",
            "Z1,80001000,4",
        ):
            assert lldb.ask(unknown) == "", unknown


def test_nobody_writes() -> None:
    machine = machine_of([CODE], [0], [set()])
    before = dict(machine.words)
    with relayed(machine) as lldb:
        for request in ("M80001000,4:00000001", "X80001000,1:x", "P25=80001000", "G00000000"):
            assert lldb.ask(request) == ""
    assert machine.words == before


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=[Qemu, lambda: QuirkyQemu(Qemu())], ids=["qemu", "quirky"])
def machine(request: pytest.FixtureRequest, mark: str) -> Machine:
    make: Callable[[], Machine] = request.param
    return make()


@contextlib.contextmanager
def booted(
    machine: Machine, kernel: Path, boot: str, directory: Path
) -> Iterator[tuple[Lldb, int, Callable[[], Ended]]]:
    """The debugger, the thread, and how the machine ended."""
    running = machine.start(kernel, boot, directory, debugger="lldb")

    def end() -> Ended:
        ended = running.ended(20)
        assert ended is not None
        return ended

    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(running.endpoint)
            yield Lldb(connection), running.first_cpu, end
    finally:
        running.close()


@needs_machine
def test_the_steps_and_stacks_are_those_of_gdb(machine: Machine, kernel: Path, tmp_path: Path) -> None:
    steps, _ = record_kernel("agent", Qemu(), kernel, "f")
    entries = [[entry.start, entry.end, list(entry.rows)] for entry in read_frames(LineTable.read(kernel))]
    with booted(machine, kernel, "f", tmp_path) as (lldb, thread, end):
        assert lldb.ask("?").startswith("T05")
        for place in {step.code for step in steps}:
            assert lldb.ask(f"Z0,{place:x},4") == "OK"
        stacks = KernelStacks(entries, lldb.memory, lambda number: lldb.register(number, thread))
        left = iter(steps)
        step: Step | None = next(left)
        while (report := lldb.ask("c")).startswith("T05"):
            pc = lldb.register(PC, thread)
            if step is None or pc != step.code:
                continue  # gdb's agent leaves out the repetitions of a line
            stacks.forget()
            places = stacks.places(pc)
            assert places is not None
            assert [place.address for place in places] == [frame.address for frame in step.frames]
            step = next(left, None)
        assert step is None
        assert report.startswith("W")
        assert end() == Ended(EndKind.POWEROFF)


@needs_machine
def test_memory_and_what_is_not_there(machine: Machine, kernel: Path, tmp_path: Path) -> None:
    (main,) = addresses_of(kernel, ["kmain"])
    (pair,) = addresses_of(kernel, ["pair"])
    with booted(machine, kernel, "c4", tmp_path) as (lldb, thread, _):
        lldb.ask("?")
        code = lldb.memory(main, 64)
        lldb.ask(f"Z0,{main:x},4")
        assert lldb.ask("c").startswith("T05")
        assert lldb.register(PC, thread) == main
        assert lldb.memory(main, 64) == code
        assert lldb.memory(main + 2, 3) == code[2:5]
        assert lldb.memory(pair, 5) == b"\0\0\0\3c"
        assert len(lldb.memory(main & ~0xFFF, 0x1000)) == 0x1000
        assert lldb.ask("m00000010,4") == "E03" or isinstance(machine, Qemu)


@needs_machine
@pytest.mark.parametrize(
    ("boot", "expected"),
    [("e7", Ended(EndKind.EXIT, code=7)), ("p", Ended(EndKind.PANIC, message="the value is too large: 3"))],
)
def test_how_a_run_ends(boot: str, expected: Ended, machine: Machine, kernel: Path, tmp_path: Path) -> None:
    with booted(machine, kernel, boot, tmp_path) as (lldb, _, end):
        lldb.ask("?")
        assert lldb.ask("c").startswith("W")
        assert end() == expected


@needs_machine
def test_steps_go_over_branches(machine: Machine, kernel: Path, tmp_path: Path) -> None:
    (place,) = addresses_of(kernel, ["count"])
    with booted(machine, kernel, "c2", tmp_path) as (lldb, thread, end):
        lldb.ask("?")
        lldb.ask(f"Z0,{place:x},4")
        lldb.ask("c")
        lldb.ask(f"z0,{place:x},4")
        seen = []
        for _ in range(30):
            assert lldb.ask("s").startswith("T05")
            seen.append(lldb.register(PC, thread))
        assert len(set(seen)) == 20  # of the loop, without those in delay slots
        assert all(place < pc < place + 0x100 for pc in seen)
        assert lldb.ask("c").startswith("W")
        assert end() == Ended(EndKind.POWEROFF)


@needs_machine
def test_a_killed_relay_is_told(kernel: Path, tmp_path: Path, mark: str) -> None:
    running = Qemu().start(kernel, "h", tmp_path, debugger="lldb")
    try:
        assert running.relay_pid is not None
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(running.endpoint)
            lldb = Lldb(connection)
            lldb.ask("?")
            os.kill(running.relay_pid, signal.SIGKILL)
            assert running.ended(10) == Ended(
                EndKind.LOST, message="the relay between lldb and qemu was killed by SIGKILL"
            )
            with pytest.raises(Over):
                lldb.ask("?")
    finally:
        running.close()
