"""What a run can depend on, as one hash: two runs with the same key have the same steps.

It holds for isolated programs (see `drivers.binary.isolation`), which have one thread, open no file and ask no clock.
What is left is in the key: the program's code and data, its arguments, input and environment, the machine, the
debugger, and dexter. The debug information is not, since the line of a comment is in it; instead there are the
sources without their comments, and the compiler.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import resource
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

import dexverify
import drivers
import ltd
from dexverify.annotations.sources import read_source
from dexverify.options import Options
from dexverify.places import BinaryCode
from dexverify.recordings.moves import code_of
from dexverify.targets import DEFAULT_BUILDER, Program, Target
from drivers.base import Driver, Launch
from drivers.binary.isolation import why_not_isolated

_ALLOCATED = 2  # SHF_ALLOC
_ADDR_NO_RANDOMIZE = 0x0040000  # personality(2)
_LIMITS = (resource.RLIMIT_STACK, resource.RLIMIT_DATA, resource.RLIMIT_AS)


def why_not_cached(target: Target, options: Options, launch: Launch) -> str:
    """Why a run of this might not be what the last one was; empty when it would be. Raises OSError."""
    if not isinstance(target, Program):
        return "a kernel's clock is not the same twice"
    builder = options.builder or DEFAULT_BUILDER
    if options.binary is not None or "/" in builder:
        return "only what gcc or clang has just built is known to be of its sources"
    if loader := [name for name in os.environ if name.startswith("LD_")]:
        return f"{loader[0]} is set"
    if not _has_fixed_addresses():
        return "addresses are random where a program may not turn that off"
    return why_not_isolated(launch.binary)


def key_of(target: Program, options: Options, driver: Driver, launch: Launch, code: BinaryCode) -> str:
    """The key, in hexadecimal. Raises OSError, and DriverError for a debugger that cannot be used."""
    case = target.test.case
    stdin = launch.stdin
    parts: dict[str, Any] = {
        "dexter": _own_code(),
        "test": [str(case.path.absolute()), *map(str, case.files)],
        "program": list(_loaded(launch.binary)),
        "compiler": [options.builder, code.compiler(target.test.annotations.files)],
        "flags": [case.settings.cflags, options.cflags, case.settings.ldflags, options.ldflags],
        "sources": list(_sources(code, {str(file.absolute()) for file in case.files})),
        "arguments": launch.arguments,
        "stdin": _hash(stdin.read_bytes()) if stdin is not None else None,
        "directory": str(launch.directory),
        "environment": sorted(os.environ.items()),
        "limits": [asdict(target.limits()), *map(resource.getrlimit, _LIMITS)],
        "debugger": [options.debugger, options.gdb, options.lldb, options.gdb_agent, driver.version()],
        "machine": _machine(),
    }
    return _hash(json.dumps(parts).encode("ascii"))


def _loaded(binary: Path) -> Iterator[tuple[str, int, str]]:
    """All of a program that is in its memory, but for the hash of the whole, in which the debug information is."""
    with binary.open("rb") as file:
        elf = ELFFile(file)
        yield "entry", elf.header["e_entry"], ""
        for section in elf.iter_sections():
            if section["sh_flags"] & _ALLOCATED and section.name != ".note.gnu.build-id":
                data = section.data() if section["sh_type"] != "SHT_NOBITS" else b""
                yield section.name, section["sh_addr"], f"{section['sh_size']} {_hash(data)}"


def _sources(code: BinaryCode, annotated: set[str]) -> Iterator[tuple[str, str]]:
    """Each source file that the program says it is of. Of those that are judged, comments are no part."""
    for path in sorted({code.aliases.get(path, path) for path in code.table.files()} | annotated):
        file = Path(path)
        if path in annotated:
            text = "\n".join(line for _, line in code_of(read_source(file)))
            yield path, _hash(text.encode("utf-8", "surrogatepass"))
        else:
            yield path, _hash(file.read_bytes()) if file.is_file() else ""


@cache
def _machine() -> tuple[str, ...]:
    """The machine, its kernel and its C library, whose functions choose their code by the processor."""
    library = next((line.split()[-1] for line in _lines("/proc/self/maps") if "/libc.so.6" in line), "")
    processor = [line for line in _lines("/proc/cpuinfo") if line.startswith(("model name", "flags"))][:2]
    return (*platform.uname(), *processor, library, _hash(Path(library).read_bytes()) if library else "")


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8", errors="replace").splitlines()


@cache
def _own_code() -> str:
    """Our own files: with another driver or another recorder, the same run is another recording."""
    found = []
    for package in (ltd, drivers, dexverify):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            status = file.stat()
            found.append((str(file.relative_to(root)), status.st_size, status.st_mtime_ns))
    return _hash(json.dumps([dexverify.__version__, found]).encode())


def _has_fixed_addresses() -> bool:
    """Whether a process may have the same addresses in each run. Debuggers ask for it, and some containers forbid it.

    It is tried on this thread, whose children it would concern, and undone.
    """
    try:
        personality = ctypes.CDLL(None).personality
    except (OSError, AttributeError):
        return False
    before = personality(ctypes.c_ulong(0xFFFFFFFF))
    if before < 0 or personality(ctypes.c_ulong(before | _ADDR_NO_RANDOMIZE)) < 0:
        return False
    has_changed = bool(personality(ctypes.c_ulong(0xFFFFFFFF)) & _ADDR_NO_RANDOMIZE)
    personality(ctypes.c_ulong(before))
    return has_changed


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
