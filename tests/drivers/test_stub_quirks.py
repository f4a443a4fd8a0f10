"""A real gdb on a stub that behaves like sys161's: what it is, and that the recordings are those of QEMU itself."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import Limits, Session
from drivers.machines.qemu import Qemu
from drivers.session import machine_run
from drivers.state import EndKind, Kind, Step
from tests.drivers.conftest import make_driver
from tests.drivers.kernels import SOURCE, build_kernel, needs_machine, record_kernel
from tests.drivers.sys161_stub import Fault, QuirkyQemu, Trouble, addresses_of

pytestmark = needs_machine

NAMES = ("total", "pair.second", "n", "i", "sum", "why")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=["agent", "plain", "lldb"])
def way(request: pytest.FixtureRequest, mark: str) -> str:
    found = str(request.param)
    make_driver(found)  # skips, where there is no lldb
    return found


class Client:
    """The debugger's end of the remote protocol, by hand."""

    def __init__(self, endpoint: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(endpoint)

    def ask(self, body: bytes) -> bytes:
        self.socket.sendall(b"$%b#%02x" % (body, sum(body) % 256))
        return self.reply()

    def reply(self) -> bytes:
        """The next packet's content; the four pieces come one by one."""
        data = b""
        while data[-3:-2] != b"#":
            piece = self.socket.recv(4096)
            assert piece, data
            data += piece
        assert data.lstrip(b"+").startswith(b"$")
        content = data.lstrip(b"+")[1:-3]
        assert int(data[-2:], 16) == sum(content) % 256
        return content


@pytest.fixture
def client(kernel: Path, tmp_path: Path, mark: str) -> Iterator[Client]:
    machine = QuirkyQemu(Qemu(), traps=["exit_machine"]).start(kernel, "p", tmp_path)
    client = Client(machine.endpoint)
    with client.socket:
        yield client
    machine.close()


def address_of(kernel: Path, name: str) -> int:
    (address,) = addresses_of(kernel, [name])
    return address


def test_what_is_not_supported_is_answered_with_a_nul(client: Client) -> None:
    for packet in (b"G00", b"p0", b"P0=0", b"X0,0:", b"Z0,80100000,4", b"z0,80100000,4", b"vCont?", b"vCont;c", b"Hc0"):
        assert client.ask(packet) == b"\0", packet
    for packet in (b"C05", b"S05", b"qSupported:swbreak+", b"qXfer:features:read:target.xml:0,ff", b"QStartNoAckMode"):
        assert client.ask(packet) == b"\0", packet


def test_processors_are_threads(client: Client) -> None:
    assert client.ask(b"?") == b"T05thread:a;"
    assert client.ask(b"qC") == b"QCa"
    assert client.ask(b"qfThreadInfo") == b"m0a"
    assert client.ask(b"qsThreadInfo") == b"l"
    assert bytes.fromhex(client.ask(b"qThreadExtraInfo,a").decode()) == b"CPU 0"
    assert client.ask(b"Hga") == client.ask(b"Ta") == b"OK"
    assert client.ask(b"Hg0") == client.ask(b"Tb") == b"E00"


def test_registers_and_memory(client: Client) -> None:
    assert len(client.ask(b"g")) == 48 * 8
    word = client.ask(b"m80100000,4")
    assert len(word) == 8
    assert client.ask(b"m80100000,1") == word
    assert client.ask(b"m80100001,1") == word[2:4]
    assert len(client.ask(b"m80100000,400")) == 511 * 2
    assert client.ask(b"m4,4") == client.ask(b"mc0000000,4") == client.ask(b"M4,4:00000000") == b"E03"


def test_a_written_break_stops(client: Client, kernel: Path) -> None:
    where = address_of(kernel, "check")
    assert client.ask(b"?") == b"T05thread:a;"
    word = client.ask(b"m%x,4" % where)
    assert client.ask(b"M%x,4:0005000d" % where) == b"OK"
    assert client.ask(b"m%x,4" % where) == b"0005000d"
    assert client.ask(b"c") == b"T05thread:a;"
    assert client.ask(b"g")[37 * 8 : 38 * 8] == b"%08x" % where
    assert client.ask(b"M%x,4:%b" % (where, word)) == b"OK"
    assert client.ask(b"m%x,4" % where) == word
    assert client.ask(b"s") == b"T05thread:a;"
    assert client.ask(b"g")[37 * 8 : 38 * 8] == b"%08x" % (where + 4)
    # The machine stops by itself, and goes on when it is told to, to its end: of that there is no packet.
    assert client.ask(b"c") == b"T05thread:a;"
    assert client.ask(b"g")[37 * 8 : 38 * 8] == b"%08x" % address_of(kernel, "exit_machine")
    client.socket.sendall(b"\x03$c#63")
    assert client.socket.recv(1) == b"+"
    assert client.socket.recv(1) == b""


@pytest.mark.parametrize("boot", ["c3", "f", "p", "e5"])
def test_same_recording_as_on_qemu(boot: str, way: str, kernel: Path) -> None:
    machine = QuirkyQemu(Qemu())
    steps, end = record_kernel(way, machine, kernel, boot, *NAMES)
    assert (steps, end) == record_kernel(way, Qemu(), kernel, boot, *NAMES)
    assert len(steps) > 10
    assert {step.thread for step in steps} == {0}
    assert machine.running is not None
    kinds = {request[:1] for request in machine.running.stub.requests}
    assert {b"M", b"c"} <= kinds, "breakpoints are written into memory"
    assert (b"Z" in kinds) == (way != "lldb"), "once Z0 was refused; lldb's relay knows that it would be"
    assert b"s" not in kinds


def test_values_and_stacks(way: str, kernel: Path) -> None:
    steps, end = record_kernel(way, QuirkyQemu(Qemu()), kernel, "f", *NAMES)
    deepest = max(steps, key=lambda step: len(step.frames))
    assert [frame.function for frame in deepest.frames[:6]] == ["factorial"] * 5 + ["kmain"]
    text = SOURCE.read_text().splitlines()
    # Lines of callers come from gdb's own tables, which gdb 13 does not find unless all symbols are read.
    assert "return n * factorial(n - 1);" in text[deepest.frames[1].line - 1]
    assert "factorial(5)" in text[deepest.frames[5].line - 1]
    numbers = [v.number for step in steps for s, v in step.changes.items() if s.expression == "n" and s.depth == 0]
    assert numbers[:5] == [5, 4, 3, 2, 1]
    totals = [v.number for step in steps for s, v in step.changes.items() if s.expression == "total" and s.depth == 0]
    assert totals == [0, 120]
    letters = [v for step in steps for s, v in step.changes.items() if s.expression == "pair.second" and s.depth == 0]
    assert [(v.kind, v.text) for v in letters] == [(Kind.CHARACTER, "99 'c'")]
    assert end.kind is EndKind.POWEROFF
    assert end.output == "booted\ndone\n"


@pytest.mark.parametrize("traps", [(), ("exit_machine",)], ids=["ends", "waits for the debugger"])
def test_panic(traps: tuple[str, ...], way: str, kernel: Path) -> None:
    _, end = record_kernel(way, QuirkyQemu(Qemu(), traps=traps), kernel, "p")
    assert end.kind is EndKind.PANIC
    assert end.message == "the value is too large: 3"
    assert [frame.function for frame in end.frames[:3]] == ["panic", "check", "kmain"]
    assert end.output.endswith("panic: the value is too large: 3\n")


def test_a_trap_outside_of_a_panic(way: str, kernel: Path) -> None:
    steps, end = record_kernel(way, QuirkyQemu(Qemu(), traps=["exit_machine"]), kernel, "e5")
    assert end.kind is EndKind.LOST
    assert "the machine stopped for its debugger in exit_machine" in end.message
    assert [frame.function for frame in end.frames[:2]] == ["exit_machine", "kmain"]
    assert len(steps) > 10


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.TRUNCATE])
@pytest.mark.parametrize(("request_", "count"), [(b"c", 12), (b"m", 30), (b"g", 12), (b"M", 30)])
def test_lost_connection(
    request_: bytes, count: int, fault: Fault, way: str, kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is lost, the steps until then are right, and the machine does not run on."""
    monkeypatch.setattr(machine_run, "_END_S", 0.5)
    whole, _ = record_kernel(way, Qemu(), kernel, "f", *NAMES)
    steps, end = record_kernel(way, QuirkyQemu(Qemu(), trouble=Trouble(fault, request_, count)), kernel, "f", *NAMES)
    assert end.kind is EndKind.LOST
    assert end.message.startswith("lldb" if way == "lldb" else "gdb")
    assert 0 < len(steps) < len(whole)
    assert steps == whole[: len(steps)]
    assert end.frames == steps[-1].frames


@pytest.mark.parametrize(("request_", "count"), [(b"c", 12), (b"m", 30)])
def test_stub_that_falls_silent(request_: bytes, count: int, way: str, kernel: Path) -> None:
    machine = QuirkyQemu(Qemu(), trouble=Trouble(Fault.SILENCE, request_, count))
    steps, end = record_kernel(way, machine, kernel, "f", limits=Limits(total_s=60, silence_s=1.5))
    assert end.kind is EndKind.TIME_LIMIT
    assert end.message == "neither a step nor output came for 1.5 s"
    assert steps


def test_killed_emulator(way: str, kernel: Path) -> None:
    machine = QuirkyQemu(Qemu())

    def kill(_: Session, step: Step) -> None:
        if step.index == 5:
            assert machine.running is not None
            assert machine.running.pid is not None
            os.kill(machine.running.pid, signal.SIGKILL)

    steps, end = record_kernel(way, machine, kernel, "C5", on_step=kill)
    assert end.kind is EndKind.LOST
    assert end.message == "qemu was killed by SIGKILL"
    assert len(steps) >= 6


@pytest.mark.parametrize("watcher", ["agent", "lldb"])
def test_what_is_lost_is_not_read_from_the_file(watcher: str, kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a machine gdb reads a variable's first value from the file, and lldb finds none."""
    make_driver(watcher)
    monkeypatch.setattr(machine_run, "_END_S", 0.1)
    whole, _ = record_kernel(watcher, Qemu(), kernel, "p", "pair.first", "name")
    ends = []
    for count in range(36, 46):
        machine = QuirkyQemu(Qemu(), trouble=Trouble(Fault.CLOSE, b"m", count))
        steps, end = record_kernel(watcher, machine, kernel, "p", "pair.first", "name")
        assert steps == whole[: len(steps)]
        ends.append(end.kind)
    assert set(ends) == {EndKind.LOST}
