"""Finds lldb's Python bindings: which interpreter can load them from where, and the server that starts programs.

Looked at in this order: what an interpreter imports by itself (a distribution whose package is whole, or the extra
`lldb-python`); the folder that the command `lldb` is in; the one that `lldb -P` names; the folders of the LLVM packages
of Debian and Ubuntu, newest first. Each is tried in a process of its own, since an interpreter of another version may
abort when it loads them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from drivers.base import DriverError
from drivers.lldb import loading
from drivers.process import run

DEFAULT_LLDB = "lldb"
#: Where the system has its programs and libraries.
USR = Path("/usr")

_PACKAGE = "lldb"  # of Debian and Ubuntu; it needs that of the Python module
_EXTRA = "pip install lldb-python"
_PROBE_S = 30.0
_LLVM = re.compile(r"llvm-(\d+)")
_PYTHON = re.compile(r"python(\d+\.\d+)$")


class BindingsError(DriverError):
    """lldb cannot be used: `why`, in one line, and the Debian `package` that mends it."""

    def __init__(self, why: str, package: str) -> None:
        super().__init__(f"{why}; sudo apt-get install {package}, or: {_EXTRA}")
        self.why, self.package = why, package


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


def find_bindings(lldb: str = DEFAULT_LLDB) -> Bindings:
    """The first that can be loaded. `lldb` is the command's name or path: another one brings its own module.

    Found once in the life of the process. Raises BindingsError with what is wrong with each that was found.
    """
    return _find(lldb, USR, os.environ.get("PATH", ""))


@cache
def _find(lldb: str, usr: Path, path: str) -> Bindings:
    command = shutil.which(lldb, path=path)
    if command is None and lldb != DEFAULT_LLDB:
        raise BindingsError(f"{lldb} not found", _PACKAGE)
    search = _Search(usr, path)
    tried: set[Bindings] = set()
    for candidate in search.candidates(command, is_any=lldb == DEFAULT_LLDB):
        if candidate in tried:
            continue
        tried.add(candidate)
        answer = _probe(candidate)
        if isinstance(answer, Bindings):
            return answer
        if candidate.package:
            search.troubles.append(f"{candidate.package} with {candidate.python}: {answer}")
    if search.troubles:
        raise BindingsError(f"lldb's Python module cannot be loaded ({'; '.join(search.troubles)})", _PACKAGE)
    if command is None:
        raise BindingsError(f"{lldb} not found", _PACKAGE)
    own = _LLVM.search(os.path.realpath(command))
    raise BindingsError(f"{command} has no Python module", f"python3-lldb-{own[1]}" if own else _PACKAGE)


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


def _told_by(command: str) -> Path | None:
    """The folder that the command says its module is in."""
    try:
        done = run([command, "-P"], deadline_s=_PROBE_S)
    except OSError:
        return None
    # Not simply the first line: Debian 12's lldb prints a traceback of its own before it.
    lines = [line.strip() for line in done.output.splitlines() if line.strip().startswith("/")]
    return Path(lines[-1]) if lines else None


@dataclass(slots=True)
class _Search:
    """In a system whose programs and libraries are in `usr`, with the commands on `path`; `troubles` is what it met."""

    usr: Path
    path: str
    troubles: list[str] = field(default_factory=list)

    def candidates(self, command: str | None, *, is_any: bool) -> Iterator[Bindings]:
        """`command` is lldb, `is_any` tells whether another lldb's module will do."""
        if is_any:
            for python in self._interpreters(""):
                if python != sys.executable or find_spec("lldb") is not None:
                    yield Bindings(python)
        if command is not None:
            own = Path(os.path.realpath(command)).parent.parent
            yield from self._in(own)
            folder = _told_by(command)
            if folder is not None and not (folder / "lldb" / "__init__.py").is_file():
                self.troubles.append(f"{command} -P names {folder}, where it is not")
            elif folder is not None:
                yield from self._at(folder / "lldb", own)
        if is_any:
            found = [root for root in (self.usr / "lib").glob("llvm-*") if _LLVM.fullmatch(root.name)]
            for root in sorted(found, key=lambda root: -int(root.name.partition("-")[2])):
                yield from self._in(root)

    def _in(self, root: Path) -> Iterator[Bindings]:
        """Those in a folder that LLVM is installed in."""
        for package in sorted(root.glob("lib/python3*/*-packages/lldb"), reverse=True):
            if (package / "__init__.py").is_file():
                yield from self._at(package, root)

    def _at(self, package: Path, root: Path) -> Iterator[Bindings]:
        links = list(package.glob("_lldb*.so"))
        is_whole = any(link.exists() for link in links)
        library = "" if is_whole else self._library(root)
        if links and not is_whole and not library:
            self.troubles.append(f"{links[0]} is a dangling link")
            return
        match = _PYTHON.search(package.parents[1].name)
        interpreters = self._interpreters(match[1] if match else "")
        if not interpreters and match:
            self.troubles.append(f"{package} is for {match[0]}, which is not here")
        server = root / "bin" / "lldb-server"
        for python in interpreters:
            # Without a server of its own, lldb looks for one.
            yield Bindings(python, str(package), library, str(server) if server.exists() else "")

    def _interpreters(self, version: str) -> list[str]:
        """Those that may fit, as paths; for a version such as 3.11, only those of that version."""
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        name = f"python{version or 3}"
        places = (str(self.usr / "bin" / name), name)
        found = [python for each in places if (python := shutil.which(each, path=self.path))]
        mine = [sys.executable] if version in ("", ours) else []
        # What a package of the system's brings, and what that needs, is for the system's own.
        return list(dict.fromkeys([*found, *mine] if version else [*mine, *found]))

    def _library(self, root: Path) -> str:
        """The shared library that a package's broken link stands for; "" where there is none."""
        places = [*root.glob("lib/liblldb.so*"), *root.glob("lib/liblldb-*.so*")]
        if version := _LLVM.search(str(root)):
            places += (self.usr / "lib").glob(f"*/liblldb-{version[1]}.so*")
        return next((str(file) for file in sorted(places) if file.exists()), "")
