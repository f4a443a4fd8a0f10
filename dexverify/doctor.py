"""What this machine can do, and what mends what it cannot: `dexter doctor`, `list-debuggers`, and `REQUIRES`."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

from dexverify.errors import ConfigError
from dexverify.features import SANITIZERS, SYSTEMS, is_this_system
from dexverify.probes import CAPABILITY_OF_MACHINE, PROBES, Capability
from dexverify.remedies import merged
from dexverify.sanitizers import unmet

# A test that needs lldb needs the module that drives it as well.
_IMPLIED = {"lldb": ("lldb", "lldb-python")}
_KNOWN = (*PROBES, *SYSTEMS, *SANITIZERS)
# Besides a machine; lldb stands in for the first.
_FOR_KERNELS = ("mips-gdb", "bmake", "mips-gcc")


def capabilities() -> list[Capability]:
    """Everything that dexter can use, probed now and all at once."""
    with ThreadPoolExecutor(max_workers=len(PROBES)) as pool:
        return list(pool.map(lambda probe: probe(), PROBES.values()))


def render(found: Iterable[Capability]) -> str:
    """One line a capability, and a last line that says whether programs and kernels can be verified here."""
    found = list(found)
    answer = "can" if host_is_usable(found) else "cannot"
    last = f"C programs {answer} be verified on this machine; {_on_kernels(found)}."
    return "\n".join([*map(str, found), "", last])


def _on_kernels(found: Iterable[Capability]) -> str:
    known = {capability.name: capability for capability in found}
    machines = [machine for machine, name in CAPABILITY_OF_MACHINE.items() if known[name].version is not None]
    needed = [*_FOR_KERNELS, *(() if machines else ("qemu-mips",))]
    if lack := _shortage([known[name] for name in needed]):
        if known["lldb-python"].version is None or _shortage([known[name] for name in needed[1:]]):
            return f"kernels cannot: {lack}"
        return f"kernels can with --debugger lldb, on {' and '.join(machines)}"
    return f"kernels can, on {' and '.join(machines)}"


def host_is_usable(found: Iterable[Capability]) -> bool:
    """Whether there is a C compiler, and a gdb that may run programs: else `dexter doctor` exits with 1."""
    usable = {capability.name for capability in found if capability.version is not None}
    return bool(usable & {"gcc", "clang"}) and {"gdb", "ptrace"} <= usable


def debuggers() -> list[Capability]:
    """The debuggers for `dexter list-debuggers`: what is here, and whether it can be used."""
    gdb, ptrace, lldb, mips_gdb = (_probed(name) for name in ("gdb", "ptrace", "lldb-python", "mips-gdb"))
    if gdb.version is not None and ptrace.version is None:
        gdb = Capability("gdb", None, ptrace.why_not, ptrace.remedy)
    return [gdb, mips_gdb, replace(lldb, name="lldb")]


def check_names(requirements: Sequence[str]) -> None:
    """Raises ConfigError for what seems to be a misspelt capability; the message names the nearest.

    What is like none of them is a feature of somebody's lit, which nothing is known of here.
    """
    for requirement in requirements:
        if requirement not in _KNOWN and (near := difflib.get_close_matches(requirement, _KNOWN, n=1)):
            raise ConfigError(
                f"there is no capability called {requirement!r}; did you mean {near[0]!r}? (all: {', '.join(_KNOWN)})"
            )


def missing(requirements: Sequence[str]) -> str | None:
    """Why a test that requires these cannot run here: the first that is missing, with its remedy; None if it can.

    Only what is asked for is probed, once in the life of the process. Raises ConfigError as `check_names` does.
    """
    check_names(requirements)
    for requirement in requirements:
        if requirement in SYSTEMS:
            if not is_this_system(requirement):
                return f"{requirement} is required, and this is {sys.platform}"
            continue
        if requirement in SANITIZERS:
            if reason := unmet(requirement):
                return reason
            continue
        if requirement not in PROBES:
            return f"{requirement!r} is required, which dexter does not know; it knows, in lists, {', '.join(_KNOWN)}"
        for name in _IMPLIED.get(requirement, (requirement,)):
            capability = _probed(name)
            if capability.version is None:
                return f"{name} cannot be used: {capability.trouble}"
    return None


def excluded(features: Sequence[str]) -> str | None:
    """Why a test that is UNSUPPORTED: with these does not run here: the first that is there; None if none is.

    Raises ConfigError as `check_names` does.
    """
    check_names(features)
    there = next((feature for feature in features if missing([feature]) is None), None)
    return None if there is None else f"it is marked as unsupported with {there}"


def shortage(names: Sequence[str]) -> str | None:
    """All of these capabilities that are missing, with one line that installs them; None if none is.

    Probes as `missing` does.
    """
    return _shortage([_probed(name) for name in names])


def _shortage(wanted: Sequence[Capability]) -> str | None:
    absent = [capability for capability in wanted if capability.version is None]
    if not absent:
        return None
    return "; ".join(filter(None, [", ".join(each.why_not for each in absent), merged(e.remedy for e in absent)]))


def _probed(name: str) -> Capability:
    return _remembered(name, os.environ.get("PATH", ""))


@cache
def _remembered(name: str, path: str) -> Capability:  # noqa: ARG001 - another PATH is another answer
    return PROBES[name]()
