"""Where lldb's module is looked for, on a system that is made up, and broken as real ones are."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.lldb import bindings
from drivers.lldb.bindings import Bindings, BindingsError, find_bindings
from drivers.process import run

_GCC, _ENVIRONMENT = shutil.which("gcc") or "gcc", dict(os.environ)  # before it is made up
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MODULE = """
class SBDebugger:
    @staticmethod
    def GetVersionString():
        return "lldb version {version}\\n  and more"
"""
# What `import lldb` needs of its extension, without Python's headers: PyModuleDef (Python/C API, "Module Objects").
EXTENSION = """
extern void *PyModule_Create2(void *, int);
static struct {
    long count; void *type, *init; long index; void *copy; const char *name, *doc; long size; void *rest[5];
} definition = {1, 0, 0, 0, 0, "_lldb", 0, -1};
void *PyInit__lldb(void) { return PyModule_Create2(&definition, 1013); }
__attribute__((constructor)) static void on_load(void) { %s }
"""


class System:
    """A folder that takes the place of /usr, with the programs of its `bin` as PATH."""

    def __init__(self, usr: Path) -> None:
        self.usr = usr
        (usr / "bin").mkdir(parents=True)

    def add_command(self, name: str, body: str, *, folder: Path | None = None) -> Path:
        path = (folder or self.usr) / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def add_package(self, llvm: int = 14, *, python: str = VERSION, text: str = "", folder: str = "") -> Path:
        root = self.usr / "lib" / (folder or f"llvm-{llvm}")
        package = root / "lib" / f"python{python}" / "dist-packages" / "lldb"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text + MODULE.format(version=f"{llvm}.0"))
        return package

    def add_library(self, on_load: str = "", llvm: int = 14) -> Path:
        library = self.usr / "lib" / "x86_64-linux-gnu" / f"liblldb-{llvm}.so.1"
        library.parent.mkdir(parents=True)
        source = self.usr / "extension.c"
        source.write_text("#include <stdlib.h>\n#include <unistd.h>\n" + EXTENSION % on_load)
        arguments = [_GCC, "-shared", "-fPIC", source, "-o", library]
        done = run(arguments, deadline_s=60, environment=_ENVIRONMENT)
        assert done.status == 0, done.output
        return library


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    system = System(tmp_path / "usr")
    monkeypatch.setattr(bindings, "USR", system.usr)
    monkeypatch.setenv("PATH", str(system.usr / "bin"))
    return system


def why_not(lldb: str = "lldb") -> str:
    with pytest.raises(BindingsError) as caught:
        find_bindings(lldb)
    assert "\n" not in caught.value.why
    return caught.value.why


def test_where_there_is_nothing_the_error_says_how_to_install_it(system: System) -> None:
    with pytest.raises(BindingsError) as caught:
        find_bindings()
    assert str(caught.value) == "lldb not found; sudo apt-get install lldb, or: pip install lldb-python"
    assert caught.value.package == "lldb"


def test_a_package_of_llvm_is_found_with_its_server_and_the_newest_is_taken(system: System) -> None:
    system.add_package(9)
    package = system.add_package(14)
    server = system.add_command("lldb-server", "", folder=system.usr / "lib" / "llvm-14")
    (system.usr / "lib" / "llvm-99-tools").mkdir()
    assert find_bindings() == Bindings(sys.executable, str(package), "", str(server), "lldb version 14.0")
    assert find_bindings().place == str(package)


def test_the_module_of_the_command_is_preferred_to_a_newer_one(system: System) -> None:
    package = system.add_package(14)
    system.add_package(15)
    lldb = system.add_command("lldb", "exit 1", folder=system.usr / "lib" / "llvm-14")
    (system.usr / "bin" / "lldb").symlink_to(lldb)
    assert find_bindings().package == str(package)


def test_another_command_brings_its_own_module_or_none(system: System) -> None:
    system.add_package(14)
    own = system.add_package(15, folder="mine")
    lldb = system.add_command("lldb", "exit 1", folder=system.usr / "lib" / "mine")
    assert find_bindings(str(lldb)).package == str(own)
    bare = system.add_command("lldb-16", "exit 1", folder=system.usr / "lib" / "llvm-16")
    assert why_not(str(bare)) == f"{bare} has no Python module"
    assert why_not("lldb-99") == "lldb-99 not found"
    with pytest.raises(BindingsError, match="sudo apt-get install python3-lldb-16"):
        find_bindings(str(bare))


def test_the_path_that_the_command_tells_is_read_after_its_traceback(system: System) -> None:
    package = system.add_package(14, folder="elsewhere")
    system.add_command("lldb", f"echo 'Traceback (most recent call last):' >&2; echo Error: no; echo {package.parent}")
    assert find_bindings().package == str(package)


def test_a_path_that_the_command_tells_and_that_is_empty_is_told(system: System) -> None:
    """As Debian 12's does: of an empty folder, `import lldb` makes a module without anything in it."""
    folder = system.usr / "lib" / "local"
    (folder / "lldb").mkdir(parents=True)
    lldb = system.add_command("lldb", f"echo {folder}")
    assert why_not() == f"lldb's Python module cannot be loaded ({lldb} -P names {folder}, where it is not)"


@pytest.mark.parametrize("is_empty", [True, False])
def test_what_an_interpreter_imports_by_itself_comes_first_unless_it_is_an_empty_folder(
    system: System, is_empty: bool
) -> None:
    package = system.add_package(14)
    site = system.usr / "site"
    (site / "lldb").mkdir(parents=True)
    if not is_empty:
        (site / "lldb" / "__init__.py").write_text(MODULE.format(version="19.0"))
    python = system.add_command("python3", f'shift; PYTHONPATH={site} exec {sys.executable} "$@"')
    found = find_bindings()
    if is_empty:
        assert (found.package, found.version) == (str(package), "lldb version 14.0")
    else:
        assert found == Bindings(str(python), version="lldb version 19.0")
        assert found.place == f"the module of {python}"


def test_a_dangling_link_is_mended_by_the_library_that_it_means(system: System) -> None:
    package = system.add_package(text="from . import _lldb\n")
    (package / "_lldb.cpython-311.so").symlink_to("../../../nowhere.so")
    library = system.add_library()
    found = find_bindings()
    assert (found.package, found.library) == (str(package), str(library))
    assert [file.name for file in package.iterdir() if file.is_file()] == ["__init__.py"]  # nothing was repaired


def test_a_dangling_link_without_its_library_is_told(system: System) -> None:
    package = system.add_package(text="from . import _lldb\n")
    (package / "_lldb.so").symlink_to("nowhere.so")
    assert why_not() == f"lldb's Python module cannot be loaded ({package}/_lldb.so is a dangling link)"


def test_a_module_that_lacks_another_one_says_which(system: System) -> None:
    system.add_package(text="import a_module_like_six\n")
    assert "No module named 'a_module_like_six'" in why_not()


def test_a_package_for_a_python_that_is_not_here_says_so(system: System) -> None:
    package = system.add_package(python="3.99")
    assert why_not() == f"lldb's Python module cannot be loaded ({package} is for python3.99, which is not here)"


def test_a_package_for_another_python_is_loaded_by_that_one(system: System) -> None:
    package = system.add_package(python="3.99")
    python = system.add_command("python3.99", f'exec {sys.executable} "$@"')
    found = find_bindings()
    assert (found.python, found.package) == (str(python), str(package))


@pytest.mark.parametrize(
    ("on_load", "told"),
    [
        ("abort();", "it was killed by signal 6"),
        ("for (;;) pause();", "it did not load within 1 s"),
        ("_exit(3);", "3"),
    ],
)
def test_a_library_that_does_not_load_harms_nobody(
    system: System, monkeypatch: pytest.MonkeyPatch, on_load: str, told: str
) -> None:
    monkeypatch.setattr(bindings, "_PROBE_S", 1.0)
    package = system.add_package(text="from . import _lldb\n")
    (package / "_lldb.so").symlink_to("nowhere.so")
    system.add_library(on_load)
    assert f"{package} with {sys.executable}: " in why_not()
    assert told in why_not()


def test_what_cannot_be_loaded_does_not_keep_from_what_can(system: System) -> None:
    system.add_package(15, text="import a_module_like_six\n")
    package = system.add_package(14)
    assert find_bindings().package == str(package)


def test_it_is_looked_for_once(system: System, processes_with: Callable[[str], list[str]]) -> None:
    package = system.add_package(14)
    found = find_bindings()
    (package / "__init__.py").unlink()
    assert find_bindings() is found
    assert processes_with(str(system.usr)) == []
