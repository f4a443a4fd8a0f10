"""lldb and gdb's agent record the same of a kernel: steps, frames, values, end.

What is normalised is in `normal.py`: the words for what cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.base import Limits
from drivers.machines.base import Machine
from drivers.machines.qemu import Qemu
from drivers.state import ABSENT, Kind, Step
from tests.conformance.kernel_recordings import (
    MACHINES,
    NAMES,
    WATCHED,
    assert_interrupts_reach_the_thread,
    build_example,
    record_example,
)
from tests.conformance.normal import normal_value
from tests.conformance.recordings import histories
from tests.drivers.conftest import make_driver
from tests.drivers.kernels import build_kernel, needs_machine, record_kernel

pytestmark = needs_machine

#: What lldb's paths do not read: computed here, from registers, or by its compiler.
COMPUTED = (
    *("n + 1", "-n", "sum * 2 > limit", "n ? 1 : 2", "(char) limit", "*&n", "&pair.second", "&limit == 0", "name[1]"),
    *("*(name + 1)", "!pair.first", "total % 3 == 1", "$sp", "$pc", "$ra", "$sp - 8", "print", "count", "no_such"),
    *("print == 0", "count == factorial", "panic && total", "-(4000000000)", "total > -2147483649", "NULL", "!NULL"),
    *("no_such && total", "(size_t) n", "true"),
)

#: What lldb's compiler computes.
COMPILED = ("(short) sum + 1L", "limit * 10000000000", "*(boot + i)", "(long) name % 16")


@pytest.fixture(scope="module", autouse=True)
def _lldb() -> None:
    make_driver("lldb")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=MACHINES.values(), ids=MACHINES.keys())
def make_machine(request: pytest.FixtureRequest) -> Callable[[], Machine]:
    make: Callable[[], Machine] = request.param
    return make


def assert_same(lldb: list[Step], agent: list[Step]) -> None:
    for ours, theirs in zip(lldb, agent, strict=False):
        assert normal(ours) == normal(theirs)
    assert len(lldb) == len(agent)


def normal(step: Step) -> Step:
    return replace(step, changes={sample: normal_value(value, 0) for sample, value in step.changes.items()})


@pytest.mark.parametrize("boot", ["c3", "f", "p", "e5"])
def test_same_recording(boot: str, make_machine: Callable[[], Machine], kernel: Path) -> None:
    agent, agent_end = record_kernel("agent", make_machine(), kernel, boot, *NAMES)
    lldb, lldb_end = record_kernel("lldb", make_machine(), kernel, boot, *NAMES)
    assert len(agent) > 10
    assert_same(lldb, agent)
    assert lldb_end == agent_end


def test_same_computed_values(kernel: Path) -> None:
    agent, _ = record_kernel("agent", Qemu(), kernel, "c2", *COMPUTED)
    lldb, _ = record_kernel("lldb", Qemu(), kernel, "c2", *COMPUTED)
    seen = 0
    for step, ours, theirs in zip(agent, histories(lldb), histories(agent), strict=True):
        for sample in ours.keys() | theirs.keys():
            # Beyond the outermost function there are registers to gdb, and nothing to lldb.
            if sample.depth == 0 or step.frames[1].function is not None:
                mine, other = (normal_value(values.get(sample, ABSENT), 0) for values in (ours, theirs))
                assert (step.index, sample, mine) == (step.index, sample, other)
                seen += other.number is not None
    assert seen > 1000


@pytest.mark.parametrize("level", ["-Og", "-O2"])
def test_same_recording_of_optimised_code(level: str, tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path, level)
    agent, agent_end = record_kernel("agent", Qemu(), kernel, "p", *NAMES)
    lldb, lldb_end = record_kernel("lldb", Qemu(), kernel, "p", *NAMES)
    assert agent
    assert_same(lldb, agent)
    assert lldb_end == agent_end


@pytest.mark.parametrize("level", ["-Og", "-O2"])
def test_no_other_value_of_what_is_in_a_register(level: str, tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path, level)
    agent, _ = record_kernel("agent", Qemu(), kernel, "c3", *COMPILED)
    lldb, _ = record_kernel("lldb", Qemu(), kernel, "c3", *COMPILED)
    told = 0
    for ours, theirs in zip(histories(lldb), histories(agent), strict=True):
        assert {sample for sample in ours if sample.depth == 0} == {sample for sample in theirs if sample.depth == 0}
        for sample in (sample for sample in ours if sample.depth == 0):
            if ours[sample].text == "lldb cannot compute with what is in a register":
                told += theirs[sample].number is not None
            else:
                assert (sample, ours[sample].number) == (sample, theirs[sample].number)
                assert (ours[sample].kind is Kind.UNREADABLE) == (theirs[sample].kind is Kind.UNREADABLE)
    assert told > 5


def test_what_is_inlined_everywhere_has_not_the_address_of_where(tmp_path: Path) -> None:
    steps, _ = record_kernel("lldb", Qemu(), build_kernel(tmp_path, "-O2"), "c3", "count", "kmain")
    values = [{sample.expression: value for sample, value in now.items()} for now in histories(steps)]
    assert {now["kmain"].kind for now in values if "kmain" in now} == {Kind.POINTER}
    assert all(now.get("count", ABSENT).number != now["kmain"].number for now in values if "kmain" in now)


def test_same_limits(kernel: Path) -> None:
    limits = Limits(total_s=60, steps=20)
    agent, agent_end = record_kernel("agent", Qemu(), kernel, "f", limits=limits)
    lldb, lldb_end = record_kernel("lldb", Qemu(), kernel, "f", limits=limits)
    assert_same(lldb, agent)
    assert len(lldb) == 20
    assert replace(lldb_end, output="") == replace(agent_end, output="")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_example(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize(("file", "boot", "names"), WATCHED, ids=[file for file, _, _ in WATCHED])
def test_same_recording_of_the_example(
    make_machine: Callable[[], Machine], example: Path, file: str, boot: str, names: tuple[str, ...]
) -> None:
    """Threads are switched, and come and go on the same stacks; the timer interrupts at the same instructions."""
    agent, agent_end = record_example("agent", make_machine(), example, file, boot, *names)
    lldb, lldb_end = record_example("lldb", make_machine(), example, file, boot, *names)
    assert len(agent) > 50
    assert_same(lldb, agent)
    # Where the step limit cuts a run, the console may be read to one letter or another.
    assert replace(lldb_end, output="") == replace(agent_end, output="")


def test_an_interrupts_frames_reach_the_thread(example: Path) -> None:
    assert_interrupts_reach_the_thread("lldb", example)
