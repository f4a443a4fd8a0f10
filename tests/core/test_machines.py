"""Which machine a kernel is run on, with made-up emulators on a PATH of our own."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from dexverify.errors import ConfigError
from dexverify.machines import lacking, machine_for
from dexverify.options import Options
from dexverify.trees import Tree

# A kernel there runs on both; System/161 has its memory from 0x80000000, malta's firmware needs the beginning of it.
ANYWHERE, SYS161_ONLY = 0x80100000, 0x80000200


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path) -> Tree:
    root = tmp_path / "tree"
    root.mkdir()
    return Tree(root)


def add(path: Path, *names: str, says: str = "version 1.0") -> None:
    for name in names:
        (path / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (path / name).chmod(0o755)


def kernel(tmp_path: Path, address: int) -> Path:
    """An ELF file for MIPS with one segment there."""
    file = tmp_path / f"kernel-{address:x}"
    identity = b"\x7fELF" + bytes([1, 2, 1]) + bytes(9)
    header = struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, address, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    segment = struct.pack(">8I", 1, 0, address, address, 84, 84, 5, 4)
    file.write_bytes(identity + header + segment)
    return file


def test_a_machine_that_is_not_there_is_passed_over(path, tree, tmp_path):
    add(path, "qemu-system-mips")
    assert machine_for(tree, Options(), kernel(tmp_path, ANYWHERE)).name == "qemu"


def test_sys161_comes_first_but_one_that_cannot_run_the_kernel_is_passed_over(path, tree, tmp_path):
    add(path, "qemu-system-mips", "sys161")
    assert machine_for(tree, Options(), kernel(tmp_path, ANYWHERE)).name == "sys161"
    assert machine_for(tree, Options(cpus=32), kernel(tmp_path, ANYWHERE)).name == "sys161"
    assert machine_for(tree, Options(), kernel(tmp_path, SYS161_ONLY)).name == "sys161"
    (tree.root / "sys161.conf").write_text("nonsense\n")
    assert machine_for(tree, Options(), kernel(tmp_path, ANYWHERE)).name == "qemu"


def test_the_command_line_comes_before_the_tree_and_the_tree_before_the_order(path, tree, tmp_path):
    add(path, "qemu-system-mips", "sys161")
    on_qemu = Tree(tree.root, machine="qemu")
    image = kernel(tmp_path, ANYWHERE)
    assert machine_for(on_qemu, Options(), image).name == "qemu"
    assert machine_for(on_qemu, Options(machine="sys161"), image).name == "sys161"


def test_each_machine_that_was_considered_is_told_with_its_reason(path, tree, tmp_path):
    add(path, "qemu-system-mips")
    image = kernel(tmp_path, SYS161_ONLY)
    with pytest.raises(ConfigError) as caught:
        machine_for(tree, Options(), image)
    first, second = str(caught.value).splitlines()
    assert first.startswith("no machine can run the kernel: sys161: sys161 not found; comes with your OS/161 course")
    assert second.startswith(f"  qemu: {image}: it is linked at 0x80000200, ")
    with pytest.raises(ConfigError) as caught:
        machine_for(tree, Options(machine="qemu"), image)
    assert str(caught.value).startswith(f"no machine can run the kernel: qemu: {image}: it is linked at 0x80000200, ")


def test_a_machine_that_was_asked_for_is_not_replaced_by_another(path, tree, tmp_path):
    add(path, "qemu-system-mips")
    image = kernel(tmp_path, ANYWHERE)
    with pytest.raises(ConfigError, match=r": sys161: sys161 not found; comes with"):
        machine_for(Tree(tree.root, machine="sys161"), Options(), image)
    with pytest.raises(ConfigError, match=r": qemu: malta has one processor, and 4 are wanted"):
        machine_for(tree, Options(machine="qemu", cpus=4), image)


def test_the_options_come_before_what_the_tree_says_of_the_machine(path, tree, tmp_path):
    add(path, "qemu-system-mips")
    image = kernel(tmp_path, ANYWHERE)
    big = Tree(tree.root, machine="qemu", cpus=4, ramsize="4M")
    with pytest.raises(ConfigError, match="4 are wanted"):
        machine_for(big, Options(), image)
    assert machine_for(big, Options(cpus=1), image).name == "qemu"
    with pytest.raises(ConfigError, match="lies outside of the machine's memory"):
        machine_for(big, Options(cpus=1, ramsize="512K"), image)


@pytest.mark.parametrize("home", ["$(HOME)", "${HOME}", None])
def test_the_sys161_conf_where_the_tree_is_installed_to_is_honoured(path, tree, tmp_path, monkeypatch, home):
    add(path, "sys161")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "sys161.conf").write_text("nonsense\n")
    image = kernel(tmp_path, ANYWHERE)
    assert machine_for(tree, Options(), image).name == "sys161"
    (tree.root / "defs.mk").write_text(f"PLATFORM=sys161\nOSTREE={home or tmp_path}/root\nMACHINE=mips\n")
    with pytest.raises(ConfigError, match=rf"{tmp_path}/root/sys161\.conf:1: not a device"):
        machine_for(tree, Options(), image)
    (tree.root / "sys161.conf").write_text("31 mainboard ramsize=4M cpus=1\n")
    assert machine_for(tree, Options(), image).name == "sys161"


MIPS_GDB = 'The target architecture is set to "mips".\nGNU gdb 13.1'


def test_nothing_is_lacking_where_everything_is_there(path, tree):
    add(path, "gdb-multiarch", says=MIPS_GDB)
    add(path, "bmake", "mips-linux-gnu-gcc", "qemu-system-mips")
    assert lacking(Options(), tree) is None


def test_lldb_needs_its_module_and_no_gdb(path, tree, monkeypatch):
    add(path, "bmake", "mips-linux-gnu-gcc", "qemu-system-mips")
    asked = []
    monkeypatch.setattr("dexverify.machines.shortage", lambda names: asked.append(list(names)) or None)
    assert lacking(Options(debugger="lldb", machine="qemu"), tree) is None
    assert lacking(Options(debugger="lldb", lldb="/opt/lldb", machine="qemu"), tree) is None
    assert asked == [["lldb-python", "bmake", "mips-gcc", "qemu-mips"], ["bmake", "mips-gcc", "qemu-mips"]]


def test_one_line_installs_everything_that_is_lacking(path, tree):
    assert lacking(Options(), tree) == (
        "kernels cannot be verified here: "
        "none of mips-harvard-os161-gdb, os161-gdb, gdb-multiarch, gdb is there and knows MIPS, bmake not found, "
        "mips-harvard-os161-gcc or os161-gcc or mips-linux-gnu-gcc not found, qemu-system-mips not found; "
        "sudo apt-get install gdb-multiarch bmake gcc-mips-linux-gnu qemu-system-mips"
    )


def test_only_what_the_options_leave_to_do_is_needed(path, tree):
    add(path, "sys161")
    reason = lacking(Options(kernel=Path("kernel")), tree)
    assert reason is not None
    assert reason.endswith("knows MIPS; sudo apt-get install gdb-multiarch")
    assert lacking(Options(kernel=Path("kernel"), gdb="/opt/my-gdb"), tree) is None
    asked = lacking(Options(kernel=Path("kernel"), gdb="/opt/my-gdb", machine="qemu"), tree)
    assert asked is not None
    assert asked.endswith("qemu-system-mips not found; sudo apt-get install qemu-system-mips")
