"""Which machine a kernel is run on, and why none can be."""

from __future__ import annotations

import re
from pathlib import Path

from dexverify.doctor import shortage
from dexverify.errors import ConfigError
from dexverify.options import MACHINES, Options
from dexverify.probes import CAPABILITY_OF_MACHINE
from dexverify.trees import Tree
from drivers.machines.base import Machine

_DEFAULTS = Options()
_SYS161_CONF = "sys161.conf"
_OSTREE = re.compile(r"^OSTREE[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def machine_for(tree: Tree, options: Options, kernel: Path) -> Machine:
    """The machine that the options ask for, else the tree; else the first that is there and can run the kernel.

    Raises ConfigError with the reason of each that was considered.
    """
    asked = _asked(options, tree)
    refusals: list[str] = []
    for name in (asked,) if asked is not None else MACHINES:
        reason = shortage([CAPABILITY_OF_MACHINE[name]])
        if reason is None:
            machine = _make(name, tree, options)
            reason = machine.refusal(kernel)
            if reason is None:
                return machine
        refusals.append(f"{name}: {reason}")
    raise ConfigError("\n  ".join([f"no machine can run the kernel: {refusals[0]}", *refusals[1:]]))


def lacking(options: Options, tree: Tree) -> str | None:
    """Why no kernel of the tree can be verified on this computer, with the line that installs what is missing."""
    if options.debugger == "lldb":
        names = ["lldb-python"] if options.lldb == _DEFAULTS.lldb else []
    else:
        names = ["mips-gdb"] if options.gdb == _DEFAULTS.gdb else []
    if options.kernel is None:
        names += ["bmake", "mips-gcc"]
    asked = _asked(options, tree)
    if asked is not None:
        names.append(CAPABILITY_OF_MACHINE[asked])
    elif all(shortage([CAPABILITY_OF_MACHINE[name]]) is not None for name in MACHINES):
        names.append("qemu-mips")  # which anybody can install
    missing = shortage(names)
    return f"kernels cannot be verified here: {missing}" if missing is not None else None


def _asked(options: Options, tree: Tree) -> str | None:
    return options.machine or tree.machine


def _make(name: str, tree: Tree, options: Options) -> Machine:
    cpus = options.cpus if options.cpus is not None else tree.cpus
    seed = options.seed if options.seed is not None else tree.seed
    ramsize = options.ramsize or tree.ramsize
    if name == "sys161":
        from drivers.machines.sys161 import Sys161

        return Sys161(cpus=cpus, seed=seed, ramsize=ramsize, root=_run_root(tree))
    from drivers.machines.qemu import Qemu

    return Qemu(cpus=cpus, seed=seed, ramsize=ramsize, root=tree.root)


def _run_root(tree: Tree) -> Path:
    """Where the user runs kernels: the tree, if it has a sys161.conf, else where its ./configure was told to install.

    OS/161's own configure script leaves that in defs.mk, as make's variable OSTREE.
    """
    definitions = tree.root / "defs.mk"
    if not (tree.root / _SYS161_CONF).is_file() and definitions.is_file():
        found = _OSTREE.search(definitions.read_text("utf-8", errors="replace"))
        if found is not None:
            home = str(Path("~").expanduser())
            installed = Path(re.sub(r"\$\(HOME\)|\$\{HOME\}", lambda _: home, found[1]))
            if (installed / _SYS161_CONF).is_file():
                return installed
    return tree.root
