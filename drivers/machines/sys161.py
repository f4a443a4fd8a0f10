"""sys161, the emulator that OS/161 is written for, as a kernel's machine."""

from __future__ import annotations

from pathlib import Path

from drivers.base import DriverError
from drivers.machines.base import Debugger, Ended
from drivers.machines.clock import HINT, fix_clock
from drivers.machines.configuration import FILE, bring_files, read_configuration, set_up, write_configuration
from drivers.machines.console import find_panic
from drivers.machines.emulation import Emulation, emulator_version, find_program
from drivers.machines.kernels import outside_memory, parse_size, read_kernel
from drivers.machines.relays import Dialect
from drivers.state import EndKind

_HINT = "build it from https://www.os161.org, and put it on PATH; or use --machine qemu"
_START_S = 30.0
_SOCKET = ".sockets/gdb"
_MOST_CPUS = 32


class Sys161:
    """Implements `drivers.machines.base.Machine`.

    `root` is the folder whose sys161.conf says which devices there are; what its relative paths count from. What is
    given here comes before what stands there.
    """

    name = "sys161"

    def __init__(
        self,
        *,
        cpus: int | None = None,
        seed: int | None = None,
        ramsize: str | None = None,
        root: Path | None = None,
        program: str = "sys161",
    ) -> None:
        self._cpus = cpus
        self._seed = seed
        self._ramsize = ramsize
        self._root = root
        self._program = find_program(program)

    def version(self) -> str:
        # It has no option for this, but says it before it complains that there is no kernel.
        said = emulator_version(self._program, [], _HINT)
        line = said.partition("\n")[0].strip().removeprefix("sys161: ")
        if not line.startswith("System/161 "):
            raise DriverError(f"{self._program} is not sys161, or is broken: it said {said.strip()[:200]!r}; {_HINT}")
        return line

    def refusal(self, kernel: Path) -> str | None:
        if self._cpus is not None and not 1 <= self._cpus <= _MOST_CPUS:
            return f"sys161 has from 1 to {_MOST_CPUS} processors, and {self._cpus} are wanted"
        try:
            devices = read_configuration(self._root)
            set_up(devices, self._cpus, self._seed, self._memory(), self._is_default())
            memory = next((parse_size(size) for device in devices if (size := device.get("ramsize"))), 0)
        except (DriverError, ValueError) as error:
            return str(error)
        found = read_kernel(kernel)
        if isinstance(found, str):
            return f"{kernel} {found}"
        outside = outside_memory(found, memory)
        return outside and f"{kernel}: {outside}"

    def start(self, kernel: Path, arguments: str, directory: Path, *, debugger: Debugger = "gdb") -> Emulation:
        refused = self.refusal(kernel)
        if refused is not None:
            raise DriverError(refused)
        directory = directory.absolute()
        devices = read_configuration(self._root)
        notes = set_up(devices, self._cpus, self._seed, self._memory(), self._is_default())
        bring_files(devices, directory if self._root is None else self._root.absolute(), directory)
        write_configuration(devices, directory / FILE)
        socket = directory / _SOCKET
        socket.unlink(missing_ok=True)  # of a run before, to which nobody listens
        words = [arguments] if arguments else []
        cpus = int(next((n for device in devices if (n := device.get("cpus"))), 1))
        fixed = fix_clock()
        if not fixed and cpus > 1:
            notes.append(HINT)
        emulation = Emulation(
            "sys161",
            # -c: an environment or a default of some other sys161 must not come between.
            [*fixed, self._program, "-c", FILE, "-w", str(kernel.absolute()), *words],
            directory,
            _SOCKET,
            first_cpu=10,
            cpus=cpus,
            notes=notes,
            judge=_judge,
            # What gdb lacks in sys161 it does without, as long as there is one processor.
            relayed=None if debugger == "gdb" and cpus == 1 else (debugger, Dialect.SYS161),
        )
        try:
            emulation.wait_for(lambda said: "Waiting for debugger" in said and socket.exists(), _START_S)
        except BaseException:
            emulation.close()
            raise
        return emulation

    def _memory(self) -> int | None:
        return None if self._ramsize is None else parse_size(self._ramsize)

    def _is_default(self) -> bool:
        return self._root is None or not (self._root / FILE).is_file()


def _judge(status: int, console: str, words: str) -> Ended:
    match status:
        case 0:
            return Ended(EndKind.POWEROFF)
        case 1 if (panic := find_panic(console)) is not None:
            return Ended(EndKind.PANIC, message=panic)
        case 3:
            return Ended(EndKind.LOST, message="sys161 was ended by its debugger")
    return Ended(EndKind.LOST, message=f"sys161 ended with status {status}: {words}")
