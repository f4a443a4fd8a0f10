"""The agent and the plain session record the same of a kernel: steps, frames, values, end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.base import Limits
from drivers.machines.base import Machine
from drivers.machines.qemu import Qemu
from drivers.state import Step
from tests.conformance.kernel_recordings import (
    MACHINES,
    NAMES,
    WATCHED,
    assert_interrupts_reach_the_thread,
    build_example,
    record_example,
)
from tests.drivers.kernels import build_kernel, needs_machine, record_kernel

pytestmark = needs_machine


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=MACHINES.values(), ids=MACHINES.keys())
def make_machine(request: pytest.FixtureRequest) -> Callable[[], Machine]:
    make: Callable[[], Machine] = request.param
    return make


def assert_same(plain: list[Step], agent: list[Step]) -> None:
    for ours, theirs in zip(plain, agent, strict=False):
        assert ours == theirs
    assert len(plain) == len(agent)


@pytest.mark.parametrize("boot", ["c3", "f", "p", "e5"])
def test_same_recording(boot: str, make_machine: Callable[[], Machine], kernel: Path) -> None:
    agent, agent_end = record_kernel("agent", make_machine(), kernel, boot, *NAMES)
    plain, plain_end = record_kernel("plain", make_machine(), kernel, boot, *NAMES)
    assert len(agent) > 10
    assert_same(plain, agent)
    assert plain_end == agent_end


def test_same_recording_of_optimised_code(tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path, "-Og")
    agent, agent_end = record_kernel("agent", Qemu(), kernel, "c3", *NAMES)
    plain, plain_end = record_kernel("plain", Qemu(), kernel, "c3", *NAMES)
    assert agent
    assert_same(plain, agent)
    assert plain_end == agent_end


def test_same_limits(kernel: Path) -> None:
    limits = Limits(total_s=60, steps=20)
    agent, agent_end = record_kernel("agent", Qemu(), kernel, "f", limits=limits)
    plain, plain_end = record_kernel("plain", Qemu(), kernel, "f", limits=limits)
    assert_same(plain, agent)
    assert len(plain) == 20
    assert (plain_end.kind, plain_end.message, plain_end.frames) == (
        agent_end.kind,
        agent_end.message,
        agent_end.frames,
    )


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_example(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize(("file", "boot", "names"), WATCHED, ids=[file for file, _, _ in WATCHED])
def test_same_recording_of_the_example(
    make_machine: Callable[[], Machine], example: Path, file: str, boot: str, names: tuple[str, ...]
) -> None:
    """Threads are switched, and come and go on the same stacks; the timer interrupts at the same instructions."""
    agent, agent_end = record_example("agent", make_machine(), example, file, boot, *names)
    plain, plain_end = record_example("plain", make_machine(), example, file, boot, *names)
    assert len(agent) > 50
    assert_same(plain, agent)
    # Where the step limit cuts a run, the console may be read to one letter or another.
    assert replace(plain_end, output="") == replace(agent_end, output="")


def test_an_interrupts_frames_reach_the_thread(example: Path) -> None:
    assert_interrupts_reach_the_thread("agent", example)
