"""From a recorded run to a verdict: the time and memory that judging a recording of n steps takes.

Five atoms (two of values that change often, one of a value that changes at every step, a place, a function) in
four formulas. `python -m benchmarks.judging [--quick]`.
"""

from __future__ import annotations

import argparse
import random
import time
import tracemalloc
from collections.abc import Callable

from dexverify.errors import Span
from dexverify.judging import Proposition, judge_run
from dexverify.propositions import At, Expect, Expression, In, Line
from dexverify.recorder import Run
from drivers.recording import Recording
from drivers.state import End, EndKind, Frame, Kind, Sample, Step, Value
from ltd.formula import Atom, Formula
from ltd.operators import standard

PATH = "/ring.c"


def recording_of(steps: int) -> Recording:
    """A run of a loop: main puts into a ring and gets from it, by a seeded schedule."""
    chance = random.Random(1)
    names = [Sample("i"), Sample("count"), Sample("head"), Sample("full"), Sample("errors")]
    main = [(Frame("main", PATH, line, address=1000),) for line in range(20, 30)]
    put = [(Frame("put", PATH, line, address=900), *main[3]) for line in range(5, 9)]
    get = [(Frame("get", PATH, line, address=900), *main[5]) for line in range(11, 15)]
    stacks = [*main, *put, *get]
    numbers = [Value(Kind.INTEGER, str(n), n, type="int") for n in range(1000)]
    recording = Recording(tuple(names))
    for index in range(steps):
        changes = {names[0]: numbers[index % 1000]}
        if chance.random() < 0.5:
            changes[names[1]] = numbers[chance.randrange(8)]
        if chance.random() < 0.3:
            changes[names[2]] = numbers[chance.randrange(8)]
        if chance.random() < 0.05:
            changes[names[3]] = numbers[chance.randrange(2)]
        recording.append(Step(index, 1, stacks[chance.randrange(len(stacks))], changes, entered=False))
    recording.end = End(EndKind.EXIT, code=0)
    return recording


def propositions() -> list[Proposition]:
    apply = standard().apply
    span = Span(PATH, 1, 1, 1, 2)

    def expect(name: str, operator: str, value: int) -> Formula:
        return Atom(Expect(Expression(name), operator, value))

    put, place = Atom(In("put")), Atom(At(Line(PATH, 25)))
    formulas = [
        apply("Henceforth", [expect("count", "<", 8)]),
        apply("Response", [put, place]),
        apply(
            "Henceforth", [apply("Implies", [expect("full", "==", 1), apply("Eventually", [expect("head", "==", 3)])])]
        ),
        apply("Precedence", [expect("i", ">", 2), expect("head", "==", 7)]),
    ]
    return [Proposition(str(n), str(n), span, formula) for n, formula in enumerate(formulas)]


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10^4 and 10^5 steps only")
    sizes = [10**4, 10**5] if parser.parse_args().quick else [10**4, 10**5, 10**6]
    print("from a recording to the verdicts and explanations of 4 formulas over 5 atoms")
    print(f"{'steps':>10}  {'seconds':>8}  {'us/step':>8}  {'verdicts':<34}  bytes/step in memory")
    for size in sizes:
        tracemalloc.start()
        recording = recording_of(size)
        memory = tracemalloc.get_traced_memory()[0] / size
        tracemalloc.stop()
        run = Run(recording)
        wanted = propositions()
        findings = judge_run(run, wanted)
        seconds = min(timed(lambda: judge_run(Run(recording), wanted)) for _ in range(3))  # noqa: B023 - called here
        verdicts = ", ".join(finding.verdict.value for finding in findings)
        print(f"{size:>10,}  {seconds:>8.3f}  {seconds / size * 1e6:>8.2f}  {verdicts:<34}  {memory:.0f}")


if __name__ == "__main__":
    main()
