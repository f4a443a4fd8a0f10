"""A kernel under gdb's machine interface alone, as for a gdb without Python."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import DriverError, Launch, Limits, LineRange, Session, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.gdb.plain import PlainSession
from drivers.machines.base import Machine
from drivers.machines.qemu import Qemu
from drivers.state import End, EndKind, Step
from tests.drivers.kernels import SOURCE, build_kernel, needs_machine, record_kernel
from tests.drivers.sys161_stub import Fault, QuirkyQemu, Trouble

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=["qemu", "quirky"])
def machine(request: pytest.FixtureRequest) -> Machine:
    return Qemu() if request.param == "qemu" else QuirkyQemu(Qemu())


def line_of(text: str) -> int:
    """The number of the source's line that begins so."""
    lines = SOURCE.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


def test_power_off(machine: Machine, kernel: Path) -> None:
    steps, end = record_kernel("plain", machine, kernel, "f", "total")
    assert end == End(EndKind.POWEROFF, output="booted\ndone\n")
    assert [step.index for step in steps] == list(range(len(steps)))
    assert {step.thread for step in steps} == {0}
    assert steps[0].frames[0].function == "kmain"
    assert steps[0].entered
    assert sum(step.entered for step in steps if step.frames[0].function == "factorial") == 5
    assert steps[-1].frames[0].function == "poweroff"


def test_status(machine: Machine, kernel: Path) -> None:
    _, end = record_kernel("plain", machine, kernel, "e7")
    assert (end.kind, end.code) == (EndKind.EXIT, 7)


def test_panic(machine: Machine, kernel: Path) -> None:
    steps, end = record_kernel("plain", machine, kernel, "p", "value")
    assert (end.kind, end.message) == (EndKind.PANIC, "the value is too large: 3")
    assert [(frame.function, frame.line) for frame in end.frames[:3]] == [
        ("panic", line_of('print("panic: ")')),
        ("check", line_of("panic(")),
        ("kmain", line_of("check(3)")),
    ]
    assert any(frame.function == "panic" for frame in steps[-1].frames)


def test_panic_that_hangs_afterwards(kernel: Path) -> None:
    """What was noted at the panic counts, not that the kernel then did nothing for too long."""
    plan = StopPlan((LineRange(str(SOURCE), line_of("pair.first ="), line_of("pair.first =")),))
    limits = Limits(total_s=60, silence_s=1.0)

    def run(trouble: Trouble | None) -> tuple[End, list[bytes]]:
        machine = QuirkyQemu(Qemu(), trouble=trouble)
        with GdbDriver(use_agent=False).launch(Launch(kernel, ("p",), machine=machine), plan, limits) as session:
            assert len(list(session)) == 2
        assert machine.running is not None
        return session.end, machine.running.stub.requests

    whole, requests = run(None)
    # The last time that it is told to go on, it does not.
    end, _ = run(Trouble(Fault.SILENCE, b"c", sum(request == b"c" for request in requests)))
    assert (end.kind, end.frames) == (EndKind.PANIC, whole.frames)
    assert end.frames[0].function == "panic"
    assert (whole.message, end.message) == ("the value is too large: 3", "")


def test_released(machine: Machine, kernel: Path) -> None:
    steps, end = record_kernel(
        "plain", machine, kernel, "p", on_step=lambda session, step: step.index == 4 and session.release()
    )
    assert len(steps) == 5
    assert (end.kind, end.message) == (EndKind.PANIC, "the value is too large: 3")
    assert end.frames[0].function == "panic"


@pytest.mark.parametrize(("act", "kind"), [(Session.finish, EndKind.FINISHED), (Session.stop, EndKind.DECIDED)])
def test_ended_on_request(act: Callable[[Session], None], kind: EndKind, machine: Machine, kernel: Path) -> None:
    def end_it(session: Session, step: Step) -> None:
        if step.index == 9:
            getattr(session, act.__name__)()

    steps, end = record_kernel("plain", machine, kernel, "C9", on_step=end_it)
    assert (len(steps), end.kind) == (10, kind)


def test_left_in_the_middle(machine: Machine, kernel: Path) -> None:
    plan = StopPlan((LineRange(str(SOURCE), 1, 1000),))
    with GdbDriver(use_agent=False).launch(Launch(kernel, ("C9",), machine=machine), plan, Limits()) as session:
        assert next(iter(session)).index == 0
    assert session.end.kind is EndKind.DECIDED


def test_hang(machine: Machine, kernel: Path) -> None:
    _, end = record_kernel("plain", machine, kernel, "h", limits=Limits(total_s=60, silence_s=1.0))
    assert (end.kind, end.message) == (EndKind.TIME_LIMIT, "neither a step nor output came for 1 s")
    assert end.output == "booted\n"
    assert end.frames[0].function == "kmain"


def test_output_is_no_silence(kernel: Path) -> None:
    plan = StopPlan((LineRange(str(SOURCE), line_of("switch"), line_of("switch")),))
    limits = Limits(total_s=2.5, silence_s=1.0)
    with GdbDriver(use_agent=False).launch(Launch(kernel, ("o",), machine=Qemu()), plan, limits) as session:
        assert len(list(session)) == 1
    assert session.end.kind is EndKind.TIME_LIMIT
    assert session.end.message == "the program ran for longer than 2.5 s"
    assert "dexterdexter" in session.end.output


def test_time_between_steps(machine: Machine, kernel: Path) -> None:
    _, end = record_kernel("plain", machine, kernel, "h", limits=Limits(total_s=60, step_s=1.0))
    assert (end.kind, end.message) == (EndKind.TIME_LIMIT, "no step came for 1 s")


def test_step_limit(machine: Machine, kernel: Path) -> None:
    steps, end = record_kernel("plain", machine, kernel, "C9", limits=Limits(total_s=60, steps=7))
    assert (len(steps), end.kind) == (7, EndKind.STEP_LIMIT)


def test_killed_gdb(machine: Machine, kernel: Path) -> None:
    def kill(session: Session, step: Step) -> None:
        assert isinstance(session, PlainSession)
        if step.index == 5:
            pid = session._gdb.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

    steps, end = record_kernel("plain", machine, kernel, "C9", on_step=kill)
    assert (end.kind, end.message) == (EndKind.LOST, "gdb was killed by SIGKILL")
    assert len(steps) == 6


def test_gdb_without_mips(kernel: Path, tmp_path: Path) -> None:
    """A gdb that knows other processors only says so at once."""
    gdb = tmp_path / "gdb"
    gdb.write_text(
        "#!/bin/sh\n"
        'printf \'1^error,msg="Undefined item: \\\\"mips\\\\"."\\n\'\n'
        "n=1; while read -r _; do n=$((n+1)); printf '%d^done\\n' $n; done\n"
    )
    gdb.chmod(0o755)
    plan = StopPlan((LineRange(str(SOURCE), 1, 1000),))
    with pytest.raises(DriverError, match="does not know MIPS: install one"):
        GdbDriver(str(gdb), use_agent=False).launch(Launch(kernel, ("f",), machine=Qemu()), plan, Limits())


def test_no_line_with_code(kernel: Path) -> None:
    with pytest.raises(DriverError, match="nearest lines"):
        GdbDriver(use_agent=False).launch(
            Launch(kernel, ("f",), machine=Qemu()), StopPlan((LineRange(str(SOURCE), 2, 2),)), Limits()
        )
