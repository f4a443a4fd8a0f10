"""The page of a run of 1,000,000 steps: how large it is, how long it takes to make, to open, and to answer a key.

Four formulas over five atoms, five values (see `benchmarks.judging`); headless Chromium, a window of 1440 x 900.
Wanted: open in 3 s, a key answered in 100 ms. `python -m benchmarks.html_report [--steps N]`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.judging import propositions, recording_of
from dexverify.annotations.commands import Annotations
from dexverify.discovery import Case
from dexverify.judged import Judged
from dexverify.judging import judge_run
from dexverify.outcome import Outcome
from dexverify.recorder import Run
from dexverify.report.html.report import HtmlReport
from dexverify.report.model import TestResult
from dexverify.settings import Settings
from dexverify.targets import Test
from tests.report.browser import WINDOW, chromium, opened

OPENINGS = 5
KEYS = ["j", "k", "n", "p", "PageDown", "PageUp", "End", "Home", "+", "-", "0", "c", "]", "["]
ROUNDS = 5

# From the event to the moment at which the frame that shows its effect has been made.
LISTENER = """() => {
  window.latencies = [];
  addEventListener("keydown", (event) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.latencies.push(performance.now() - event.timeStamp);
    requestAnimationFrame(() => channel.port2.postMessage(null));
  }, { capture: true });
}"""


def write_page(steps: int, file: Path) -> None:
    """Judges a run, and writes its page; says how long each took."""
    run, wanted = Run(recording_of(steps)), propositions()
    started = time.perf_counter()
    findings = judge_run(run, wanted)
    judged_at = time.perf_counter()
    case = Case(Path("ring.c"), (), (), Settings(), is_xfail=False)
    result = TestResult("ring.c", Outcome.FAIL, steps=steps, end="exit 0", findings=tuple(findings))
    report = HtmlReport(str(file), None)
    report.observe(Judged(Test(case, Annotations(("ring.c",))), run, tuple(wanted), result))
    report.finish([result])
    made_at = time.perf_counter()
    size = file.stat().st_size / 1e6
    judging, making = judged_at - started, made_at - judged_at
    print(f"{steps:,} steps: judged in {judging:.2f} s, page made in {making:.2f} s, {size:.2f} MB")


def measure(file: Path, executable: str) -> None:
    with opened(executable) as browser:
        openings = []
        for _ in range(OPENINGS):
            page = browser.new_page(viewport=WINDOW)
            started = time.perf_counter()
            page.goto(file.as_uri())
            page.wait_for_selector("html[data-state=ready]")
            page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))")
            openings.append(time.perf_counter() - started)
        print(f"opens in {median(openings):.2f} s (median of {OPENINGS}; at most {max(openings):.2f} s)")
        page.evaluate(LISTENER)
        for key in KEYS * ROUNDS:
            before = page.evaluate("window.latencies.length")
            page.keyboard.press(key)
            page.wait_for_function("(before) => window.latencies.length > before", arg=before)
        latencies = page.evaluate("window.latencies")
        for number, key in enumerate(KEYS):
            own = latencies[number :: len(KEYS)]
            print(f"{key:>10}: {median(own):6.1f} ms (median of {ROUNDS}; at most {max(own):.1f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        write_page(steps, file)
        executable = chromium()
        if executable is None:
            print("chromium is not installed: the page was not opened")
        else:
            measure(file, executable)


if __name__ == "__main__":
    main()
