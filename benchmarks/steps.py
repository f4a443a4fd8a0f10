"""Recorded steps per second, with the whole stack and three values at each: ours and what else there is.

All ways drive the same program in one run, in turns; the figures are medians, and the ratios medians of each
turn's, because the machine's speed drifts. Processor time (of gdb, the program and the host) stands beside it.
Also: memory and time per step as runs grow, and what ending a run early saves.
`python -m benchmarks.steps [--quick]`.
"""

from __future__ import annotations

import argparse
import gc
import os
import select
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pygdbmi import gdbmiparser
from pygdbmi.gdbcontroller import GdbController

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.process import run
from drivers.recording import Recording
from drivers.state import Sample

HERE = Path(__file__).parent
SOURCE = HERE / "programs" / "steps.c"
EXPRESSIONS = ("queue.count", "total", "queue.items[0]")
STEPS_A_ROUND = 42
PLAN = StopPlan((LineRange(str(SOURCE), 1, 10_000),), {Sample(expression): None for expression in EXPRESSIONS})
QUERIES = ["-stack-list-frames", *(f'-data-evaluate-expression "{expression}"' for expression in EXPRESSIONS)]
PIPELINED = 40

Rate = tuple[int, float]  # steps, seconds


def ours(binary: Path, steps: int, *, use_agent: bool) -> Rate:
    launch = Launch(binary, (str(steps // STEPS_A_ROUND + 3),))
    with GdbDriver(use_agent=use_agent).launch(launch, PLAN, Limits(total_s=600, steps=steps)) as session:
        started = time.perf_counter()
        count = sum(len(step.frames) > 0 for step in session)
        return count, time.perf_counter() - started


def step_in_gdb(binary: Path, steps: int) -> Rate:
    environment = {
        "STEPS_ROUNDS": str(steps // STEPS_A_ROUND + 3),
        "STEPS_EXPRESSIONS": " ".join(EXPRESSIONS),
        "STEPS_WANTED": str(steps),
    }
    command = ["gdb", "-nx", "-batch", "-x", str(HERE / "stepping_in_gdb.py"), str(binary)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    _, count, seconds = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    return int(count), float(seconds)


def best_plain(binary: Path, steps: int) -> Rate:
    """No sleeping, our own poll, and `PIPELINED` steps with their queries in one write; parsed by pygdbmi."""
    arguments = ["gdb", "-nx", "-q", "--interpreter=mi3", str(binary)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as gdb:
        assert gdb.stdin is not None
        assert gdb.stdout is not None
        output = gdb.stdout.fileno()
        poller = select.poll()
        poller.register(output, select.POLLIN)
        pending = b""

        def talk(commands: list[str], stops: int) -> None:
            """Send the commands, and take in what comes until as many stops and the last answer have."""
            nonlocal pending
            assert gdb.stdin is not None
            numbered = "".join(f"{number}{command}\n" for number, command in enumerate(commands, 1))
            os.write(gdb.stdin.fileno(), numbered.encode())
            is_answered = False
            while stops > 0 or not is_answered:
                assert poller.poll(60_000)
                *lines, pending = (pending + os.read(output, 1 << 16)).split(b"\n")
                for line in lines:
                    if line.startswith(b"(gdb)"):
                        continue
                    record = gdbmiparser.parse_response(line.decode())
                    stops -= record.get("message") == "stopped"
                    is_answered = is_answered or record.get("token") == len(commands)

        talk(["-gdb-set debug-file-directory", "-inferior-tty-set /dev/null", "-break-insert main"], 0)
        talk([f"-exec-arguments {steps // STEPS_A_ROUND + 3}", "-exec-run"], 1)
        started = time.perf_counter()
        count = 0
        while count < steps:
            talk([*QUERIES, "-exec-step"] * PIPELINED, PIPELINED)
            count += PIPELINED
        seconds = time.perf_counter() - started
        gdb.kill()
    return count, seconds


def naive(binary: Path, steps: int) -> Rate:
    """As the manual of pygdbmi shows it: `write` one command, and take what it returns."""
    controller = GdbController(["gdb", "-nx", "--quiet", "--interpreter=mi3"])
    try:
        for command in (f"-file-exec-and-symbols {binary}", "-break-insert main", "-exec-arguments 100", "-exec-run"):
            controller.write(command)
        started = time.perf_counter()
        for _ in range(steps):
            for command in (*QUERIES, "-exec-step"):
                controller.write(command)
        return steps, time.perf_counter() - started
    finally:
        controller.exit()


def compare(binary: Path, *, turns: int, scale: int) -> None:
    ways: list[tuple[str, int, Callable[[int], Rate]]] = [
        ("ours: agent, line probes", 8000 * scale // 4, lambda n: ours(binary, n, use_agent=True)),
        ("gdb.execute('step') inside gdb", 4000 * scale // 4, lambda n: step_in_gdb(binary, n)),
        ("best plain MI: tokens, own poll, pipelined", 1600 * scale // 4, lambda n: best_plain(binary, n)),
        ("ours: plain MI, for a gdb without Python", 800 * scale // 4, lambda n: ours(binary, n, use_agent=False)),
    ]
    ways.append(("pygdbmi GdbController.write()", 3, lambda n: naive(binary, n)))
    rates: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    costs: dict[str, list[float]] = {name: [] for name in rates}
    for turn in range(turns):
        for name, steps, way in ways:
            if steps < 10 and turn:
                continue
            before = sum(os.times()[:4])
            count, seconds = way(steps)
            rates[name].append(count / seconds)
            costs[name].append((sum(os.times()[:4]) - before) / count * 1e6)
    fastest, cheapest = next(iter(rates.values())), next(iter(costs.values()))
    print(f"{'way':46}{'steps/s':>10}{'ours is':>12}{'CPU µs/step':>14}{'ours is':>12}   (CPU with start-up)")
    for name in rates:
        # Of one turn each: the machine's speed drifts from turn to turn. The last way has but one turn.
        by_rate = median(ours / theirs for ours, theirs in zip(fastest, rates[name], strict=False))
        by_cost = median(theirs / ours for ours, theirs in zip(cheapest, costs[name], strict=False))
        print(
            f"{name:46}{median(rates[name]):>10,.1f}{by_rate:>10,.1f} x{median(costs[name]):>14,.0f}{by_cost:>10,.1f} x"
        )


def grow(binary: Path, sizes: list[int]) -> None:
    with GdbDriver().launch(Launch(binary, ("1",)), PLAN, Limits(steps=10)) as session:
        list(session)  # whatever is loaded on first use is no part of a recording
    print(f"\n{'recorded steps':>14}{'seconds':>10}{'steps/s':>10}{'bytes/step':>12}   (with memory tracing)")
    for size in sizes:
        launch = Launch(binary, (str(size // STEPS_A_ROUND + 3),))
        tracemalloc.start()
        recording = Recording(tuple(PLAN.samples))
        with GdbDriver().launch(launch, PLAN, Limits(total_s=600, steps=size)) as session:
            started = time.perf_counter()
            for step in session:
                recording.append(step)
            seconds = time.perf_counter() - started
        # What is left when the session is gone is the recording.
        del session, step
        gc.collect()
        memory = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        print(
            f"{len(recording):>14,}{seconds:>10.2f}{len(recording) / seconds:>10,.0f}{memory / len(recording):>12,.0f}"
        )


def end_early(binary: Path, size: int) -> None:
    launch = Launch(binary, (str(size // STEPS_A_ROUND + 3),))
    seconds = []
    for last in (size, 10):
        started = time.perf_counter()
        with GdbDriver().launch(launch, PLAN, Limits(total_s=600, steps=size)) as session:
            for step in session:
                if step.index + 1 == last:
                    session.stop()
        seconds.append(time.perf_counter() - started)
    whole, part = seconds
    print(f"\nof {size:,} steps: all {whole:.2f} s; stopped at step 10 {part:.2f} s, {100 * part / whole:.1f} % of it")


def start_up(binary: Path, turns: int) -> None:
    """A run of a few steps from start to end, against compiling and running the program under gdb without a stop."""
    best = [float("inf"), float("inf")]
    for _ in range(turns):
        started = time.perf_counter()
        count, _ = ours(binary, 7, use_agent=True)
        best[0] = min(best[0], time.perf_counter() - started)
        assert count == 7
        started = time.perf_counter()
        run(["gcc", "-g", str(SOURCE), "-o", f"{binary}.again"], deadline_s=60)
        run(["gdb", "-batch", "-ex", "run", "--args", str(binary), "1"], deadline_s=60)
        best[1] = min(best[1], time.perf_counter() - started)
    print(f"\nseven steps: {best[0]:.3f} s; gcc -g and gdb -batch -ex run: {best[1]:.3f} s; {best[0] / best[1]:.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns and shorter runs")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "steps"
        built = run(["gcc", "-g", str(SOURCE), "-o", str(binary)], deadline_s=60)
        assert built.status == 0, built.output
        compare(binary, turns=1 if quick else 5, scale=1 if quick else 4)
        start_up(binary, 2 if quick else 5)
        grow(binary, [1000, 5000] if quick else [1000, 10_000, 100_000])
        end_early(binary, 5000 if quick else 100_000)


if __name__ == "__main__":
    main()
