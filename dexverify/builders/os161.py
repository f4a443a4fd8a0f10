"""`--builder os161`: a kernel, configured and built in its tree as the tree's own makefiles do it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile

from dexverify.builders.base import BuildRequest, failure, run
from dexverify.errors import BuildError, ConfigError
from dexverify.remedies import install_line, package_of
from dexverify.settings import CONFIG_SCRIPT, nearest
from dexverify.trees import Tree

SAY_AFTER_S = 5.0
"""So long another build may take before it is told that we wait for it."""

_CONF = CONFIG_SCRIPT.parent
_COMPILE = Path("kern/compile")
# What OS/161's config script takes for the name of a configuration; conf.kern and newvers.sh are none.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_INCLUDE = re.compile(r"^[ \t]*include[ \t]+([^\s#]+)", re.MULTILINE)
_SOURCE_SUFFIXES = (".c", ".h", ".S", ".s", ".mk")
# Under `make` these hold GNU make's flags, which bmake would take for its own.
_OF_MAKE = frozenset({"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_TERMOUT", "MAKE_TERMERR"})


@dataclass(frozen=True, slots=True)
class Os161Builder:
    """Builds `ROOT/kern/compile/NAME/kernel`. Without echo, so that what a compiler complains of stands first."""

    make: str = "bmake"

    def build(self, tree: Tree, kernel_config: str, deadline_s: float = 600, *, directory: Path | None = None) -> Path:
        """The absolute path of the kernel of that configuration, up to date.

        With a `directory` it is a copy there, which nobody else's build can replace while it runs.

        Raises:
            BuildError: a step failed or took too long, or another build of this tree did; with the step's output.
            ConfigError: there is no such configuration, the tree must not be written, or lacks something.
        """
        deadline = time.monotonic() + deadline_s
        check_config(tree, kernel_config)
        if (tree.root / "configure").is_file() and not (tree.root / "defs.mk").is_file():
            raise ConfigError(f"{tree.root} was never configured: run ./configure at {tree.root} first")
        if shutil.which(self.make) is None:
            raise ConfigError(f"{self.make} is not installed: {install_line(package_of(self.make))}")
        folder = tree.root / _COMPILE / kernel_config
        with _locked(tree, kernel_config, deadline):
            _check_writable(tree, folder)
            if _is_from_elsewhere(folder / "kernel"):
                _remove_built(folder)
            if _is_config_due(tree, kernel_config):
                # OS/161's script has its scratch files in kern/conf, whatever it configures.
                with _locked(tree, "config", deadline):
                    self._configure(tree, kernel_config, deadline)
            if _is_depend_due(tree, folder):
                _run([self.make, "-s", "depend"], folder, deadline)
            _run([self.make, "-s"], folder, deadline)
            kernel = folder / "kernel"
            if not kernel.is_file():
                raise failure(f"the build succeeded but left no {kernel}", [self.make], "", folder)
            return Path(shutil.copy2(kernel, directory / "kernel")) if directory is not None else kernel

    def _configure(self, tree: Tree, kernel_config: str, deadline: float) -> None:
        makefile = tree.root / _COMPILE / kernel_config / "Makefile"
        before = makefile.read_bytes() if makefile.is_file() else None
        try:
            _run(["./config", kernel_config], tree.root / _CONF, deadline)
        except BuildError:
            makefile.unlink(missing_ok=True)  # else it would pass for the result of a configuration
            raise
        if not makefile.is_file():
            raise failure(f"it left no {makefile}", ["./config", kernel_config], "", tree.root / _CONF)
        if before is not None and makefile.read_bytes() != before:
            # No make sees that its flags have changed.
            for stale in makefile.parent.glob("*.o"):
                stale.unlink()
        makefile.touch()  # a script that leaves alone what is right already would be run each time


@dataclass(frozen=True, slots=True)
class NoTree:
    """What `--builder os161` is for a test that lies in no tree."""

    name: str = "os161"

    def build(self, request: BuildRequest) -> Path:
        named = ", ".join(map(str, request.sources))
        raise ConfigError(f"--builder os161: {named} is in no OS/161 tree: no folder above has {CONFIG_SCRIPT}")


def check_config(tree: Tree, kernel_config: str) -> None:
    """Raise ConfigError if the tree has no such kernel configuration; the message names those that it has."""
    folder = tree.root / _CONF
    if _NAME.fullmatch(kernel_config) and kernel_config != "config" and (folder / kernel_config).is_file():
        return
    there = sorted(f.name for f in folder.iterdir() if f.is_file() and _NAME.fullmatch(f.name) and f.name != "config")
    near = nearest(kernel_config, there)
    raise ConfigError(
        f"no kernel configuration {kernel_config!r} in {folder}: "
        + (f"there are {', '.join(there)}{near}" if there else "there is none at all")
    )


def _run(command: list[str], directory: Path, deadline: float) -> None:
    # A deadline that has passed already leaves the step the time to be named.
    run(command, deadline_s=max(0.1, round(deadline - time.monotonic(), 1)), directory=directory, without=_OF_MAKE)


def _is_config_due(tree: Tree, kernel_config: str) -> bool:
    """Whether there is no Makefile yet, or one that is older than something the config script read."""
    makefile = tree.root / _COMPILE / kernel_config / "Makefile"
    if not makefile.is_file():
        return True
    made = makefile.stat().st_mtime_ns
    read = {tree.root / CONFIG_SCRIPT}
    queue = [tree.root / _CONF / kernel_config, tree.root / _CONF / "conf.kern"]
    while queue:
        file = queue.pop()
        if file not in read and file.is_file():
            read.add(file)
            text = file.read_text("utf-8", errors="replace")
            queue += [tree.root / "kern" / name for name in _INCLUDE.findall(text)]
    return any(file.stat().st_mtime_ns > made for file in read)


def _is_depend_due(tree: Tree, folder: Path) -> bool:
    """Whether a source or a makefile has changed since the dependencies were written, which takes a while."""
    depend = folder / ".depend"
    if not depend.is_file():
        return True
    made = depend.stat().st_mtime_ns
    compiled = tree.root / _COMPILE
    for place, folders, files in os.walk(tree.root):
        if Path(place) == compiled:
            folders.clear()
            continue
        sources = (Path(place, file) for file in files if file.endswith(_SOURCE_SUFFIXES))
        if any(source.lstat().st_mtime_ns > made for source in sources):
            return True
    return any(file.stat().st_mtime_ns > made for file in (folder / "Makefile", *folder.glob("*.mk")))


def _is_from_elsewhere(kernel: Path) -> bool:
    """Whether its debug information names another folder: the tree was copied or moved with what was built in it."""
    if not kernel.is_file():
        return False
    with kernel.open("rb") as file:
        try:
            elf = ELFFile(file)
            units = elf.get_dwarf_info().iter_CUs() if elf.has_dwarf_info() else ()
            first = next((unit.get_top_DIE().attributes for unit in units), {})
        except (ELFError, DWARFError):  # the machine will say what is wrong with it
            return False
    folder = first["DW_AT_comp_dir"].value if "DW_AT_comp_dir" in first else b""
    return folder.startswith(b"/") and folder != os.fsencode(kernel.parent)


def _remove_built(folder: Path) -> None:
    """What may hold a path of the tree: a Makefile too may name its sources by where they were."""
    for stale in (*folder.glob("*.o"), folder / "kernel", folder / ".depend", folder / "Makefile"):
        stale.unlink(missing_ok=True)


def _check_writable(tree: Tree, folder: Path) -> None:
    for place in (tree.root / _CONF, folder if folder.exists() else folder.parent):
        if not os.access(place, os.W_OK):
            raise _unwritable(tree, f"{place} must not be written")


def _unwritable(tree: Tree, why: str) -> ConfigError:
    return ConfigError(
        f"{tree.root}: its kernel is built inside the tree, and {why}: "
        "copy the tree, or name a kernel that is built with --kernel"
    )


@contextmanager
def _locked(tree: Tree, what: str, deadline: float) -> Iterator[None]:
    """Hold a configuration of the tree for us alone: two builds at once would write the same files."""
    # In a hidden folder: what is in kern/compile/*/ is ignored by git, and no tool looks at it.
    path = tree.root / _COMPILE / ".dexter" / what
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unwritable(tree, f"{error.filename}: {error.strerror}") from error
    try:
        _lock(descriptor, path, deadline)
        yield
    finally:
        os.close(descriptor)  # which unlocks it


def _lock(descriptor: int, path: Path, deadline: float) -> None:
    say_at: float | None = time.monotonic() + SAY_AFTER_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
            if now >= deadline:
                raise BuildError(f"another build in this tree did not end in time: it holds {path}") from None
            if say_at is not None and now >= say_at:
                print(f"dexter: waiting for another build in this tree, which holds {path}", file=sys.stderr)
                say_at = None
            time.sleep(0.05)
        else:
            return
