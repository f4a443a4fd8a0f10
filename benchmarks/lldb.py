"""Recorded steps per second under lldb, with the whole stack and three values at each: ours and `StepInto`.

Both ways drive the same programs, with the same lines and expressions, in one run and in turns. The figures are
medians, and the ratio is the median of each turn's, because the machine's speed drifts. What both take to start is no
part of it. Processor time (of lldb, its server, the program and the host) stands beside it, which tells more where the
machine is busy with other things.
`python -m benchmarks.lldb [--quick]`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.lldb.bindings import BindingsError, find_bindings
from drivers.lldb.driver import LldbDriver
from drivers.process import run
from drivers.state import Sample

HERE = Path(__file__).parent

Rate = tuple[int, float]  # steps, seconds


@dataclass(frozen=True)
class Program:
    title: str
    name: str
    steps_a_round: int
    expressions: tuple[str, ...]
    has_threads: bool = False

    @property
    def source(self) -> Path:
        return HERE / "programs" / f"{self.name}.c"

    def rounds(self, steps: int) -> str:
        return str(steps // self.steps_a_round + 3)


PROGRAMS = (
    Program("a loop over three locals", "loop", 3, ("sum", "last", "i")),
    Program("calls, and globals", "steps", 42, ("queue.count", "total", "queue.items[0]")),
    Program("arithmetic", "loop", 3, ("sum + last", "i * 2 > last % 5", "rounds - i")),
    Program("four threads", "threads", 20, ("counter", "own", "i"), has_threads=True),
)


def ours(program: Program, binary: Path, steps: int) -> Rate:
    samples: dict[Sample, None] = {Sample(expression): None for expression in program.expressions}
    plan = StopPlan((LineRange(str(program.source), 1, 10_000),), samples)
    limits = Limits(total_s=600, steps=steps)
    with LldbDriver().launch(Launch(binary, (program.rounds(steps),)), plan, limits) as session:
        started = time.perf_counter()
        count = sum(len(step.frames) > 0 for step in session)
        return count, time.perf_counter() - started


def step_into(program: Program, binary: Path, steps: int) -> Rate:
    found = find_bindings()
    place = [found.package, found.library, found.server]
    # Of the threads that stop at once it sees one: its run must be longer.
    rounds = program.rounds(steps * (4 if program.has_threads else 1))
    command = [found.python, "-I", str(HERE / "stepping_in_lldb.py"), *place, str(binary), rounds]
    lines = len(program.source.read_text().splitlines()) if program.has_threads else 0
    command += [str(steps), str(lines), *program.expressions]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, count, seconds = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    return int(count), float(seconds)


def compare(program: Program, folder: Path, *, turns: int, steps: int) -> None:
    binary = folder / program.name
    built = run(["gcc", "-g", "-pthread", program.source, "-o", binary], deadline_s=60)
    assert built.status == 0, built.output
    rates: list[list[float]] = []
    costs: list[list[float]] = []
    for _ in range(turns):
        rates.append([])
        costs.append([])
        for way, wanted in ((ours, 4 * steps), (step_into, steps)):
            before = sum(os.times()[:4])
            count, seconds = way(program, binary, wanted)
            assert count >= steps, (way, count)
            rates[-1].append(count / seconds)
            costs[-1].append((sum(os.times()[:4]) - before) / count * 1e6)
    our, their = (median(column) for column in zip(*rates, strict=True))
    our_cost, their_cost = (median(column) for column in zip(*costs, strict=True))
    by_rate, by_cost = median(our / their for our, their in rates), median(their / our for our, their in costs)
    print(
        f"{program.title:28}{our:>10,.0f}{their:>10,.0f}{by_rate:>9,.1f} x"
        f"{our_cost:>16,.0f}{their_cost:>10,.0f}{by_cost:>9,.1f} x",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns and shorter runs")
    quick = parser.parse_args().quick
    try:
        print(find_bindings().version)
    except BindingsError as error:
        print(f"not measured: {error}")
        return
    columns = f"{'ours':>10}{'StepInto':>10}{'ours is':>11}"
    print(f"{'':28}{'steps/s':>31}      {'CPU µs/step (with start-up)':>31}\n{'':28}{columns}      {columns}")
    with tempfile.TemporaryDirectory() as folder:
        for program in PROGRAMS:
            compare(program, Path(folder), turns=1 if quick else 5, steps=200 if quick else 1000)


if __name__ == "__main__":
    main()
