"""How long a formula takes once the columns exist: ours, copied iterators, RTAMT and reelay, in one run.

    python -m benchmarks.evaluation [--quick]

F1 … F4 are `G(p -> F q)`, `p U (q U (r U s))`, `F(a & X F(b & X F(c & X F(d & X F e))))`, `G(p -> X(!q U r))`. Two
traces each: a random one, and an adversarial one on which evaluation by copied iterators has the most to do. Ours
is given as the slower of the two; the others take about the same time on both and run on the random one. All
figures are of one core, the best of several for ours, of one run for the slow ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Collection, Hashable, Sequence
from random import Random

from ltd.columns import Bounds, pack
from ltd.formula import And, Atom, Formula, Next, Not, Until
from ltd.operators import standard
from ltd.semantics import holds
from ltd.steps import Valuations
from ltd.trace import Trace
from ltd.verdict import Verdict, judge
from tests.oracles.client import Oracle, missing

Steps = Sequence[Collection[str]]

LETTERS = "abcde"
A, B, C, D, E = map(Atom, LETTERS)
apply = standard().apply


def chain(first: Formula, *rest: Formula) -> Formula:
    """`F(first & X F(…))`."""
    return apply("Eventually", [And((first, Next(chain(*rest)))) if rest else first])


FORMULAS: dict[str, Formula] = {
    "F1": apply("Response", [A, B]),
    "F2": Until(A, Until(B, Until(C, D))),
    "F3": chain(A, B, C, D, E),
    "F4": apply("Henceforth", [apply("Implies", [A, Next(Until(Not(B), C))])]),
}

# The same as lists, for the other engines, with their own `always` and `eventually`.
_A, _B, _C, _D, _E = (["atom", letter] for letter in LETTERS)
_CHAIN: list[object] = ["eventually", _E]
for _letter in (_D, _C, _B, _A):
    _CHAIN = ["eventually", ["and", _letter, ["next", _CHAIN]]]
NEUTRAL: dict[str, list[object]] = {
    "F1": ["always", ["or", ["not", _A], ["eventually", _B]]],
    "F2": ["until", _A, ["until", _B, ["until", _C, _D]]],
    "F3": _CHAIN,
    "F4": ["always", ["or", ["not", _A], ["next", ["until", ["not", _B], _C]]]],
}
MIRRORED = {"until": "since", "next": "previously"}


def mirrored(formula: list[object]) -> list[object]:
    """The formula with past operators for future ones: it says of the reversed trace what this one says."""
    kind, *operands = formula
    return [MIRRORED.get(str(kind), kind), *(mirrored(o) if isinstance(o, list) else o for o in operands)]


def random_trace(n: int) -> Steps:
    """Each atom true at half of the steps."""
    random = Random(n)
    return [[letter for letter in LETTERS if random.random() < 0.5] for _ in range(n)]


def adversarial_trace(name: str, n: int) -> Steps:
    """Everything is asked for at every step, and the answer comes at the last one, or never."""
    usual, at_the_end = {"F1": ("a", "ab"), "F2": ("abc", "abc"), "F3": ("abcd", "abcd"), "F4": ("a", "c")}[name]
    return [usual] * (n - 1) + [at_the_end]


def columns_of(steps: Steps) -> Trace:
    """The steps as columns: what a recording already has."""
    columns: dict[Hashable, Bounds] = {}
    for letter in LETTERS:
        column = pack(bytes(b"01"[letter in step] for step in steps))
        columns[letter] = Bounds(column, column)
    return Trace(len(steps), columns)


def best_of(run: Callable[[], object], *, repeats: int = 30) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def ours(name: str, traces: Sequence[Trace]) -> float:
    """Seconds from columns to a verdict, on the trace that takes longest."""
    return max(best_of(lambda t=trace: judge(FORMULAS[name], t, complete=True)) for trace in traces)  # type: ignore[misc]


def iterators(name: str, limit_s: float) -> tuple[int, float]:
    """An adversarial trace about as long as copied iterators manage within the limit; and the seconds it took."""
    n = 8
    while True:
        steps = [frozenset(step) for step in adversarial_trace(name, n)]
        start = time.perf_counter()
        holds(FORMULAS[name], Valuations(steps))
        seconds = time.perf_counter() - start
        # Half as long again takes up to 1.5^5 times as long: F3 is of the fifth power.
        if seconds * 1.5**5 > limit_s:
            return n, seconds
        n = n * 3 // 2


def ask(engine: str, name: str, steps: Steps, expected: bool) -> float:
    """Seconds that the engine takes. Raises AssertionError if it does not say what we say."""
    reverse = engine == "reelay"
    with Oracle(engine) as oracle:
        formula = mirrored(NEUTRAL[name]) if reverse else NEUTRAL[name]
        answer = oracle.ask(formula, [steps[::-1] if reverse else steps])
    verdict = answer["verdicts"][0][-1 if reverse else 0]
    assert verdict == expected, f"{engine} does not agree on {name} with {len(steps)} steps"
    return float(answer["seconds"])


def compare_engines(lengths: Sequence[int]) -> None:
    """One line for each formula and length."""
    engines = []
    for engine in ("rtamt", "reelay"):
        reason = missing(engine)
        if reason is None:
            engines.append(engine)
        else:
            print(f"{engine} is not compared: {reason}")
    heads = "".join(f"{engine:>12} ms {'ratio':>9}" for engine in engines)
    print(f"{'formula':8}{'steps':>10}{'ours ms':>10}{'x before':>9}{heads}")
    for name in FORMULAS:
        before = None
        for n in lengths:
            steps = random_trace(n)
            trace = columns_of(steps)
            seconds = ours(name, (trace, columns_of(adversarial_trace(name, n))))
            growth = f"{seconds / before:.1f}" if before else "-"
            before = seconds
            line = f"{name:8}{n:>10,}{seconds * 1e3:>10.3f}{growth:>9}"
            expected = judge(FORMULAS[name], trace, complete=True).verdict is Verdict.HOLDS
            for engine in engines:
                theirs = ask(engine, name, steps, expected)
                line += f"{theirs * 1e3:>15,.1f} {theirs / seconds:>9,.0f}"
            print(line, flush=True)


def compare_iterators(limit_s: float) -> None:
    """The way of the RFC is feasible on short traces only; ours on the same trace, beside it."""
    print()
    print(f"copied iterators, adversarial traces, about as long as they manage in {limit_s:g} s")
    print(f"{'formula':8}{'steps':>10}{'copied ms':>12}{'ours ms':>10}{'ratio':>12}")
    for name in FORMULAS:
        n, seconds = iterators(name, limit_s)
        mine = ours(name, (columns_of(adversarial_trace(name, n)),))
        print(f"{name:8}{n:>10,}{seconds * 1e3:>12,.1f}{mine * 1e3:>10.4f}{seconds / mine:>12,.0f}", flush=True)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Time of evaluation, side by side.")
    parser.add_argument("--quick", action="store_true", help="10,000 steps only, and short iterator runs")
    quick = parser.parse_args().quick
    compare_engines([10_000] if quick else [10_000, 100_000, 1_000_000])
    compare_iterators(0.2 if quick else 5.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
