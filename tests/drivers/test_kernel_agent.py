"""A kernel in QEMU under gdb with the agent, and under lldb: how runs go and end, and what is refused."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import Driver, DriverError, Launch, Limits, LineRange, Session, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.machines.emulation import Emulation
from drivers.machines.qemu import Qemu
from drivers.process import run
from drivers.session.watched_run import WatchedRun
from drivers.state import EndKind, Sample, Step
from tests.drivers.conftest import make_driver
from tests.drivers.kernels import SOURCE, build_kernel, needs_machine, record_kernel

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]

EVERYWHERE = StopPlan((LineRange(str(SOURCE), 1, 1000),))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=["agent", "lldb"])
def way(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    make_driver(found)  # skips, where there is no lldb
    return found


def launch(driver: Driver, kernel: Path, boot: str, limits: Limits | None = None) -> Session:
    return driver.launch(Launch(kernel, (boot,), machine=Qemu()), EVERYWHERE, limits or Limits())


def numbers(steps: list[Step], expression: str, function: str) -> list[object]:
    """The values that the expression takes in the function."""
    found = [step.changes.get(Sample(expression)) for step in steps if step.frames[0].function == function]
    return [value.number for value in found if value is not None and value.number is not None]


def test_steps_values_and_frames(way: str, kernel: Path) -> None:
    steps, end = record_kernel(way, Qemu(), kernel, "c4", "sum", "i", "limit")
    assert (end.kind, end.output) == (EndKind.POWEROFF, "booted\ndone\n")
    inside = [step for step in steps if step.frames[0].function == "count"]
    assert [frame.function for frame in inside[0].frames[:2]] == ["count", "kmain"]
    assert [step.entered for step in inside] == [True] + [False] * (len(inside) - 1)
    assert numbers(steps, "limit", "count") == [4]
    assert numbers(steps, "i", "count") == [0, 1, 2, 3]
    assert numbers(steps, "sum", "count") == [0, 1, 3, 6]
    assert {step.thread for step in steps} == {0}


def test_values_behind_pointers(way: str, kernel: Path) -> None:
    steps, _ = record_kernel(way, Qemu(), kernel, "c1", "*text", "text", "pair.first", "name")
    (name,) = {step.changes[Sample("name")].content for step in steps if Sample("name") in step.changes}
    assert name == "dexter"
    printed = [step.changes[Sample("text")] for step in steps if Sample("text") in step.changes]
    booted = [value for value in printed if value.content is not None][:7]
    assert [value.content for value in booted] == ["booted\n", "ooted\n", "oted\n", "ted\n", "ed\n", "d\n", "\n"]
    assert all(0x80100000 <= value.number < 0x80200000 for value in booted if isinstance(value.number, int))


def test_recursion_has_frames_of_its_own(way: str, kernel: Path) -> None:
    steps, _ = record_kernel(way, Qemu(), kernel, "f", "n")
    entered = [step for step in steps if step.entered and step.frames[0].function == "factorial"]
    assert [[frame.function for frame in step.frames].count("factorial") for step in entered] == [1, 2, 3, 4, 5]
    assert len({step.frames[0].address for step in entered}) == 5
    assert all(0x80000000 <= step.frames[0].address < 0xC0000000 for step in entered)


def test_the_same_recording_twice(way: str, kernel: Path) -> None:
    first, second = (record_kernel(way, Qemu(), kernel, "p", "value", "pair") for _ in range(2))
    assert first == second


def test_status(way: str, kernel: Path) -> None:
    _, end = record_kernel(way, Qemu(), kernel, "e7")
    assert (end.kind, end.code) == (EndKind.EXIT, 7)


def test_panic(way: str, kernel: Path) -> None:
    _, end = record_kernel(way, Qemu(), kernel, "p")
    assert (end.kind, end.message) == (EndKind.PANIC, "the value is too large: 3")
    assert [frame.function for frame in end.frames[:3]] == ["panic", "check", "kmain"]


def test_a_released_kernel_runs_to_its_own_end(way: str, kernel: Path) -> None:
    def let_go(session: Session, step: Step) -> None:
        if step.index == 4:
            session.release()

    steps, end = record_kernel(way, Qemu(), kernel, "p", on_step=let_go)
    assert len(steps) == 5
    assert (end.kind, end.frames[0].function) == (EndKind.PANIC, "panic")


@pytest.mark.parametrize(("act", "kind"), [(Session.finish, EndKind.FINISHED), (Session.stop, EndKind.DECIDED)])
def test_ended_on_request(way: str, act: Callable[[Session], None], kind: EndKind, kernel: Path) -> None:
    def end_it(session: Session, step: Step) -> None:
        if step.index == 9:
            getattr(session, act.__name__)()

    steps, end = record_kernel(way, Qemu(), kernel, "C9", on_step=end_it)
    assert (len(steps), end.kind) == (10, kind)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_nothing_is_left_after_an_exception(way: str, error: type[BaseException], kernel: Path) -> None:
    session = launch(make_driver(way), kernel, "C9")

    def break_off() -> None:
        with session:
            next(iter(session))
            raise error

    with pytest.raises(error):  # the fixture `mark` looks for what still runs
        break_off()
    assert session.end.kind is (EndKind.INTERRUPTED if error is KeyboardInterrupt else EndKind.DECIDED)


def test_silence(way: str, kernel: Path) -> None:
    with launch(make_driver(way), kernel, "h", Limits(total_s=60, silence_s=1.0)) as session:
        steps = list(session)
    assert (session.end.kind, session.end.message) == (
        EndKind.TIME_LIMIT,
        "neither a step nor output came for 1 s",
    )
    assert session.end.frames == steps[-1].frames
    assert session.end.output == "booted\n"


def test_total_limit(way: str, kernel: Path) -> None:
    plan = StopPlan((LineRange(str(SOURCE), 1, 25),), {})
    driver = make_driver(way)
    limits = Limits(total_s=1.5, silence_s=1.0)
    with driver.launch(Launch(kernel, ("o",), machine=Qemu()), plan, limits) as session:
        assert len(list(session)) > 10
    assert (session.end.kind, session.end.message) == (
        EndKind.TIME_LIMIT,
        "the program ran for longer than 1.5 s",
    )


def test_step_limit(way: str, kernel: Path) -> None:
    steps, end = record_kernel(way, Qemu(), kernel, "C9", limits=Limits(steps=7))
    assert (len(steps), end.kind) == (7, EndKind.STEP_LIMIT)


def kill_machine(session: WatchedRun) -> tuple[int | None, str]:
    return (session._machine.pid if session._machine is not None else None), "qemu was killed by SIGKILL"


def kill_relay(session: WatchedRun) -> tuple[int | None, str]:
    assert isinstance(session._machine, Emulation)
    return session._machine.relay_pid, "the relay between lldb and qemu was killed by SIGKILL"


def kill_debugger(session: WatchedRun) -> tuple[int | None, str]:
    return session._child.pid, f"{session._name} was killed by SIGKILL"


@pytest.mark.parametrize("whom", [kill_machine, kill_relay, kill_debugger])
def test_who_was_killed_is_told(way: str, whom: Callable[[WatchedRun], tuple[int | None, str]], kernel: Path) -> None:
    if way == "agent" and whom is kill_relay:
        pytest.skip("gdb needs no relay to QEMU")
    expected = ""

    def kill(session: Session, step: Step) -> None:
        nonlocal expected
        if step.index == 20:
            assert isinstance(session, WatchedRun)
            pid, expected = whom(session)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

    steps, end = record_kernel(way, Qemu(), kernel, "C9", on_step=kill)
    assert (end.kind, end.message) == (EndKind.LOST, expected)
    assert len(steps) > 20
    assert end.frames == steps[-1].frames


def test_two_runs_side_by_side(way: str, kernel: Path, tmp_path: Path) -> None:
    with launch(make_driver(way), kernel, "c3") as one, launch(make_driver(way), kernel, "c3") as other:
        assert list(one) == list(other)
    assert one.end == other.end


def test_a_folder_of_ones_own(way: str, kernel: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 30) / "and with blanks"
    folder.mkdir(parents=True)
    (folder / "gdb").write_text("what an earlier run left here")
    target = Launch(kernel, ("c1",), directory=folder, machine=Qemu(seed=7))
    with make_driver(way).launch(target, EVERYWHERE, Limits()) as session:
        assert list(session)
    assert session.end.kind is EndKind.POWEROFF


def test_no_kernel_file(way: str, tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="there is no such file: build the kernel"):
        launch(make_driver(way), tmp_path / "kernel", "c1")


def test_no_debug_information(way: str, tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="no debug information"):
        launch(make_driver(way), build_kernel(tmp_path, "-g0"), "c1")


def test_kernel_of_the_other_byte_order(way: str, kernel: Path, tmp_path: Path) -> None:
    other = bytearray(kernel.read_bytes())
    other[5] = 1  # EI_DATA: little endian
    (tmp_path / "kernel").write_bytes(other)
    with pytest.raises(DriverError, match="not built for a 32-bit big-endian MIPS processor"):
        launch(make_driver(way), tmp_path / "kernel", "c1")


@pytest.mark.skipif(shutil.which("gdb") is None, reason="not installed: gdb")
def test_gdb_that_does_not_know_mips(kernel: Path, tmp_path: Path) -> None:
    if run(["gdb", "-nx", "-batch", "-ex", "set architecture mips"], deadline_s=30).status == 0:
        pytest.skip("gdb knows MIPS here")
    (tmp_path / "my-gdb").symlink_to(shutil.which("gdb") or "")
    with pytest.raises(DriverError, match=r"does not know MIPS: install one \(apt install gdb-multiarch\)"):
        launch(GdbDriver(str(tmp_path / "my-gdb"), use_agent=True), kernel, "c1")


def test_gdb_that_is_not_there(kernel: Path) -> None:
    with pytest.raises(DriverError, match="there is no no-such-gdb here"):
        launch(GdbDriver("no-such-gdb", use_agent=True), kernel, "c1")


def test_no_gdb_for_mips_at_all(kernel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DriverError, match=r"there is no gdb for MIPS here: install one \(apt install gdb-multiarch\)"):
        launch(GdbDriver(use_agent=True), kernel, "c1")


def test_qemu_that_is_not_there(kernel: Path) -> None:
    target = Launch(kernel, ("c1",), machine=Qemu(program="no-such-qemu"))
    with pytest.raises(DriverError, match="there is no usable no-such-qemu here"):
        GdbDriver(use_agent=True).launch(target, EVERYWHERE, Limits())
