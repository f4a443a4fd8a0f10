"""`dexter test` from its options to its exit status: load, run, report as results come in."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from dexverify.builders import ScriptBuilder, builder_for
from dexverify.errors import ConfigError
from dexverify.kernel_options import check_kernel_options
from dexverify.options import Options
from dexverify.report.lines import render_lines
from dexverify.report.model import TestResult
from dexverify.report.outputs import Outputs
from dexverify.report.paths import shown_path
from dexverify.report.progress import bar, spinner
from dexverify.report.terminal import (
    Style,
    coloured,
    plain,
    render_stages,
    render_summary,
    render_test,
    wants_colour,
)
from dexverify.suite import ExitStatus, exit_status, load, run_suite
from dexverify.targets import DEFAULT_BUILDER, Test
from drivers.base import Driver


def run_command(arguments: argparse.Namespace, options: Options, driver: Driver) -> int:
    """Run the tests that the arguments name; prints as it goes. Raises DexterError for wrong usage."""
    started = time.monotonic()
    tests = load(arguments.paths, arguments.filter, options)
    _check(options, tests)
    with Outputs(arguments, options) as outputs:
        return _run(tests, arguments, options, driver, outputs, started)


def _run(
    tests: list[Test],
    arguments: argparse.Namespace,
    options: Options,
    driver: Driver,
    outputs: Outputs,
    started: float,
) -> int:
    style: Style = coloured if wants_colour(sys.stdout, dict(os.environ)) and not arguments.one_line else plain
    results: list[TestResult] = []
    report = outputs.report
    interrupted = False
    try:
        with _progress(len(tests), report, style) as show:
            limits = {"jobs": arguments.jobs, "max_failures": arguments.max_failures}
            for result in run_suite(tests, options, driver, observers=outputs.observers, **limits):
                shown = replace(result, path=shown_path(result.path, options.source_root))
                results.append(shown)
                if arguments.one_line:
                    show("\n".join(render_lines(shown, options.source_root or Path.cwd())))
                else:
                    show(render_test(shown, verbose=arguments.verbose, style=style))
    except KeyboardInterrupt:
        interrupted = True
        print("dexter: interrupted", file=sys.stderr)
    print(render_summary(results, time.monotonic() - started, style), file=report)
    if len(results) < len(tests):
        missed = len(tests) - len(results)
        print("1 more test was not run" if missed == 1 else f"{missed:,} more tests were not run", file=report)
    if arguments.time_report:
        print(render_stages(results), file=report)
    outputs.finish(results)
    return ExitStatus.INTERRUPTED if interrupted else exit_status(results)


def _check(options: Options, tests: list[Test]) -> None:
    """What would make every test fail, or lose its results, is told before the first one runs."""
    builder = builder_for(options.builder or DEFAULT_BUILDER)
    if isinstance(builder, ScriptBuilder):
        builder.check()
    trees = {test.case.tree for test in tests if test.case.tree is not None}
    check_kernel_options(options, trees, has_programs=any(test.case.tree is None for test in tests))
    if options.binary is not None and not options.binary.is_file():
        raise ConfigError(f"--binary {options.binary}: no such file")
    if options.binary is not None and len(tests) > 1:
        raise ConfigError(f"--binary is one program, and there are {len(tests)} tests: name one of them")
    if options.stdin is not None and not options.stdin.is_file():
        raise ConfigError(f"--stdin {options.stdin}: no such file")
    if options.source_root is not None and not options.source_root.is_dir():
        raise ConfigError(f"--source-root-dir {options.source_root}: no such folder")


def _progress(total: int, report: TextIO, style: Style) -> AbstractContextManager[Callable[[str], None]]:
    """What to call with the text of each result. Only a terminal that takes escape codes gets signs of life."""
    if style is plain or not report.isatty():
        return nullcontext(lambda text: print(text, file=report, flush=True) if text else None)
    return bar(total, report) if total > 1 else spinner(report)
