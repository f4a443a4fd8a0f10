"""`dexter check` from its options to its exit status."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from dexverify.errors import ConfigError
from dexverify.judged import Judged
from dexverify.options import Options
from dexverify.recordings.checking import check_formulas, check_own, check_tests
from dexverify.recordings.loading import load_recording
from dexverify.report.model import TestResult
from dexverify.report.terminal import render_summary, render_test, style_for
from dexverify.suite import exit_status, load


def check(arguments: argparse.Namespace) -> int:
    """Raises DexterError for wrong usage, and for a file that is no recording."""
    started = time.monotonic()
    if arguments.formula and arguments.paths:
        raise ConfigError("give either --formula, or files whose propositions are to be judged")
    style = style_for(sys.stdout)
    results: list[TestResult] = []
    for judged in _judged(arguments):
        results.append(judged.result)
        print(render_test(judged.result, verbose=arguments.verbose, style=style), flush=True)
    print(render_summary(results, time.monotonic() - started, style))
    return exit_status(results)


def _judged(arguments: argparse.Namespace) -> Iterator[Judged]:
    loaded = load_recording(arguments.recording)
    options = Options(strict=arguments.strict)
    if arguments.formula:
        return check_formulas(loaded, arguments.formula, options)
    if arguments.paths:
        return check_tests(loaded, load(arguments.paths), options)
    return check_own(loaded, options)
