"""A filter between gdb and QEMU's stub that behaves like sys161's, so that its quirks are tested where it is not.

What it imitates (sys161 2.0.8, measured): few packets are known, every other one is answered with a packet that holds
one NUL byte; a thread is a processor, and its id the processor's number plus 10; `g` has 48 words; `m` gives whole
words, 511 bytes at most, and E03 outside of the unmapped segments; each reply is written in four pieces; ^C is
ignored; at the end of a run the connection just closes. There are no breakpoints but those that gdb writes into
memory; QEMU would hand a written `break` to the guest, so that it becomes a breakpoint of QEMU's own here.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Thread

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from drivers.machines.base import Debugger, Ended, RunningMachine
from drivers.machines.emulation import Emulation
from drivers.machines.qemu import Qemu
from drivers.machines.relays import Dialect, RelayProcess

FIRST_THREAD = 10
_WORDS, _CORE_WORDS, _PC = 48, 38, 37
_MEMORY_BYTES = 511
_KSEG0, _KSEG2 = 0x80000000, 0xC0000000
_NUL = b"\0"
_ANSWER_S = 20.0
_PACKET = re.compile(rb"\$([^#]*)#([0-9a-fA-F]{2})", re.DOTALL)


class Fault(Enum):
    """What goes wrong with a reply."""

    CLOSE = "the connection closes instead"
    TRUNCATE = "half of it comes, and the connection closes"
    SILENCE = "neither it nor any later one comes, and nothing is done"


@dataclass(frozen=True)
class Trouble:
    """A fault at the `count`-th request that begins with `request`, from the first `c` on."""

    fault: Fault
    request: bytes
    count: int = 1


class _Over(Exception):
    """One side is gone."""


class _QemuStub:
    """QEMU's end: one request and its reply at a time, but for the report of a stop."""

    def __init__(self, endpoint: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(endpoint)
        self._unread = b""

    def send(self, body: bytes) -> None:
        try:
            self.socket.sendall(_frame(body))
        except OSError as error:
            raise _Over from error

    def receive(self) -> bytes:
        """The next packet. Raises _Over at the end of the run: for QEMU that is a `W` packet, or the end of file."""
        while (found := _PACKET.search(self._unread)) is None:
            if not select.select([self.socket], [], [], _ANSWER_S)[0]:
                raise _Over
            data = _read(self.socket)
            if not data:
                raise _Over
            self._unread += data
        self._unread = self._unread[found.end() :]
        with contextlib.suppress(OSError):
            self.socket.sendall(b"+")
        if found[1].startswith((b"W", b"X")):
            raise _Over
        return found[1]

    def ask(self, body: bytes) -> bytes:
        self.send(body)
        return self.receive()


class Sys161Stub:
    """Listens for one gdb at the unix socket `listen`, and answers from QEMU's stub at the unix socket `endpoint`.

    `traps` are addresses at which the machine stops by itself with a SIGTRAP, as sys161 does in a panic. Runs in
    a thread of its own until `close`, or until one of the two sides is gone. `requests` are those that came.
    """

    def __init__(
        self, endpoint: str, listen: Path, *, cpus: int, traps: Collection[int] = (), trouble: Trouble | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self._endpoint = endpoint
        self._cpus = cpus
        self._traps = frozenset(trap & 0xFFFFFFFF for trap in traps)
        self._trouble = trouble
        self._faults_left = trouble.count if trouble else 0
        self._has_run = False
        self._cpu = 0
        self._breaks: dict[int, bytes] = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(listen))
        self._listener.listen(1)
        self._wake, self._woken = socket.socketpair()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close both connections. May be called again."""
        if self._wake.fileno() >= 0:
            self._wake.close()
            self._thread.join()
            self._woken.close()
            self._listener.close()

    def _serve(self) -> None:
        if self._woken in select.select([self._listener, self._woken], [], [])[0]:
            return
        gdb, _ = self._listener.accept()
        qemu = _QemuStub(self._endpoint)
        with gdb, qemu.socket, contextlib.suppress(_Over):
            self._gdb, self._qemu = gdb, qemu
            self._converse()

    def _converse(self) -> None:
        unread = b""
        while True:
            ready = select.select([self._gdb, self._woken], [], [])[0]
            if self._woken in ready:
                return
            data = _read(self._gdb)
            if not data:
                # Without a debugger the machine goes on.
                self._qemu.send(b"D")
                self._wait_for_close()
                return
            unread += data
            while (found := _PACKET.search(unread)) is not None:
                unread = unread[found.end() :]
                self._take(found[1], int(found[2], 16))

    def _wait_for_close(self) -> None:
        """Keep the connection to QEMU, as the end of it could count as a debugger's."""
        select.select([self._woken], [], [])

    def _take(self, body: bytes, checksum: int) -> None:
        self.requests.append(body)
        if sum(body) % 256 != checksum:
            self._write(b"-")
            return
        self._write(b"+")
        if body.startswith(b"c"):
            self._has_run = True
        fault = self._fault(body)
        if fault is Fault.CLOSE:
            raise _Over
        if fault is Fault.SILENCE:
            return
        reply = self._answer(body)
        if reply is None:
            return
        if fault is Fault.TRUNCATE:
            self._write(b"$" + reply[: len(reply) // 2])
            raise _Over
        # One write each, as sys161 does; the first of the four was the acknowledgement.
        self._write(b"$")
        self._write(reply)
        self._write(b"#%02x" % (sum(reply) % 256))

    def _fault(self, body: bytes) -> Fault | None:
        """What goes wrong with this request."""
        trouble = self._trouble
        if trouble is None or not self._has_run:
            return None
        self._faults_left -= body.startswith(trouble.request)
        if self._faults_left > 0:
            return None
        if trouble.fault is not Fault.SILENCE and not body.startswith(trouble.request):
            return None
        return trouble.fault

    def _write(self, data: bytes) -> None:
        try:
            self._gdb.sendall(data)
        except OSError as error:
            raise _Over from error

    def _answer(self, body: bytes) -> bytes | None:
        """The reply to a packet; None when there is none."""
        name, rest = body[:1], body[1:]
        match name:
            case b"?":
                report = self._qemu.ask(b"?")  # it makes QEMU forget all breakpoints
                for address in self._traps | self._breaks.keys():
                    self._qemu.ask(b"Z0,%x,4" % address)
                return self._stopped(report)
            case b"g":
                return self._registers()
            case b"m":
                return self._read_memory(*(int(word, 16) for word in rest.split(b",")))
            case b"M":
                place, _, data = rest.partition(b":")
                return self._write_memory(int(place.split(b",")[0], 16), bytes.fromhex(data.decode()))
            case b"c" | b"s":
                return self._run(name, rest)
            case b"D":
                self._qemu.ask(b"D")
                return b"OK"
            case b"k":
                self._qemu.send(b"k")
                raise _Over
            case b"T":
                return b"OK" if self._cpu_of(rest) is not None else b"E00"
            case b"H":
                return self._select(rest)
            case b"q":
                return self._query(rest)
        return _NUL

    def _select(self, rest: bytes) -> bytes:
        if rest[:1] == b"c":
            return _NUL
        if rest[:1] == b"g":
            cpu = self._cpu_of(rest[1:])
            if cpu is None:
                return b"E00"
            self._cpu = cpu
            self._qemu.ask(b"Hg%x" % (cpu + 1))
        return b"OK"

    def _query(self, rest: bytes) -> bytes:
        if rest == b"C":
            return b"QC%x" % (self._cpu + FIRST_THREAD)
        if rest == b"fThreadInfo":
            return b"m" + b",".join(b"%02x" % (cpu + FIRST_THREAD) for cpu in range(self._cpus))
        if rest == b"sThreadInfo":
            return b"l"
        if rest.startswith(b"ThreadExtraInfo,"):
            cpu = self._cpu_of(rest.partition(b",")[2])
            return b"E00" if cpu is None else (b"CPU %d" % cpu).hex().encode()
        return _NUL

    def _cpu_of(self, thread: bytes) -> int | None:
        try:
            cpu = int(thread[:2], 16) - FIRST_THREAD
        except ValueError:
            return None
        return cpu if 0 <= cpu < self._cpus else None

    def _registers(self) -> bytes:
        # QEMU's registers begin in the same order: r0 to r31, sr, lo, hi, bad, cause, pc; what follows differs.
        return self._qemu.ask(b"g")[: _CORE_WORDS * 8] + bytes(4).hex().encode() * (_WORDS - _CORE_WORDS)

    def _run(self, how: bytes, address: bytes) -> bytes:
        if self._traps:
            pc = int(self._qemu.ask(b"g")[_PC * 8 : _PC * 8 + 8], 16)
            if pc in self._traps:
                self._qemu.ask(b"z0,%x,4" % pc)
                self._qemu.ask(b"s")
                self._qemu.ask(b"Z0,%x,4" % pc)
        self._qemu.send(how + address)
        while True:
            ready = select.select([self._gdb, self._qemu.socket, self._woken], [], [])[0]
            if self._woken in ready:
                raise _Over
            if self._qemu.socket in ready:
                return self._stopped(self._qemu.receive())
            data = _read(self._gdb)
            if not data:
                self._wait_for_close()
                raise _Over
            # Whatever comes while the machine runs is acknowledgements and ^C.

    def _stopped(self, report: bytes) -> bytes:
        found = re.search(rb"thread:(?:p[0-9a-f]+\.)?([0-9a-f]+);", report)
        self._cpu = int(found[1], 16) - 1 if found else 0
        return b"T05thread:%x;" % (self._cpu + FIRST_THREAD)

    def _read_memory(self, address: int, length: int) -> bytes:
        first = address & 0xFFFFFFFF
        end = first + length
        end += -end % 4 if first + -first % 4 < end else 0  # whole words, once the address is aligned
        if not _KSEG0 <= first < end <= _KSEG2:
            return b"E03"
        reply = self._qemu.ask(b"m%x,%x" % (first, end - first))
        if reply.startswith(b"E"):
            return b"E03"
        data = bytearray.fromhex(reply.decode())
        for place, word in self._breaks.items():
            for offset, byte in enumerate(word, place - first):
                if 0 <= offset < len(data):
                    data[offset] = byte
        return bytes(data[:_MEMORY_BYTES]).hex().encode()

    def _write_memory(self, address: int, data: bytes) -> bytes:
        address &= 0xFFFFFFFF
        if not _KSEG0 <= address < _KSEG2:
            return b"E03"
        if len(data) == 4 and address % 4 == 0 and _is_break(data):
            if address not in self._breaks and address not in self._traps:
                self._qemu.ask(b"Z0,%x,4" % address)
            self._breaks[address] = data
            return b"OK"
        for place in [place for place in self._breaks if address <= place < address + len(data)]:
            del self._breaks[place]
            if place not in self._traps:
                self._qemu.ask(b"z0,%x,4" % place)
        reply = self._qemu.ask(b"M%x,%x:%b" % (address, len(data), data.hex().encode()))
        return b"OK" if reply == b"OK" else b"E03"


def _is_break(instruction: bytes) -> bool:
    (word,) = struct.unpack(">I", instruction)
    return bool(word & 0xFC00003F == 0x0D)


def _read(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except OSError:
        return b""


def _frame(body: bytes) -> bytes:
    return b"$%b#%02x" % (body, sum(body) % 256)


class _Running:
    """Implements `drivers.machines.base.RunningMachine`: a machine of QEMU behind the filter."""

    first_cpu = FIRST_THREAD
    cpus = 1

    def __init__(self, inner: Emulation, stub: Sys161Stub, endpoint: Path, relay: RelayProcess | None) -> None:
        self._inner = inner
        self._relay = relay
        self.stub = stub
        self.endpoint = str(endpoint)
        self.console = inner.console
        self.notes = inner.notes
        self.pid = inner.pid

    def ended(self, deadline_s: float) -> Ended | None:
        return self._inner.ended(deadline_s)

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
        self.stub.close()
        self._inner.close()


class QuirkyQemu:
    """Implements `drivers.machines.base.Machine`: QEMU, which gdb sees as sys161.

    `traps` are functions of the kernel at whose first instruction the machine stops by itself with a SIGTRAP;
    `trouble` is what goes wrong on the way. `running` is the machine that was started last.
    """

    name = "quirky"

    def __init__(self, qemu: Qemu, *, cpus: int = 1, traps: Collection[str] = (), trouble: Trouble | None = None):
        self._qemu = qemu
        self._cpus = cpus
        self._traps = frozenset(traps)
        self._trouble = trouble
        self.running: _Running | None = None

    def version(self) -> str:
        return self._qemu.version()

    def refusal(self, kernel: Path) -> str | None:
        return self._qemu.refusal(kernel)

    def start(self, kernel: Path, arguments: str, directory: Path, *, debugger: Debugger = "gdb") -> RunningMachine:
        inner = self._qemu.start(kernel, arguments, directory)
        endpoint = directory / "quirks"
        endpoint.unlink(missing_ok=True)
        stub = Sys161Stub(
            inner.endpoint,
            endpoint,
            cpus=self._cpus,
            traps=addresses_of(kernel, self._traps),
            trouble=self._trouble,
        )
        relay = None
        if debugger != "gdb":
            behind, endpoint = endpoint, directory / "relayed"
            relay = RelayProcess(
                debugger,
                Dialect.SYS161,
                str(endpoint),
                str(behind),
                directory,
                first_cpu=FIRST_THREAD,
                cpus=self._cpus,
            )
        self.running = _Running(inner, stub, endpoint, relay)
        return self.running


def addresses_of(kernel: Path, functions: Collection[str]) -> set[int]:
    """Where the functions begin."""
    with kernel.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            raise TypeError(f"{kernel} has no symbols")
        found = {symbol.name: int(symbol["st_value"]) for symbol in table.iter_symbols()}
    return {found[function] for function in functions}
