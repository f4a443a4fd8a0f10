"""`python -m tests.fuzz recordings|annotations [--count N] [--seed N]`: as many hostile inputs as one has time for.

Any error that is not one of ours, any input that takes more than a few seconds of the processor, and any memory beyond
a bound ends it, with the input kept in the present folder.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable

from tests.fuzz import bases

MAX_S = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["recordings", "annotations"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started, slowest = time.monotonic(), (0.0, 0)
    attempt: Callable[[random.Random], str] = {
        "recordings": bases.attempt_recording,
        "annotations": bases.attempt_annotations,
    }[options.what]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said: Counter[bool] = Counter()
    for number in range(options.count):
        began = time.process_time()  # what others do on the machine is no fault of the input
        try:
            said[bool(attempt(random.Random(f"{options.seed}-{number}")))] += 1
        except Exception:
            print(f"number {number} of seed {options.seed}: see {bases.keep_last(options.what)}")
            raise
        took = time.process_time() - began
        slowest = max(slowest, (took, number))
        if took > MAX_S:
            raise SystemExit(f"number {number} took {took:.1f} s: see {bases.keep_last(options.what)}")
        if (number + 1) % 10_000 == 0:
            print(f"{number + 1:>8,}  {time.monotonic() - started:7.1f} s", flush=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{options.count:,} {options.what}: {said[True]:,} refused or told to be damaged, {said[False]:,} taken; "
        f"slowest {slowest[0]:.2f} s (number {slowest[1]}), {grown:.0f} MB more, in {time.monotonic() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
