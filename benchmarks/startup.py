"""What a short test costs from start to verdict, and what an early end saves: whole processes, timed in turn.

`python -m benchmarks.startup [--quick]`. The yardstick is what a user would type instead: `gcc -g` and
`gdb -batch -ex run` on the same file.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SEVEN_STEPS = """\
// DexVerify(Eventually(Expect('total', 6)))
int main(void)
{
    int total = 1;
    total += 2;
    total += 3;
    int copy = total;
    copy -= 6;
    int result = copy;
    return result;
}
"""

# Two lines a turn: DECIDED_EARLY holds for certain at the tenth step or so, DECIDED_LATE never before the end.
LOOP = """\
// DexVerify({proposition})
int main(void)
{{
    volatile int turns = 0;
    while (turns < {turns})
        turns++;
    return 0;
}}
"""
DECIDED_EARLY = "Eventually(Expect('turns', 4))"
DECIDED_LATE = "Henceforth(Expect('turns', '>=', 0))"


def dexter(*arguments: str) -> list[str]:
    """The command line of the dexter of this environment."""
    return [str(Path(sys.executable).with_name("dexter")), *arguments]


def run(*command: str) -> None:
    """Run it to its end, without output; any exit status is fine for a timing."""
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)


def alternate(actions: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each action in each round, the actions in turn, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for round_number in range(rounds + 1):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            if round_number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def seven_steps(folder: Path, rounds: int) -> None:
    source, binary = folder / "seven.c", folder / "seven"
    source.write_text(SEVEN_STEPS)

    def by_hand() -> None:
        run("gcc", "-g", str(source), "-o", str(binary))
        run("gdb", "-batch", "-ex", "run", str(binary))

    actions = {
        "gcc -g; gdb -batch -ex run": by_hand,
        "dexter test": lambda: run(*dexter("test", str(source))),
        "dexter --help": lambda: run(*dexter("--help")),
    }
    seconds = alternate(actions, rounds)
    print(f"a seven-step test, {rounds} rounds in turn")
    for name, times in seconds.items():
        print(f"  {name:<28} median {statistics.median(times):.3f} s, least {min(times):.3f} s")
    pairs = zip(seconds["dexter test"], seconds["gcc -g; gdb -batch -ex run"], strict=True)
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    print(f"  dexter test / by hand: median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}")


def early_end(folder: Path, turns: int) -> None:
    print(f"early end, a program of {2 * turns + 3:,} steps")
    seconds = {}
    for name, proposition in (("early", DECIDED_EARLY), ("late", DECIDED_LATE)):
        source = folder / f"{name}.c"
        source.write_text(LOOP.format(proposition=proposition, turns=turns))
        started = time.perf_counter()
        run(*dexter("test", "--timeout-total", "600", str(source)))
        seconds[name] = time.perf_counter() - started
        print(f"  decided {name:<6} {seconds[name]:8.3f} s   {proposition}")
    print(f"  early / late: {seconds['early'] / seconds['late']:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a shorter program")
    is_quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="dexter-bench-") as name:
        seven_steps(Path(name), 3 if is_quick else 11)
        early_end(Path(name), 5_000 if is_quick else 50_000)


if __name__ == "__main__":
    main()
