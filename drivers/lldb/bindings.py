"""Finds lldb's Python bindings: which interpreter can load them from where, and the server that starts programs.

Looked at in this order: what an interpreter imports by itself (a distribution whose package is whole, or the extra
`lldb-python`); the folder that `lldb -P` names; the folders of the LLVM packages of Debian and Ubuntu, newest first.
Each is tried in a process of its own, since an interpreter of another version may abort when it loads them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from drivers.base import DriverError
from drivers.lldb import loading
from drivers.process import run

DEFAULT_LLDB = "lldb"
HINT = "install lldb with its Python module (apt install lldb), or the extra: pip install 'dexverify[lldb]'"

_PROBE_S = 30.0
_LLVM = re.compile(r"llvm-(\d+)")
_PYTHON = re.compile(r"python(\d+\.\d+)$")


@dataclass(frozen=True, slots=True)
class Bindings:
    """What loads lldb's module: the interpreter, and the arguments of `loading.load`. `version` is lldb's own line."""

    python: str
    package: str = ""
    library: str = ""
    server: str = ""
    version: str = ""

    @property
    def place(self) -> str:
        """Where the module is, in words."""
        return self.package or f"the module of {self.python}"


@cache
def find_bindings(lldb: str = DEFAULT_LLDB) -> Bindings:
    """The first that can be loaded. `lldb` is the command's name or path: another one brings its own module.

    Raises DriverError with what is wrong with each that was found.
    """
    troubles: list[str] = []
    for candidate in dict.fromkeys(_candidates(lldb)):
        answer = _probe(candidate)
        if isinstance(answer, Bindings):
            return answer
        if candidate.package:
            troubles.append(f"{candidate.place} with {candidate.python}: {answer}")
    if troubles:
        raise DriverError("\n  ".join(["lldb is here, but its Python module cannot be loaded:", *troubles, HINT]))
    if shutil.which(lldb):
        raise DriverError(f"{lldb} is here, but its Python module is not: apt install python3-lldb; or {HINT}")
    raise DriverError(f"there is no {lldb} here: {HINT}")


def _probe(candidate: Bindings) -> Bindings | str:
    """The candidate with its version; or why it cannot be used."""
    arguments = [candidate.package, candidate.library, candidate.server]
    try:
        done = run([candidate.python, "-I", loading.__file__, *arguments], deadline_s=_PROBE_S)
    except OSError as error:
        return str(error)
    if done.status == 0 and done.output.startswith("lldb "):
        version = done.output.splitlines()[0]
        return replace(candidate, version=version)
    if done.status is None:
        return f"it did not load within {_PROBE_S:g} s"
    said = done.output.strip().rpartition("\n")[2]
    return said or (f"it was killed by signal {-done.status}" if done.status < 0 else f"status {done.status}")


def _candidates(lldb: str) -> Iterator[Bindings]:
    command = shutil.which(lldb)
    own = Path(os.path.realpath(command)).parents[1] if command is not None else None
    if lldb == DEFAULT_LLDB:
        for python in _interpreters(""):
            yield Bindings(python)
    elif own is None:
        return
    told = _told_by(command) if command is not None else None
    if told is not None:
        yield from _at(told, own)
    for root in [own] if own is not None and lldb != DEFAULT_LLDB else _roots(own):
        for package in sorted(root.glob("lib/python3*/*-packages/lldb"), reverse=True):
            yield from _at(package, root)


def _roots(own: Path | None) -> list[Path]:
    """The folders of LLVM, that of the command first, then the newest."""
    found = [path for path in Path("/usr/lib").glob("llvm-*") if _LLVM.fullmatch(path.name)]
    found.sort(key=lambda path: -int(path.name.partition("-")[2]))
    return list(dict.fromkeys([*([own] if own is not None else []), *found]))


def _told_by(command: str) -> Path | None:
    """The package in the folder that the command says its module is in."""
    try:
        done = run([command, "-P"], deadline_s=_PROBE_S)
    except OSError:
        return None
    # Not simply the first line: Debian 12's lldb prints a traceback of its own before it.
    lines = [line.strip() for line in done.output.splitlines() if line.strip().startswith("/")]
    package = Path(lines[-1], "lldb") if lines else None
    return package if package is not None and (package / "__init__.py").is_file() else None


def _at(package: Path, root: Path | None) -> Iterator[Bindings]:
    if not (package / "__init__.py").is_file():
        return
    whole = any(path.exists() for path in package.glob("_lldb*.so"))
    library = "" if whole else _library(package, root)
    server = _server(root)
    match = _PYTHON.search(package.parents[1].name)
    for python in _interpreters(match[1] if match else ""):
        yield Bindings(python, str(package), library, server)


def _interpreters(version: str) -> list[str]:
    """Those that may fit, as paths, ours first; for a version such as 3.11, only those of that version."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    names = [f"/usr/bin/python{version or 3}", f"python{version or 3}"]  # what a package brings is for the system's own
    found = [path for name in names if (path := shutil.which(name)) is not None]
    mine = [sys.executable] if version in ("", ours) else []
    return list(dict.fromkeys([*mine, *found]))


def _library(package: Path, root: Path | None) -> str:
    """The shared library that the package's broken link stands for; "" where there is none."""
    version = _LLVM.search(str(root or package))
    places = [*(root.glob("lib/liblldb*.so*") if root is not None else ())]
    if version:
        places += Path("/usr/lib").glob(f"*/liblldb-{version[1]}.so*")
    return next((str(path) for path in sorted(places) if path.exists()), "")


def _server(root: Path | None) -> str:
    """The program that starts what is debugged; "" to let lldb look for it."""
    place = root / "bin" / "lldb-server" if root is not None else None
    return str(place) if place is not None and place.exists() else ""
