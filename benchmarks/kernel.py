"""Recorded steps per second of a kernel, with the whole stack and three values at each: ours and what else there is.

All ways drive the example kernel in the same machine in one run, in turns; the figures are medians, and the ratios
medians of each turn's, because the computer's speed drifts.
`python -m benchmarks.kernel [--quick] [--machine sys161]`.
"""

from __future__ import annotations

import argparse
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pygdbmi import gdbmiparser

from dexverify.builders.os161 import Os161Builder
from dexverify.trees import tree_of
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.binary.lines import LineTable
from drivers.gdb.driver import GdbDriver
from drivers.gdb.remote import connect_command, kernel_commands, kernel_gdb
from drivers.inside.steps import STEP
from drivers.machines.base import Machine
from drivers.machines.qemu import Qemu
from drivers.machines.sys161 import Sys161
from drivers.probes import plan_probes
from drivers.state import Sample

HERE = Path(__file__).parent
TREE = HERE.parent / "examples" / "LTD" / "os161"
SOURCE = TREE / "kern" / "thread" / "synch.c"
STEPPED, BOOT = "run_line", "sy1;" * 30 + "q"
EXPRESSIONS = ("curthread->t_state", "curcpu->c_spinlocks", "curthread->t_curspl")
PLAN = StopPlan((LineRange(str(SOURCE), 1, 10_000),), {Sample(expression): None for expression in EXPRESSIONS})
QUERIES = ["-stack-list-frames", *(f'-data-evaluate-expression "{expression}"' for expression in EXPRESSIONS)]
DEADLINE_S = 600.0

Rate = tuple[int, float]  # steps, seconds


class Bench:
    """The kernel, its machine, and each way to record it."""

    def __init__(self, kernel: Path, machine: Machine) -> None:
        self.kernel, self.machine = kernel, machine
        self.gdb = kernel_gdb("gdb")

    def ours(self, steps: int, *, use_agent: bool) -> Rate:
        with tempfile.TemporaryDirectory() as folder:
            launch = Launch(self.kernel, (BOOT,), Path(folder), machine=self.machine)
            with GdbDriver(use_agent=use_agent).launch(launch, PLAN, Limits(DEADLINE_S, steps=steps)) as session:
                started = time.perf_counter()
                count = sum(len(step.frames) > 0 for step in session)
                return count, time.perf_counter() - started

    def break_in_gdb(self, steps: int) -> Rate:
        """Breakpoints on the same statements, and `continue`, in gdb's Python."""
        probes = plan_probes(LineTable.read(self.kernel), PLAN).probes
        with tempfile.TemporaryDirectory() as folder, self._started(Path(folder)) as endpoint:
            environment = {
                "KERNEL_SETUP": "\n".join([*kernel_commands(self.kernel), connect_command(endpoint)]),
                "KERNEL_ADDRESSES": " ".join(f"{probe.address:#x}" for probe in probes if probe.role & STEP),
                "KERNEL_EXPRESSIONS": " ".join(EXPRESSIONS),
                "KERNEL_WANTED": str(steps),
            }
            command = [self.gdb, "-nx", "-batch", "-x", str(HERE / "breaking_in_gdb.py")]
            done = subprocess.run(
                command,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=True,
                timeout=DEADLINE_S,
            )
        _, count, seconds = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
        return int(count), float(seconds)

    def next_by_mi(self, steps: int) -> Rate:
        """`-exec-next` over the machine interface, with our own select loop, through a loop of the kernel."""
        arguments, pipe = [self.gdb, "-nx", "-q", "--interpreter=mi3"], subprocess.PIPE
        with (
            tempfile.TemporaryDirectory() as folder,
            self._started(Path(folder)) as endpoint,
            subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as gdb,
        ):
            mi = Mi(gdb)
            mi.talk([*kernel_commands(self.kernel), connect_command(endpoint)], stops=1)
            mi.talk([f"-break-insert {STEPPED}", "-exec-continue"], stops=1)
            mi.talk(["-break-delete"], stops=0)
            started = time.perf_counter()
            for _ in range(steps):
                mi.talk([*QUERIES, "-exec-next"], stops=1)
            seconds = time.perf_counter() - started
            gdb.kill()
        return steps, seconds

    def _started(self, folder: Path) -> _Started:
        return _Started(self.machine, self.kernel, folder)


class _Started:
    def __init__(self, machine: Machine, kernel: Path, folder: Path) -> None:
        self._running = machine.start(kernel, BOOT, folder)

    def __enter__(self) -> str:
        return self._running.endpoint

    def __exit__(self, *_: object) -> None:
        self._running.close()


class Mi:
    """A conversation with gdb: all commands in one write, then `select` until the answers and the stops are there."""

    def __init__(self, gdb: subprocess.Popen[bytes]) -> None:
        assert gdb.stdin is not None
        assert gdb.stdout is not None
        self._input, self._output, self._pending = gdb.stdin.fileno(), gdb.stdout.fileno(), b""

    def talk(self, commands: list[str], *, stops: int) -> None:
        os.write(self._input, "".join(f"{number}{command}\n" for number, command in enumerate(commands, 1)).encode())
        is_answered = False
        while stops > 0 or not is_answered:
            assert select.select([self._output], [], [], 60)[0], "gdb does not answer"
            *lines, self._pending = (self._pending + os.read(self._output, 1 << 16)).split(b"\n")
            for line in lines:
                if line.startswith(b"(gdb)"):
                    continue
                record = gdbmiparser.parse_response(line.decode())
                assert record.get("message") != "error", line
                stops -= record.get("message") == "stopped"
                is_answered = is_answered or record.get("token") == len(commands)


def compare(bench: Bench, *, turns: int, scale: int) -> None:
    ways: list[tuple[str, Callable[[], Rate]]] = [
        ("ours: agent, line probes", lambda: bench.ours(1200 * scale, use_agent=True)),
        ("breakpoints + continue in gdb's Python", lambda: bench.break_in_gdb(600 * scale)),
        ("MI -exec-next, own select loop", lambda: bench.next_by_mi(200 * scale)),
        ("ours: plain MI, for a gdb without Python", lambda: bench.ours(400 * scale, use_agent=False)),
    ]
    rates: dict[str, list[float]] = {name: [] for name, _ in ways}
    for _ in range(turns):
        for name, way in ways:
            count, seconds = way()
            rates[name].append(count / seconds)
    first = rates[ways[0][0]]
    print(f"{bench.machine.name}: {bench.machine.version()}")
    print(f"{'way':46}{'steps/s':>10}{'ours is':>12}")
    for name, found in rates.items():
        ratio = median(ours / theirs for ours, theirs in zip(first, found, strict=True))
        print(f"{name:46}{median(found):>10,.0f}{f'{ratio:.1f} x' if found is not first else '':>12}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--machine", choices=["qemu", "sys161"], default="qemu")
    arguments = parser.parse_args()
    tree = tree_of(TREE)
    assert tree is not None
    kernel = Os161Builder().build(tree, tree.kernel_config)
    machine: Machine = Qemu() if arguments.machine == "qemu" else Sys161()
    compare(Bench(kernel, machine), turns=1 if arguments.quick else 5, scale=1)


if __name__ == "__main__":
    main()
