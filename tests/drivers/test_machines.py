"""What hosts kernels: how it is set up, what it refuses, how it ends, and that nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.base import DriverError
from drivers.machines.base import Ended, Machine
from drivers.machines.configuration import bring_files, read_configuration, set_up, write_configuration
from drivers.machines.console import Console, find_panic
from drivers.machines.emulation import Emulation
from drivers.machines.kernels import parse_size
from drivers.machines.qemu import Qemu
from drivers.machines.sys161 import Sys161
from drivers.state import EndKind
from tests.drivers.kernels import build_kernel, needs_machine

# Stands in for sys161, which is nobody's package: its options, its messages, its socket and its exit statuses.
SYS161 = """#!/usr/bin/env python3
import os, signal, socket, sys
if len(sys.argv) == 1:
    sys.exit("sys161: System/161 release 2.0.8, compiled Jan 1 2026 00:00:00\\nsys161: Usage: sys161 kernel")
assert sys.argv[1:4] == ["-c", "sys161.conf", "-w"], sys.argv
boot = sys.argv[5] if len(sys.argv) > 5 else ""
if boot == "broken":
    sys.stderr.write("sys161: config sys161.conf: No system memory\\n")
    sys.exit(2)
os.makedirs(".sockets", exist_ok=True)
listening = socket.socket(socket.AF_UNIX)
listening.bind(".sockets/gdb")
listening.listen(1)
sys.stderr.write("sys161: Waiting for debugger connection...\\n")
sys.stderr.flush()
listening.accept()[0].recv(1)
sys.stdout.write("kernel: " + boot + "\\n" + open("sys161.conf").read())
if boot == "panic":
    sys.stdout.write("panic: Assertion failed: x > 0, at a.c:1 (f)\\n")
    sys.stdout.flush()
    sys.exit(1)
if boot == "long":
    sys.stdout.write("x" * 3_000_000)
    sys.stdout.flush()
sys.stdout.flush()
if boot == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
sys.exit(int(boot) if boot.isdecimal() else 0)
"""


@pytest.fixture
def sys161(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "sys161"
    program.parent.mkdir()
    program.write_text(SYS161)
    program.chmod(0o755)
    return program


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A file with the header of a kernel for OS/161's machine: linked at the beginning of memory."""
    return make_kernel(tmp_path / "kernel", 0x80000200)


def make_kernel(path: Path, address: int, size: int = 0x1000, *, machine: int = 8, order: int = 2) -> Path:
    """An ELF file with one segment (System V ABI, chapter 4)."""
    header = b"\x7fELF" + bytes([1, order, 1]) + bytes(9)
    words = [(2, 2), (2, machine), (4, 1), (4, address), (4, 52), (4, 0), (4, 0x1001)]
    header += b"".join(value.to_bytes(width, "big") for width, value in words)
    header += b"".join(value.to_bytes(2, "big") for value in (52, 32, 1, 40, 0, 0))
    segment = b"".join(value.to_bytes(4, "big") for value in (1, 0x1000, address, address, 0, size, 7, 4))
    path.write_bytes(header + segment)
    return path


def wake(running: Emulation) -> None:
    """Connect as a debugger does, and ask for something."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(running.endpoint)
        connection.send(b"?")


@pytest.fixture
def start(sys161: Path, kernel: Path, tmp_path: Path, mark: str) -> Iterator[Callable[..., Emulation]]:
    started: list[Emulation] = []

    def start(boot: str, folder: str = "run", **options: object) -> Emulation:
        directory = tmp_path / folder
        directory.mkdir(parents=True, exist_ok=True)
        started.append(Sys161(program=str(sys161), **options).start(kernel, boot, directory))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for running in started:
        running.close()


@pytest.mark.parametrize(
    ("boot", "expected"),
    [
        ("0", Ended(EndKind.POWEROFF)),
        ("panic", Ended(EndKind.PANIC, message="Assertion failed: x > 0, at a.c:1 (f)")),
        ("3", Ended(EndKind.LOST, message="sys161 was ended by its debugger")),
        ("2", Ended(EndKind.LOST, message="sys161 ended with status 2: Waiting for debugger connection...")),
        ("crash", Ended(EndKind.LOST, message="sys161 was killed by SIGSEGV")),
    ],
)
def test_how_sys161_ends(boot: str, expected: Ended, start: Callable[..., Emulation]) -> None:
    running = start(boot)
    assert running.ended(0) is None
    wake(running)
    assert running.ended(10) == expected
    assert f"kernel: {boot}\n" in running.console.capture.text


def test_sys161_is_killed(start: Callable[..., Emulation]) -> None:
    running = start("q")
    assert running.pid is not None
    os.kill(running.pid, signal.SIGKILL)
    assert running.ended(10) == Ended(EndKind.LOST, message="sys161 was killed by SIGKILL")


def test_a_console_that_is_full_does_not_keep_the_end_away(start: Callable[..., Emulation]) -> None:
    running = start("long")
    wake(running)
    assert running.ended(20) == Ended(EndKind.POWEROFF)
    assert running.console.capture.total > 3_000_000


def test_a_closed_machine_is_gone(
    start: Callable[..., Emulation], processes_with: Callable[[str], list[str]], mark: str
) -> None:
    running = start("q")
    assert processes_with(mark)
    running.close()
    running.close()
    assert processes_with(mark) == []


def test_sys161_that_does_not_start_says_why(start: Callable[..., Emulation]) -> None:
    with pytest.raises(DriverError, match=r"sys161 did not start: config sys161\.conf: No system memory"):
        start("broken")


def test_a_stale_socket_and_a_long_path(start: Callable[..., Emulation], tmp_path: Path) -> None:
    folder = "/".join(["a long name of a folder"] * 6)
    stale = tmp_path / folder / ".sockets" / "gdb"
    stale.parent.mkdir(parents=True)
    os.mkfifo(stale)
    running = start("0", folder)
    assert len(running.endpoint) < 108
    wake(running)
    assert running.ended(10) == Ended(EndKind.POWEROFF)
    running.close()
    assert not Path(running.endpoint).exists()


def test_two_machines_side_by_side(start: Callable[..., Emulation]) -> None:
    one, other = start("0", "one"), start("panic", "other")
    assert one.endpoint != other.endpoint
    wake(other)
    wake(one)
    assert (one.ended(10), other.ended(10)) == (
        Ended(EndKind.POWEROFF),
        Ended(EndKind.PANIC, message="Assertion failed: x > 0, at a.c:1 (f)"),
    )


def test_the_configuration_of_a_run(start: Callable[..., Emulation], tmp_path: Path) -> None:
    def configuration(**options: object) -> str:
        running = start("0", **options)
        wake(running)
        assert running.ended(10) == Ended(EndKind.POWEROFF)
        return running.console.capture.text.partition("\n")[2]

    assert configuration() == (
        "0 serial\n1 emufs dir=emufs1\n28 random seed=1\n29 timer\n30 trace\n31 mainboard cpus=1 ramsize=4M\n"
    )
    assert "seed=9\n" in configuration(seed=9)
    assert "31 mainboard cpus=4 ramsize=1048576\n" in configuration(cpus=4, ramsize="1M")


def configure(root: Path, text: str, directory: Path, **options: int | None) -> tuple[list[str], list[str]]:
    """The lines of a run's configuration, and the notes."""
    (root / "sys161.conf").write_text(text)
    devices = read_configuration(root)
    given = {"cpus": None, "seed": None, "ramsize": None} | options
    notes = set_up(devices, given["cpus"], given["seed"], given["ramsize"], is_default=False)
    bring_files(devices, root, directory)
    write_configuration(devices, directory / "out")
    return (directory / "out").read_text().splitlines(), notes


def test_a_configuration_that_is_there_is_honoured(tmp_path: Path) -> None:
    (tmp_path / "LHD0.img").write_bytes(b"disk")
    text = (
        "# devices\n0\tserial\n2 disk rpm=7200 file=LHD0.img nodoom # swap\n"
        "5 emufs dir=files\n28 random autoseed\n31 mainboard ramsize=16M cpus=8\n"
    )
    run = tmp_path / "run"
    run.mkdir()
    lines, notes = configure(tmp_path, text, run)
    assert lines == [
        "0 serial",
        "2 disk rpm=7200 nodoom file=disk2.img",
        "5 emufs dir=emufs5",
        "28 random seed=1",
        "31 mainboard ramsize=16M cpus=8",
    ]
    assert notes == ["seed=1 replaces the autoseed of sys161.conf, with which no run could be repeated"]
    (run / "disk2.img").write_bytes(b"written by the kernel")
    assert (tmp_path / "LHD0.img").read_bytes() == b"disk"
    assert (run / "emufs5").readlink() == tmp_path / "files"
    again, _ = configure(tmp_path, text, run)
    assert again == lines
    assert (run / "disk2.img").read_bytes() == b"disk"


def test_options_come_before_the_configuration(tmp_path: Path) -> None:
    lines, notes = configure(
        tmp_path, "28 random seed=5\n31 mainboard ramsize=1M cpus=8", tmp_path, cpus=2, seed=7, ramsize=65536
    )
    assert lines == ["28 random seed=7", "31 mainboard cpus=2 ramsize=65536"]
    assert notes == []


def test_a_seed_that_is_there_stays(tmp_path: Path) -> None:
    assert configure(tmp_path, "28 random seed=5\n31 busctl ramsize=1M", tmp_path)[0][0] == "28 random seed=5"


def test_devices_that_the_options_need(tmp_path: Path) -> None:
    lines, notes = configure(tmp_path, "30 trace\n31 busctl ramsize=1M", tmp_path, cpus=2, seed=3)
    assert lines == ["30 trace", "31 mainboard ramsize=1M cpus=2", "29 random seed=3"]
    assert len(notes) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 serial\n", "has no mainboard in slot 31"),
        ("serial\n31 mainboard", r"sys161\.conf:1: not a device: 'serial'"),
        ("31 mainboard ramsize=lots", "not a size of memory: 'lots'"),
        ("31 mainboard ramsize=2K", r"segment 0x80000200–0x80001200 lies outside of the machine's memory \(2 KiB"),
    ],
)
def test_configurations_that_are_refused(text: str, message: str, tmp_path: Path, kernel: Path) -> None:
    (tmp_path / "sys161.conf").write_text(text)
    machine = Sys161(root=tmp_path, program="no-such-sys161")
    with pytest.raises(DriverError, match=message):
        machine.start(kernel, "q", tmp_path)


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (Qemu(), "linked at 0x80000200, where malta's firmware keeps its own data"),
        (Qemu(cpus=2), "malta has one processor, and 2 are wanted: use --machine sys161"),
        (Qemu(ramsize="much"), "not a size of memory: 'much'"),
        (Sys161(cpus=33), "sys161 has from 1 to 32 processors, and 33 are wanted"),
    ],
)
def test_what_a_machine_refuses(machine: Machine, message: str, kernel: Path) -> None:
    refused = machine.refusal(kernel)
    assert refused is not None
    assert message in refused


def test_what_each_machine_can_run(kernel: Path, tmp_path: Path) -> None:
    assert Sys161().refusal(kernel) is None
    high = make_kernel(tmp_path / "high", 0x80100000)
    assert Qemu().refusal(high) is None
    assert Sys161().refusal(high) is None
    assert "lies outside" in (Qemu(ramsize="1M").refusal(high) or "")
    assert "lies outside" in (Sys161().refusal(make_kernel(tmp_path / "user", 0x400000)) or "")


@pytest.mark.parametrize("machine", [Qemu(), Sys161()])
def test_files_that_are_no_kernels(machine: Machine, tmp_path: Path) -> None:
    def refusal(path: Path) -> str:
        return machine.refusal(path) or "none"

    assert "there is no such file" in refusal(tmp_path / "missing")
    assert "is a directory" in refusal(tmp_path)
    (tmp_path / "text").write_text("kernel")
    assert "is not an ELF file" in refusal(tmp_path / "text")
    assert "32-bit big-endian MIPS" in refusal(make_kernel(tmp_path / "arm", 0x80100000, machine=40))
    assert "32-bit big-endian MIPS" in refusal(make_kernel(tmp_path / "little", 0x80100000, order=1))
    whole = make_kernel(tmp_path / "cut", 0x80100000).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:70])
    assert "is cut short" in refusal(tmp_path / "cut")
    (tmp_path / "object").write_bytes(whole[:17] + b"\1" + whole[18:])
    assert "is not linked" in refusal(tmp_path / "object")


def test_versions(sys161: Path) -> None:
    assert Sys161(program=str(sys161)).version() == "System/161 release 2.0.8, compiled Jan 1 2026 00:00:00"
    with pytest.raises(DriverError, match=r"no usable no-such-sys161 here: .*--machine qemu"):
        Sys161(program="no-such-sys161").version()
    with pytest.raises(DriverError, match=r"no usable no-such-qemu here: .*apt install qemu-system-mips"):
        Qemu(program="no-such-qemu").version()
    with pytest.raises(DriverError, match="true is not QEMU"):
        Qemu(program="true").version()
    with pytest.raises(DriverError, match="true is not sys161"):
        Sys161(program="true").version()


@pytest.mark.parametrize(("text", "size"), [("4M", 4 << 20), ("512k", 512 << 10), ("4096", 4096), (" 1G ", 1 << 30)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_the_first_panic_counts() -> None:
    text = "boot\r\npanic: out of memory\r\npanic: nested\r\n"
    assert find_panic(text) == "out of memory"
    assert find_panic("a panic: is not at the beginning") is None
    assert find_panic("no panic: busy\nworking... panic: out of memory\r\n", is_certain=True) == "out of memory"
    console = Console()
    os.write(console.writer, text.encode())
    console.close_writer()
    console.drain()
    assert console.is_at_end
    assert console.capture.text == text
    console.close()


@needs_machine
def test_qemu_waits_for_the_debugger_and_dies_with_us(tmp_path: Path, mark: str) -> None:
    kernel = build_kernel(tmp_path)
    machine = Qemu(seed=3)
    assert machine.version().startswith("QEMU emulator version ")
    running = machine.start(kernel, "e5", tmp_path)
    assert running.ended(0.2) is None
    assert running.console.capture.text == ""
    with socket.socket(socket.AF_UNIX) as debugger:
        debugger.connect(running.endpoint)
        debugger.settimeout(20)
        debugger.sendall(b"$c#63")
        answer = b""
        while b"$W05#" not in answer:
            answer += debugger.recv(4096)
    assert running.ended(20) == Ended(EndKind.EXIT, code=5)
    assert running.console.capture.text == "booted\n"
    running.close()


@needs_machine
@pytest.mark.parametrize(
    ("last", "status", "words"),
    [
        ("echo 'qemu-system-mips: Missing random event in the replay log' >&2; exit 1", 1, "Missing random event"),
        ("exit 0", 0, ""),
    ],
)
def test_a_replay_that_ends_otherwise_is_no_end_of_the_kernel(
    tmp_path: Path, last: str, status: int, words: str
) -> None:
    kernel = build_kernel(tmp_path)
    program = tmp_path / "qemu"
    qemu = shutil.which("qemu-system-mips")
    program.write_text(f'#!/bin/sh\ncase "$*" in *rr=replay*) {last};; esac\nexec {qemu} "$@"\n')
    program.chmod(0o755)
    running = Qemu(program=str(program)).start(kernel, "e5", tmp_path)
    ended = running.ended(20)
    running.close()
    assert ended is not None
    assert ended.kind is EndKind.LOST
    assert ended.message.startswith(f"qemu ended with status {status}: {words}")


@needs_machine
def test_what_qemu_itself_complains_of_is_told(tmp_path: Path) -> None:
    program = tmp_path / "qemu-system-mips"
    program.write_text('#!/bin/sh\necho "$0: failed to find romfile \\"some.bin\\"" >&2\nexit 1\n')
    program.chmod(0o755)
    kernel = build_kernel(tmp_path)
    with pytest.raises(DriverError, match=r'qemu does not start: failed to find romfile "some\.bin"'):
        Qemu(program=str(program)).start(kernel, "q", tmp_path)
