"""What every driver records of the kernels: the tests' own, and the example kernel with threads and interrupts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dexverify.builders.os161 import Os161Builder
from dexverify.trees import tree_of
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.machines.base import Machine
from drivers.machines.qemu import Qemu
from drivers.state import End, EndKind, Sample, Step
from tests.drivers.conftest import make_driver
from tests.drivers.sys161_stub import QuirkyQemu

NAMES = ("total", "name", "pair", "pair.second", "local", "n", "i", "sum", "limit", "value", "boot", "&pair", "why")
MACHINES: dict[str, Callable[[], Machine]] = {"qemu": Qemu, "quirky": lambda: QuirkyQemu(Qemu())}
#: A file of the example kernel, what to boot it with, and what to read there.
WATCHED = [
    ("vm/kmalloc.c", "km1;q", ("size", "used", "curthread->t_name", "curthread->t_priority", "heap_lock")),
    ("thread/thread.c", "tt1;tt2;q", ("curthread->t_name", "t", "t->t_state", "curcpu->c_spinlocks", "from")),
    ("thread/synch.c", "sy1;sy2;sy3;q", ("sem->sem_count", "lock->lk_holder", "lock->lk_name", "curthread->t_id")),
    ("dev/clock.c", "ck;q", ("curthread->t_in_interrupt", "curcpu->c_hardclocks")),
]
_EXAMPLE = Path(__file__).parents[2] / "examples" / "LTD" / "os161"


def build_example(folder: Path) -> Path:
    """The root of a copy of the example kernel's tree, built. Skips the test without what builds it."""
    if shutil.which("bmake") is None:
        pytest.skip("not installed: bmake")
    root = folder / "os161"
    shutil.copytree(_EXAMPLE, root)
    tree = tree_of(root / "kern")
    assert tree is not None
    Os161Builder().build(tree, "GENERIC")
    return root


def record_example(
    way: str, machine: Machine, root: Path, file: str, boot: str, *expressions: str
) -> tuple[list[Step], End]:
    plan = StopPlan((LineRange(str(root / "kern" / file), 1, 1_000_000),), dict.fromkeys(map(Sample, expressions)))
    launch = Launch(root / "kern" / "compile" / "GENERIC" / "kernel", (boot,), machine=machine)
    with make_driver(way).launch(launch, plan, Limits(total_s=60, steps=400)) as session:
        steps = list(session)
    return steps, session.end


def assert_interrupts_reach_the_thread(way: str, root: Path) -> None:
    """The frames of an interrupt's handler end in those of the thread that was interrupted."""
    steps, end = record_example(way, Qemu(), root, "dev/clock.c", "ck;q")
    assert end.kind is EndKind.POWEROFF
    stacks = [step.frames for step in steps if step.frames[0].function == "hardclock"]
    assert len(stacks) > 5
    assert all(any("exception" in (frame.function or "") for frame in frames) for frames in stacks)
    assert all(frames[-1].function in {"thread_begin", "__start"} for frames in stacks)
