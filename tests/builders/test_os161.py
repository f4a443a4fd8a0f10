"""The os161 builder, with a real bmake, on a tree of a few lines that is laid out as an OS/161 tree is."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from dexverify.builders import BuildRequest, Os161Builder, builder_for, os161
from dexverify.errors import BuildError, ConfigError
from dexverify.trees import Tree

needs_bmake = pytest.mark.skipif(shutil.which("bmake") is None, reason="bmake is not installed")

# As OS/161's own does, it keeps its scratch file in kern/conf.
CONFIG = """#!/bin/sh
set -e
echo "$1" >> config-runs
if grep -q nonsense "$1"; then echo "$1:1: nonsense"; exit 1; fi
echo "$1" > .conftmp
mkdir -p ../compile/$1
flags=$(sed -n 's/^flags //p' "$1" ../machine.conf)
[ "$(cat .conftmp)" = "$1" ]
cat > ../compile/$1/Makefile <<END
CFLAGS=-g $flags
all: kernel
kernel: main.o
\t\\$(CC) -o kernel main.o
main.o: ../../main/main.c
\t\\$(CC) \\$(CFLAGS) -c ../../main/main.c
depend:
\techo depend >> depend-runs
\t\\$(CC) \\$(CFLAGS) -M ../../main/main.c > .depend
END
"""
MAIN = """
#include "../include/value.h"
int main(void) { return VALUE; }
"""


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def age(root: Path) -> None:
    """Make everything an hour older, so that what is written next is newer, however coarse the clock."""
    for file in root.rglob("*"):
        then = file.stat().st_mtime_ns - 3600 * 10**9
        os.utime(file, ns=(then, then))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = (tmp_path / "tree").resolve()
    write(root / "kern/conf/config", CONFIG, 0o755)
    write(root / "kern/conf/DUMBVM", "include conf/conf.kern\n")
    write(root / "kern/conf/GENERIC", "include\tconf/conf.kern # the files\nflags -DTWICE\n")
    write(root / "kern/conf/conf.kern", "include machine.conf\n")
    write(root / "kern/conf/newvers.sh", "")
    write(root / "kern/machine.conf", "")
    write(root / "kern/main/main.c", MAIN)
    write(root / "kern/include/value.h", "#ifdef TWICE\n#define VALUE 2\n#else\n#define VALUE 1\n#endif\n")
    age(root)
    return Tree(root)


def runs(tree: Tree, kind: str) -> int:
    file = {"config": "kern/conf/config-runs", "depend": "kern/compile/DUMBVM/depend-runs"}[kind]
    return len((tree.root / file).read_text().splitlines())


def status_of(kernel: Path) -> int:
    return subprocess.run([kernel], check=False, timeout=20).returncode


def build(tree: Tree, kernel_config: str = "DUMBVM", deadline_s: float = 60) -> Path:
    return Os161Builder().build(tree, kernel_config, deadline_s)


@needs_bmake
def test_a_fresh_tree_is_configured_and_built_and_a_second_time_left_alone(tree):
    kernel = build(tree)
    assert kernel == tree.root / "kern/compile/DUMBVM/kernel"
    assert status_of(kernel) == 1
    assert (runs(tree, "config"), runs(tree, "depend")) == (1, 1)
    built = kernel.stat().st_mtime_ns
    assert build(tree).stat().st_mtime_ns == built
    assert (runs(tree, "config"), runs(tree, "depend")) == (1, 1)


@needs_bmake
def test_every_configuration_has_its_own_kernel(tree):
    assert status_of(build(tree, "GENERIC")) == 2
    assert status_of(build(tree, "DUMBVM")) == 1


@needs_bmake
@pytest.mark.skipif(shutil.which("mips-linux-gnu-gcc") is None, reason="mips-linux-gnu-gcc is not installed")
def test_the_trees_own_compiler_is_used(tree):
    script = (tree.root / "kern/conf/config").read_text()
    script = script.replace(r"\$(CC) -o", r"\$(CC) -nostdlib -Wl,-e,main -o")
    script = script.replace("CFLAGS=", "CC=mips-linux-gnu-gcc\nCFLAGS=")
    (tree.root / "kern/conf/config").write_text(script)
    with build(tree).open("rb") as file:
        elf = ELFFile(file)
        assert (elf.get_machine_arch(), elf.little_endian) == ("MIPS", False)
        assert elf.has_dwarf_info()


@needs_bmake
@pytest.mark.parametrize("changed", ["conf/DUMBVM", "conf/conf.kern", "machine.conf", "conf/config"])
def test_it_is_configured_anew_when_what_it_is_configured_from_has_changed(tree, changed):
    build(tree)
    age(tree.root)
    (tree.root / "kern" / changed).touch()
    build(tree)
    assert runs(tree, "config") == 2
    build(tree)
    assert runs(tree, "config") == 2


@needs_bmake
def test_flags_that_the_configuration_changes_reach_every_object(tree):
    build(tree)
    age(tree.root)
    (tree.root / "kern/conf/DUMBVM").write_text("flags -DTWICE\n")
    assert status_of(build(tree)) == 2


@needs_bmake
def test_a_header_that_has_changed_is_noticed(tree):
    build(tree)
    age(tree.root)
    (tree.root / "kern/include/value.h").write_text("#define VALUE 9\n")
    assert status_of(build(tree)) == 9
    assert runs(tree, "depend") == 2


@needs_bmake
def test_a_tree_that_was_copied_with_its_kernel_is_built_where_it_is_now(tree, tmp_path):
    build(tree)
    copy = (tmp_path / "copy").resolve()
    shutil.copytree(tree.root, copy)
    kernel = build(Tree(copy))
    with kernel.open("rb") as file:
        units = ELFFile(file).get_dwarf_info().iter_CUs()
        folders = {unit.get_top_DIE().attributes["DW_AT_comp_dir"].value for unit in units}
    assert folders == {os.fsencode(kernel.parent)}


@needs_bmake
def test_the_compilers_message_is_shown_with_the_command_to_repeat(tree):
    (tree.root / "kern/main/main.c").write_text("int main(void) { return undeclared_name; }\n")
    with pytest.raises(BuildError) as caught:
        build(tree)
    folder = tree.root / "kern/compile/DUMBVM"
    first, command, *output = str(caught.value).splitlines()
    assert first == "the build failed with exit status 1"
    assert command == f"$ cd {folder} && bmake -s"
    assert "../../main/main.c:1:" in "\n".join(output)
    assert "undeclared_name" in "\n".join(output)


@needs_bmake
def test_a_configuration_that_is_refused_shows_what_the_script_said_and_is_not_taken_for_done(tree):
    config = tree.root / "kern/conf/DUMBVM"
    build(tree)
    config.write_text("nonsense\n")
    os.utime(config, ns=(2**62, 2**62))
    for _ in range(2):
        with pytest.raises(BuildError) as caught:
            build(tree)
        assert f"$ cd {config.parent} && ./config DUMBVM\nDUMBVM:1: nonsense" in str(caught.value)
    config.write_text("")
    assert status_of(build(tree)) == 1


@needs_bmake
def test_a_build_that_leaves_no_kernel_has_failed(tree):
    script = (tree.root / "kern/conf/config").read_text().replace("-o kernel", "-o colonel")
    (tree.root / "kern/conf/config").write_text(script)
    with pytest.raises(BuildError, match=r"the build succeeded but left no .*/kern/compile/DUMBVM/kernel"):
        build(tree)


@needs_bmake
def test_a_config_script_that_leaves_no_makefile_is_told(tree):
    write(tree.root / "kern/conf/config", "#!/bin/sh\n", 0o755)
    with pytest.raises(BuildError, match=r"it left no .*/kern/compile/DUMBVM/Makefile\n\$ cd .*&& \./config DUMBVM"):
        build(tree)


@needs_bmake
def test_a_build_over_its_deadline_is_cut(tree):
    write(tree.root / "kern/conf/config", "#!/bin/sh\nsleep 60\n", 0o755)
    with pytest.raises(BuildError, match=r"the build took longer than 0\.[345] s\n\$ cd "):
        build(tree, deadline_s=0.5)


@needs_bmake
def test_flags_of_gnu_make_do_not_reach_bmake(tree, monkeypatch):
    monkeypatch.setenv("MAKEFLAGS", "w -- JOBS=2")
    monkeypatch.setenv("MAKELEVEL", "1")
    assert status_of(build(tree)) == 1


@pytest.mark.parametrize("name", ["DUMVBM", "conf.kern", "config", "../main/main.c", "-x", "", "newvers.sh"])
def test_a_configuration_that_is_not_there_names_those_that_are(tree, name):
    with pytest.raises(ConfigError) as caught:
        build(tree, name)
    hint = "; did you mean 'DUMBVM'?" if name == "DUMVBM" else ""
    assert str(caught.value) == (
        f"no kernel configuration {name!r} in {tree.root}/kern/conf: there are DUMBVM, GENERIC{hint}"
    )


def test_a_tree_without_any_configuration_is_told(tree):
    for name in ("DUMBVM", "GENERIC"):
        (tree.root / "kern/conf" / name).unlink()
    with pytest.raises(ConfigError, match="there is none at all"):
        build(tree)


@needs_bmake
def test_a_tree_that_was_never_configured_is_told_what_to_run(tree):
    write(tree.root / "configure", "#!/bin/sh\n", 0o755)
    with pytest.raises(ConfigError, match=rf"never configured: run \./configure at {tree.root} first"):
        build(tree)
    write(tree.root / "defs.mk", "")
    assert build(tree).is_file()


def test_without_bmake_the_line_that_installs_it_is_named(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"bmake is not installed: sudo apt-get install bmake$"):
        build(tree)


@needs_bmake
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("place", ["kern/conf", "kern/compile/DUMBVM"])
def test_a_tree_that_must_not_be_written_is_told(tree, place):
    build(tree)
    (tree.root / place).chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(ConfigError, match=rf"{place} must not be written: copy the tree, or .* --kernel$"):
            build(tree)
    finally:
        (tree.root / place).chmod(stat.S_IRWXU)


@needs_bmake
def test_a_place_for_kernels_that_cannot_be_made_is_told(tree):
    write(tree.root / "kern/compile", "a file, where a folder belongs")
    with pytest.raises(ConfigError, match=rf"^{tree.root}: its kernel is built inside the tree, and .*Not a directory"):
        build(tree)


@needs_bmake
def test_a_copy_is_handed_out_where_one_is_wanted(tree, tmp_path):
    copy = Os161Builder().build(tree, "DUMBVM", directory=tmp_path)
    assert copy == tmp_path / "kernel"
    assert copy.read_bytes() == (tree.root / "kern/compile/DUMBVM/kernel").read_bytes()


@needs_bmake
def test_two_builds_at_once_do_not_meet(tree):
    with ThreadPoolExecutor(4) as pool:
        kernels = list(pool.map(lambda name: build(tree, name), ["DUMBVM", "GENERIC", "DUMBVM", "GENERIC"]))
    assert [status_of(kernel) for kernel in kernels] == [1, 2, 1, 2]
    assert (runs(tree, "config"), runs(tree, "depend")) == (2, 1)


@needs_bmake
def test_a_build_that_another_one_holds_up_says_so_and_does_not_wait_for_ever(tree, monkeypatch, capsys):
    kernel = build(tree)
    monkeypatch.setattr(os161, "SAY_AFTER_S", 0.0)
    lock = tree.root / "kern/compile/.dexter/DUMBVM"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BuildError, match=f"another build in this tree did not end in time: it holds {lock}"):
            build(tree, deadline_s=0.2)
    told = f"dexter: waiting for another build in this tree, which holds {lock}\n"
    assert capsys.readouterr().err == told  # once
    assert build(tree) == kernel


def test_the_builder_is_known_by_name_and_misspellings_of_it_too(tmp_path):
    request = BuildRequest((tmp_path / "a.c",), tmp_path, (), (), "program")
    with pytest.raises(ConfigError, match=r"a\.c is in no OS/161 tree: no folder above has kern/conf/config"):
        builder_for("os161").build(request)
    with pytest.raises(ConfigError, match=r"did you mean os161\?"):
        builder_for("os-161")
    assert builder_for("os161").name == "os161"


@needs_bmake
def test_a_blank_in_the_path_of_the_tree_is_no_obstacle(tree, tmp_path):
    root = (tmp_path / "a tree").resolve()
    tree.root.rename(root)
    assert status_of(build(replace(tree, root=root))) == 1
