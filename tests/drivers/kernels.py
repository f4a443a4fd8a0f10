"""The tests' kernel (tests/drivers/kernel): built, and recorded in a machine; and what a machine needs to be there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import Launch, Limits, LineRange, Session, StopPlan
from drivers.gdb.remote import KERNEL_GDBS
from drivers.machines.base import Machine
from drivers.process import run
from drivers.state import End, Sample, Step
from tests.drivers.conftest import make_driver

FOLDER = Path(__file__).parent / "kernel"
SOURCE = FOLDER / "kernel.c"
_COMPILER = "mips-linux-gnu-gcc"
_FLAGS = [
    "-march=mips32", "-mabi=32", "-mno-abicalls", "-fno-pic", "-msoft-float", "-G", "0",
    "-ffreestanding", "-nostdlib", "-static", "-g",
]  # fmt: skip

_LACKING = [tool for tool in (_COMPILER, "qemu-system-mips") if shutil.which(tool) is None]
if not any(shutil.which(gdb) for gdb in KERNEL_GDBS[:-1]):
    _LACKING.append(KERNEL_GDBS[0])

#: For tests that boot a kernel.
needs_machine = pytest.mark.skipif(bool(_LACKING), reason=f"not installed: {', '.join(_LACKING)}")


def build_kernel(folder: Path, *flags: str) -> Path:
    """The tests' kernel, without optimisation unless the flags say otherwise."""
    kernel = folder / "kernel"
    sources = [FOLDER / "start.S", SOURCE]
    script = FOLDER / "kernel.ld"
    completed = run(
        [_COMPILER, *_FLAGS, "-O0", *flags, "-T", script, *sources, "-o", kernel],
        deadline_s=60,
    )
    assert completed.status == 0, completed.output
    return kernel


def record_kernel(
    way: str,
    machine: Machine,
    kernel: Path,
    boot: str,
    *expressions: str,
    limits: Limits | None = None,
    on_step: Callable[[Session, Step], object] = lambda *_: None,
) -> tuple[list[Step], End]:
    """Boot it under gdb, by the agent or by a plain session, or under lldb, and stop at every line of its source."""
    samples = [*map(Sample, expressions), *(Sample(expression, 1) for expression in expressions)]
    plan = StopPlan((LineRange(str(SOURCE), 1, 1_000_000),), dict.fromkeys(samples))
    launch = Launch(kernel, (boot,), machine=machine)
    steps = []
    with make_driver(way).launch(launch, plan, limits or Limits(total_s=60)) as session:
        for step in session:
            steps.append(step)
            on_step(session, step)
    return steps, session.end
