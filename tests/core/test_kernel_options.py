"""The options for kernels: their values, and what they can be given with."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from dexverify.cli import main
from dexverify.errors import ConfigError
from dexverify.kernel_options import check_kernel_options
from dexverify.options import Options
from dexverify.trees import Tree


@pytest.fixture
def tree(tmp_path) -> Tree:
    conf = tmp_path / "tree" / "kern" / "conf"
    conf.mkdir(parents=True)
    (conf / "GENERIC").touch()
    return Tree(tmp_path / "tree")


def refusal(options: Options, *trees: Tree, has_programs: bool = False) -> str:
    with pytest.raises(ConfigError) as caught:
        check_kernel_options(options, trees, has_programs=has_programs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--cpus", "0", "'0' is no whole number from 1 to 32"),
        ("--cpus", "33", "'33' is no whole number from 1 to 32"),
        ("--cpus", "x", "'x' is no whole number from 1 to 32"),
        ("--cpus", "٣", "'٣' is no whole number from 1 to 32"),
        ("--seed", "-1", "'-1' is no whole number from 0 to 4,294,967,295"),
        ("--seed", "4294967296", "'4294967296' is no whole number"),
        ("--seed", "9" * 5000, "is no whole number from 0 to 4,294,967,295"),
        ("--ramsize", "4", "'4' is no number with K or M, such as 4M"),
        ("--ramsize", "4MB", "'4MB' is no number with K or M"),
        ("--ramsize", "0M", "'0M' is no number with K or M"),
        ("--console-timeout", "0", "'0' is no number of seconds above 0"),
        ("--machine", "quemu", "invalid choice: 'quemu'"),
    ],
)
def test_a_value_that_makes_no_sense_is_told(capsys, option, value, told):
    with pytest.raises(SystemExit) as caught:
        main(["test", f"{option}={value}", "a.c"])
    assert caught.value.code == 2
    assert f"argument {option}: " in (said := capsys.readouterr().err)
    assert told in said


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (Options(kernel_config="GENERIC"), "--kernel-config"),
        (Options(kernel=Path("kernel")), "--kernel"),
        (Options(machine="qemu"), "--machine"),
        (Options(seed=0), "--seed"),
        (Options(cpus=1), "--cpus"),
        (Options(ramsize="4M"), "--ramsize"),
        (Options(console_timeout=1.0), "--console-timeout"),
    ],
)
def test_an_option_for_kernels_needs_one(tree, options, name):
    assert refusal(options, has_programs=True) == (
        f"{name} is for kernels, and none of the tests is part of one: say --builder os161"
    )
    check_kernel_options(Options(), [], has_programs=True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (Options(cflags=("-O1",)), "--cflags is not for kernels, which their tree builds and runs its own way"),
        (Options(ldflags=("-lm",)), "--ldflags is not for kernels, which"),
        (Options(stdin=Path("in")), "--stdin is not for kernels, which"),
        (Options(binary=Path("kernel")), "--binary is not for kernels: use --kernel"),
    ],
)
def test_an_option_for_programs_needs_one(tree, options, told):
    assert refusal(options, tree).startswith(told)
    check_kernel_options(options, [tree], has_programs=True)


def test_the_kernel_must_be_a_file_and_the_only_one(tree, tmp_path):
    assert refusal(Options(kernel=tmp_path), tree) == f"--kernel {tmp_path}: it is a folder; name the kernel in it"
    assert refusal(Options(kernel=Path("not/there")), tree) == "--kernel not/there: no such file"
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"hello")
    assert refusal(Options(kernel=kernel), tree).startswith(f"--kernel {kernel} is not an ELF file: ")
    header = struct.pack(">16s2H5I6H", b"\x7fELF\1\2\1", 2, 8, 1, 0x80100000, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    kernel.write_bytes(header + struct.pack(">8I", 1, 0, 0x80100000, 0x80100000, 4, 4, 5, 4))
    check_kernel_options(Options(kernel=kernel), [tree], has_programs=False)
    assert refusal(Options(kernel=kernel), tree, Tree(tmp_path)).startswith(
        "--kernel is one kernel, and there are 2 trees"
    )
    assert refusal(Options(kernel=kernel, kernel_config="GENERIC"), tree).startswith("--kernel is built already")


def test_the_kernel_configuration_must_be_in_every_tree(tree, tmp_path):
    check_kernel_options(Options(kernel_config="GENERIC"), [tree], has_programs=False)
    assert refusal(Options(kernel_config="GENERICS"), tree).endswith("there are GENERIC; did you mean 'GENERIC'?")
