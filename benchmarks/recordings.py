"""What keeping a run costs, and asking it again: ours, and what a user would write, JSON lines through gzip.

A million steps with five integers that change often (a counter, its remainder, a sum, noise, a flag), made up; and a
real run under gdb, in turns with and without its recording being kept. Seconds are of the processor unless it says
`wall`; memory is the largest the process ever had. `python -m benchmarks.recordings [--quick]`.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.steps import PLAN, SOURCE, STEPS_A_ROUND
from dexverify.errors import Span
from dexverify.judging import Proposition, judge_run
from dexverify.propositions import Expect, Expression, In
from dexverify.recorder import Run
from drivers.base import Launch, Limits
from drivers.gdb.driver import GdbDriver
from drivers.process import run
from drivers.recording import Recording
from drivers.recordings import RecordingWriter, Track, read_recordings
from drivers.state import End, EndKind, Frame, Kind, Sample, Step, Value
from ltd.formula import Atom, Formula
from ltd.operators import standard

PATH = "/sum.c"
NAMES = ("i", "rest", "sum", "noise", "flag")


def steps_of(count: int) -> list[Step]:
    """The steps of a loop over two functions, with new values for most of five integers at each."""
    chance = random.Random(1)
    main = [(Frame("main", PATH, line, address=1000),) for line in range(20, 28)]
    stacks = [*main, *((Frame("add", PATH, line, address=900), *main[3]) for line in range(5, 9))]
    samples = [Sample(name) for name in NAMES]
    found, total = [], 0
    for index in range(count):
        numbers = {samples[0]: index, samples[1]: index % 100}
        if chance.random() < 0.5:
            total += chance.randrange(10)
            numbers[samples[2]] = total
        if chance.random() < 0.5:
            numbers[samples[3]] = chance.randrange(256)
        if chance.random() < 0.3:
            numbers[samples[4]] = chance.randrange(2)
        changes = {sample: Value(Kind.INTEGER, str(n), n, type="int") for sample, n in numbers.items()}
        place = chance.randrange(len(stacks))
        found.append(Step(index, 1, stacks[place], changes, column=5, code=4 * place))
    return found


def propositions() -> list[Proposition]:
    apply, span = standard().apply, Span(PATH, 1, 1, 1, 2)

    def expect(name: str, operator: str, value: int | Expression) -> Formula:
        return Atom(Expect(Expression(name), operator, value))

    formulas = [
        apply("Henceforth", [expect("i", ">=", 0)]),
        apply("Response", [Atom(In("add")), expect("rest", "==", 3)]),
        apply(
            "Henceforth",
            [apply("Implies", [expect("noise", ">", 250), apply("Eventually", [expect("flag", "==", 1)])])],
        ),
        apply("Precedence", [expect("sum", ">", 100), expect("i", ">", Expression("sum"))]),
    ]
    return [Proposition(str(number), str(number), span, formula) for number, formula in enumerate(formulas)]


def seconds_of(action: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    action()
    return time.process_time() - started


def record(steps: Sequence[Step], path: Path | None = None) -> Recording:
    recording = Recording(tuple(map(Sample, NAMES)))

    def take() -> None:
        for step in steps:
            recording.append(step)
        recording.end = End(EndKind.EXIT, code=0)

    if path is None:
        take()
    else:
        with RecordingWriter(path, b"{}", [Track(recording)]) as writer:
            take()
            writer.finish()
    return recording


def write_json(steps: Sequence[Step], path: Path) -> None:
    with gzip.open(path, "wt", compresslevel=6) as file:
        for step in steps:
            frames = [(f.function, f.path, f.line, f.address) for f in step.frames]
            values = {sample.expression: value.text for sample, value in step.changes.items()}
            line = {"thread": step.thread, "frames": frames, "values": values, "code": step.code}
            file.write(json.dumps(line) + "\n")


def read_json(path: Path) -> list[dict[str, object]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def ask(path: Path) -> None:
    """In a process of its own: open, judge, and print what it took."""
    started = time.process_time()
    if path.suffix == ".gz":
        steps = read_json(path)
        opened = time.process_time() - started
        assert steps
        judged = 0.0
    else:
        (recording,) = read_recordings(path).recordings
        opened = time.process_time() - started
        findings = judge_run(Run(recording), propositions())
        judged = time.process_time() - started - opened
        assert len({finding.verdict for finding in findings}) > 1
    # Not getrusage: what the parent had before its child became this program counts there (Linux, proc(5)).
    status = Path("/proc/self/status").read_text()
    memory = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"opened": opened, "judged": judged, "memory": memory}))


def asked(path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.recordings", "--ask", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def written(count: int, ours: Path, theirs: Path) -> tuple[list[float], list[float], float]:
    """Seconds to record in memory, to keep that beside, in turns; and to write JSON lines."""
    steps = steps_of(count)
    # In turns, since the machine's speed drifts.
    turns = [(seconds_of(lambda: record(steps)), seconds_of(lambda: record(steps, ours))) for _ in range(3)]
    return [plain for plain, _ in turns], [kept for _, kept in turns], seconds_of(lambda: write_json(steps, theirs))


def synthetic(count: int, folder: Path) -> None:
    ours, theirs = folder / "ours.dexrec", folder / "theirs.jsonl.gz"
    plain, kept, in_json = written(count, ours, theirs)
    added = [both / alone - 1 for alone, both in zip(plain, kept, strict=True)]
    print(f"{count:,} steps, five integers; recording them in memory takes {median(plain):.2f} s")
    print(f"{'':<22}{'written, s':>12}{'added':>8}{'MB':>8}{'opened, s':>12}{'4 formulas, s':>15}{'memory, MB':>12}")
    for name, path, seconds, share in (
        ("dexter", ours, median(kept) - median(plain), median(added)),
        ("JSON lines, gzip", theirs, in_json, in_json / median(plain)),
    ):
        took = asked(path)
        judged = f"{took['judged']:.2f}" if path is ours else "-"
        print(
            f"{name:<22}{seconds:>12.2f}{share:>8.1%}{path.stat().st_size / 1e6:>8.1f}{took['opened']:>12.2f}"
            f"{judged:>15}{took['memory']:>12.0f}"
        )


def real(count: int, turns: int, folder: Path) -> None:
    binary = folder / "steps"
    run(["gcc", "-O0", "-g", str(SOURCE), "-o", str(binary)], deadline_s=60)
    ratios, walls = [], []
    for _ in range(turns):
        (plain, plain_wall), (kept, kept_wall) = (debugged(binary, count, path) for path in (None, folder / "real"))
        ratios.append(kept / plain - 1)
        walls.append(kept_wall / plain_wall - 1)
    size = (folder / "real").stat().st_size
    print(f"{count:,} steps under gdb, with and without the recording being kept, {turns} turns:")
    print(
        f"  keeping adds {median(walls):+.1%} of wall time ({', '.join(f'{each:+.1%}' for each in walls)}), "
        f"{median(ratios):+.1%} of the processor time of dexter's own process; {size / count:.1f} bytes a step"
    )


def debugged(binary: Path, count: int, path: Path | None) -> tuple[float, float]:
    """Seconds of this process, and on the wall."""
    launch = Launch(binary, (str(count // STEPS_A_ROUND + 3),))
    with GdbDriver().launch(launch, PLAN, Limits(total_s=600, steps=count)) as session:
        began, started = time.process_time(), time.perf_counter()
        recording = Recording(tuple(PLAN.samples))

        def take() -> Iterator[None]:
            for step in session:
                yield recording.append(step)

        if path is None:
            taken = sum(1 for _ in take())
        else:
            with RecordingWriter(path, b"{}", [Track(recording)]) as writer:
                taken = sum(1 for _ in take())
                recording.end = session.end
                writer.finish()
        assert taken == count
        return time.process_time() - began, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask is not None:
        ask(options.ask)
        return
    with tempfile.TemporaryDirectory(prefix="dexter-benchmark-") as name:
        synthetic(100_000 if options.quick else 1_000_000, Path(name))
        real(5_000 if options.quick else 20_000, 3 if options.quick else 5, Path(name))


if __name__ == "__main__":
    main()
