"""QEMU's malta board with a big-endian MIPS processor, as a kernel's machine."""

from __future__ import annotations

import os
import re
import socket
from functools import partial
from pathlib import Path

from drivers.base import DriverError
from drivers.machines.base import Debugger, Ended
from drivers.machines.console import find_panic
from drivers.machines.emulation import Emulation, emulator_version, find_program
from drivers.machines.kernels import KSEG0, outside_memory, parse_size, read_kernel
from drivers.machines.relays import Dialect
from drivers.process import run
from drivers.state import EndKind

_HINT = "install it (apt install qemu-system-mips)"
_RAMSIZE = "4M"
_SEED = 1
# QEMU's firmware for malta keeps the boot string and its environment in 0x80002000 to 0x80003040, its stack below
# them (hw/mips/malta.c), and the processor has its exception vectors there.
_FIRST_FREE = 0x80004000
_SOCKET = "gdb"
# The firmware cuts what is longer, without a word (ENVP_ENTRY_SIZE in hw/mips/malta.c, less a NUL).
_MOST_ARGUMENTS = 255
# Time is counted in instructions, of 32 ns each, and skips to the next tick where the kernel waits for one.
_TIME = "shift=5,sleep=off"
# A stop of the debugger disturbs that: QEMU 7.2 takes a processor that is stopped at a breakpoint for one that waits,
# until the whole machine has stopped (icount_start_warp_timer), so that stops bring ticks. Therefore the kernel runs
# without a debugger first, which takes an instant, QEMU notes when each interrupt came (docs/system/replay.rst), and
# what the debugger sees is that run again.
_EVENTS = "events"
_RECORD_S = 5.0
# A kernel that does not end by itself cannot be noted: it runs by a clock that follows the host's at each stop.
_TIME_IF_ENDLESS = "shift=5,sleep=on"
# What QEMU says when it is told to end.
_TERMINATED = "terminating on signal"
_ENDLESS = f"the kernel does not end within {_RECORD_S:g} s by itself: another run may be another one"


class Qemu:
    """Implements `drivers.machines.base.Machine`. `root` is not looked at."""

    name = "qemu"

    def __init__(
        self,
        *,
        cpus: int | None = None,
        seed: int | None = None,
        ramsize: str | None = None,
        root: Path | None = None,  # noqa: ARG002 - one set of keywords for all machines
        program: str = "qemu-system-mips",
    ) -> None:
        self._cpus = cpus
        self._seed = seed
        self._ramsize = ramsize or _RAMSIZE
        self._program = find_program(program)

    def version(self) -> str:
        said = emulator_version(self._program, ["--version"], _HINT)
        found = re.search(r"^QEMU emulator version .*$", said, re.MULTILINE)
        if found is None:
            raise DriverError(f"{self._program} is not QEMU, or is broken: it said {said.strip()[:200]!r}; {_HINT}")
        return found[0]

    def refusal(self, kernel: Path) -> str | None:
        if self._cpus not in (None, 1):
            return f"malta has one processor, and {self._cpus} are wanted: use --machine sys161, or --cpus 1"
        try:
            memory = parse_size(self._ramsize)
        except ValueError as error:
            return str(error)
        found = read_kernel(kernel)
        if isinstance(found, str):
            return f"{kernel} {found}"
        first = found.pieces[0][0]
        if KSEG0 <= first < _FIRST_FREE:
            return (
                f"{kernel}: it is linked at {first:#x}, where malta's firmware keeps its own data: link it at "
                f"{_FIRST_FREE:#x} or above for malta, or use --machine sys161"
            )
        outside = outside_memory(found, memory)
        return outside and f"{kernel}: {outside}"

    def start(self, kernel: Path, arguments: str, directory: Path, *, debugger: Debugger = "gdb") -> Emulation:
        refused = self.refusal(kernel)
        if refused is not None:
            raise DriverError(refused)
        if len(os.fsencode(arguments)) > _MOST_ARGUMENTS:
            raise DriverError(f"malta takes boot arguments of {_MOST_ARGUMENTS} bytes at most: {arguments!r} is longer")
        noted = self._note_events(kernel, arguments, directory)
        time = f"{_TIME},rr=replay,rrfile={_EVENTS}" if noted is not None else _TIME_IF_ENDLESS
        path = directory / _SOCKET
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            # By the directory's descriptor, because the address has no room for a long path. QEMU gets a socket that
            # listens, so there is no moment at which it does not.
            folder = os.open(directory, os.O_PATH)
            try:
                listening.bind(f"/proc/self/fd/{folder}/{_SOCKET}")
            finally:
                os.close(folder)
            listening.listen(1)
            return Emulation(
                "qemu",
                [*self._command(kernel, arguments, time), *_debugged(listening.fileno())],
                directory,
                _SOCKET,
                first_cpu=1,
                cpus=1,
                # A seed changes no schedule here: malta's timer does not jitter.
                notes=() if noted is not None else (_ENDLESS,),
                judge=partial(_judge, noted),
                pass_fds=[listening.fileno()],
                relayed=None if debugger == "gdb" else (debugger, Dialect.QEMU),
            )

    def _note_events(self, kernel: Path, arguments: str, directory: Path) -> int | None:
        """Run the kernel without a debugger. Its status, when it ended by itself, so that it can be run again."""
        command = self._command(kernel, arguments, f"{_TIME},rr=record,rrfile=../{_EVENTS}")
        alone = directory / "alone"  # by semihosting, a kernel may write files
        alone.mkdir(exist_ok=True)
        try:
            completed = run(command, deadline_s=_RECORD_S, directory=alone)
        except (FileNotFoundError, PermissionError) as error:
            raise DriverError(f"there is no usable {self._program} here: {_HINT}") from error
        if completed.status is None or completed.status < 0 or _TERMINATED in completed.output:
            return None
        complaint = re.match(r"\S*qemu-system-mips: (.*)", completed.output)  # before the kernel could print anything
        if completed.status == 1 and complaint is not None:
            raise DriverError(f"qemu does not start: {complaint[1]}")
        return completed.status

    def _command(self, kernel: Path, arguments: str, time: str) -> list[str]:
        return [
            self._program,
            *("-machine", "malta", "-m", str(parse_size(self._ramsize) >> 10) + "K"),
            *("-kernel", str(kernel.absolute()), "-append", arguments),
            *("-icount", time, "-seed", str(_SEED if self._seed is None else self._seed)),
            # Without a graphics card QEMU wants no firmware for one, which is in a package of its own.
            *("-display", "none", "-vga", "none", "-serial", "stdio", "-monitor", "none", "-net", "none"),
            *("-no-reboot", "-no-user-config"),
            *("-semihosting-config", "enable=on,target=native"),
        ]


def _debugged(listening: int) -> list[str]:
    """What makes QEMU wait for a debugger on a socket that listens already."""
    return ["-chardev", f"socket,id=gdb,fd={listening},server=on,wait=off", "-gdb", "chardev:gdb", "-S"]


def _judge(noted: int | None, status: int, console: str, words: str) -> Ended:
    """`noted`: the status with which the same run ended without a debugger."""
    if words.startswith(_TERMINATED):  # with status 0, as if the kernel had powered off
        return Ended(EndKind.LOST, message=f"qemu was killed: {words}")
    panic = find_panic(console)
    # QEMU's own failures have status 1 as well, with a message.
    is_broken = status == 1 and panic is None and words and not words.startswith("warning: ")
    if is_broken or status != (status if noted is None else noted):
        return Ended(EndKind.LOST, message=f"qemu ended with status {status}: {words}")
    if status == 0:
        return Ended(EndKind.POWEROFF)
    if status == 1 and panic is not None:
        return Ended(EndKind.PANIC, message=panic)
    return Ended(EndKind.EXIT, code=status)
