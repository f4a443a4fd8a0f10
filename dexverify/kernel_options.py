"""Whether the options of `dexter test` make sense for the kernels among its tests: told before the first one runs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from dexverify.builders.os161 import check_config
from dexverify.errors import ConfigError
from dexverify.options import Options
from dexverify.trees import Tree
from drivers.machines.kernels import read_kernel

_FOR_KERNELS = ("kernel_config", "kernel", "machine", "seed", "cpus", "ramsize", "console_timeout")
_FOR_PROGRAMS = ("binary", "cflags", "ldflags", "stdin")


def check_kernel_options(options: Options, trees: Collection[Tree], *, has_programs: bool) -> None:
    """Raise ConfigError for what no kernel of these trees can be run with, and for what applies to no test at all.

    `has_programs` says that some tests are no part of a kernel.
    """
    if not trees:
        if given := _given(options, _FOR_KERNELS):
            raise ConfigError(f"{given} is for kernels, and none of the tests is part of one: say --builder os161")
        return
    if not has_programs and (given := _given(options, _FOR_PROGRAMS)):
        instead = ": use --kernel" if given == "--binary" else ", which their tree builds and runs its own way"
        raise ConfigError(f"{given} is not for kernels{instead}")
    if options.kernel is not None:
        if options.kernel_config is not None:
            raise ConfigError("--kernel is built already, and --kernel-config is what to build: give one of them")
        if len(trees) > 1:
            raise ConfigError(f"--kernel is one kernel, and there are {len(trees)} trees: name one of them")
        check_kernel(options.kernel)
    elif options.kernel_config is not None:
        for tree in trees:
            check_config(tree, options.kernel_config)


def check_kernel(path: Path) -> None:
    """Raise ConfigError when what `--kernel` names is no file that a MIPS machine could load."""
    if path.is_dir():
        raise ConfigError(f"--kernel {path}: it is a folder; name the kernel in it")
    if not path.is_file():
        raise ConfigError(f"--kernel {path}: no such file")
    found = read_kernel(path)
    if isinstance(found, str):
        raise ConfigError(f"--kernel {path} {found}")


def _given(options: Options, names: Collection[str]) -> str | None:
    """The first of these options that is given, as it is written."""
    default = Options()
    return next(
        (f"--{name.replace('_', '-')}" for name in names if getattr(options, name) != getattr(default, name)), None
    )
