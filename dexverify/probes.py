"""The probes of `doctor`: each runs the tool it is about, with a deadline, and changes nothing.

A tool that is there need not work: lldb's Python module may be an empty folder, gdb may be built without
Python, and a container may forbid to trace programs.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dexverify.remedies import install_line, package_of
from drivers import process
from drivers.lldb.bindings import BindingsError, find_bindings

PROBE_S = 5.0
_FROM_THE_COURSE = "comes with your OS/161 course or site: install it from there and put it on the PATH"
_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


@dataclass(frozen=True, slots=True)
class Capability:
    """`version` is None for what cannot be used; then `why_not` says why, and `remedy` what mends it."""

    name: str
    version: str | None
    why_not: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name:<12} {f'no: {self.trouble}' if self.version is None else self.version}"

    @property
    def trouble(self) -> str:
        """Why it cannot be used, and the remedy."""
        return f"{self.why_not}; {self.remedy}" if self.remedy else self.why_not


Probe = Callable[[], Capability]


def tool(name: str, *commands: str, arguments: tuple[str, ...] = ("--version",), remedy: str = "") -> Probe:
    """The probe for a program: the first of `commands` (default: `name`) that is there, and its version line."""
    commands = commands or (name,)
    remedy = remedy or install_line(package_of(commands[-1]))

    def probe() -> Capability:
        command = next((command for command in commands if shutil.which(command)), None)
        if command is None:
            return Capability(name, None, f"{' or '.join(commands)} not found", remedy)
        said = ask(command, *arguments)
        # Not simply the first line: Debian 12's lldb prints a traceback of its own before it.
        line = next((line.strip() for line in said.splitlines() if re.search(r"\b\d+\.\d+|^\d{8}", line)), None)
        if line is None:
            # sys161 has no option that prints its version: being there has to do.
            return Capability(name, str(shutil.which(command)))
        return Capability(name, line if command in line else f"{command}: {line}")

    return probe


def ask(*command: str) -> str:
    """What the command prints, on both streams, whatever its exit status; empty if it does not end in time."""
    # Another language would translate the messages that the probes look for.
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = process.run(command, deadline_s=PROBE_S, environment=environment)
    except OSError as error:
        return str(error)
    return "" if done.is_timed_out else done.output


def _gdb(*commands: str, gdb: str = "gdb", program: Sequence[str] = ()) -> str:
    # debuginfod would ask a server for the debug information of the system's libraries.
    start = (gdb, "-nx", "-batch", "-iex", "set debuginfod enabled off")
    wanted = [word for command in commands for word in ("-ex", command)]
    return ask(*start, *wanted, *(("--args", *program) if program else ()))


def gdb_python() -> Capability:
    if (absent := tool("gdb-python", "gdb")()).version is None:
        return absent
    said = _gdb("python import sys; print('Python', sys.version.split()[0])")
    if version := re.search(r"^Python \d.*", said, re.MULTILINE):
        return Capability("gdb-python", version[0])
    why = f"{shutil.which('gdb')} has no usable Python, so its slower plain interface is used"
    return Capability("gdb-python", None, why, f"the system's own gdb has it: {install_line('gdb')}")


def ptrace() -> Capability:
    """Whether gdb may run a program here: containers and kernel.yama.ptrace_scope (2 and above) forbid it."""
    if (absent := tool("ptrace", "gdb")()).version is None:
        return absent
    scope = _YAMA.read_text().strip() if _YAMA.exists() else "not set"
    program = shutil.which("true") or "/bin/true"
    # Without a shell in between, which might be /usr/sbin/nologin.
    said = _gdb("set startup-with-shell off", "run", "print $_exitcode", program=[program])
    if re.search(r"^\$1 = 0$", said, re.MULTILINE):
        return Capability("ptrace", f"gdb can run programs (kernel.yama.ptrace_scope: {scope})")
    reason = next((line for line in said.splitlines() if "trace" in line), f"gdb cannot run {program}")
    remedy = {
        "2": "sudo sysctl kernel.yama.ptrace_scope=1",
        "3": "boot with kernel.yama.ptrace_scope=1 (from 3 there is no way back)",
    }.get(scope, "in a container: start it with --cap-add=SYS_PTRACE")
    return Capability("ptrace", None, reason, remedy)


def lldb_python() -> Capability:
    """Whether lldb's module loads, in an interpreter that can: the one that `--debugger lldb` takes."""
    try:
        found = find_bindings()
    except BindingsError as error:
        return Capability("lldb-python", None, error.why, install_line(error.package))
    return Capability("lldb-python", f"{found.version} ({found.place}, loaded by {found.python})")


def mips_gdb() -> Capability:
    # Some distributions' plain gdb knows every architecture.
    candidates = ("mips-harvard-os161-gdb", "os161-gdb", "gdb-multiarch", "gdb")
    for command in filter(shutil.which, candidates):
        if 'set to "mips"' in _gdb("set architecture mips", "show architecture", gdb=command):
            return tool("mips-gdb", command)()
    why = f"none of {', '.join(candidates)} is there and knows MIPS"
    return Capability("mips-gdb", None, why, install_line("gdb-multiarch"))


PROBES: dict[str, Probe] = {
    "gcc": tool("gcc"),
    "g++": tool("g++"),
    "clang": tool("clang"),
    "clang++": tool("clang++"),
    "gdb": tool("gdb"),
    "gdb-python": gdb_python,
    "ptrace": ptrace,
    "lldb": tool("lldb"),
    "lldb-python": lldb_python,
    "mips-gcc": tool("mips-gcc", "mips-harvard-os161-gcc", "os161-gcc", "mips-linux-gnu-gcc"),
    "mips-gdb": mips_gdb,
    "qemu-mips": tool("qemu-mips", "qemu-system-mips"),
    "bmake": tool("bmake", arguments=("-V", "MAKE_VERSION")),
    "sys161": tool("sys161", arguments=(), remedy=_FROM_THE_COURSE),
    "trace161": tool("trace161", arguments=(), remedy=_FROM_THE_COURSE),
}

CAPABILITY_OF_MACHINE = {"sys161": "sys161", "qemu": "qemu-mips"}
