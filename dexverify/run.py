"""`dexter test` from its options to its exit status: load, run, report as results come in."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from dexverify.builders import ScriptBuilder, builder_for
from dexverify.discovery import Case
from dexverify.errors import ConfigError
from dexverify.kernel_options import check_kernel_options
from dexverify.last_time import remember
from dexverify.matrix import Column, columns_of, run_columns
from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.reference import check_against
from dexverify.report.durations import render_durations
from dexverify.report.matrix import MatrixTable, render_matrix_summary
from dexverify.report.model import TestResult
from dexverify.report.outputs import Outputs
from dexverify.report.paths import shown_path
from dexverify.report.progress import bar, spinner
from dexverify.report.teller import Teller
from dexverify.report.terminal import Style, plain, render_stages, render_summary
from dexverify.selection import Selection, select
from dexverify.suite import ExitStatus, exit_status, load
from dexverify.targets import DEFAULT_BUILDER, Test
from drivers.base import Driver


def run_command(arguments: argparse.Namespace, options: Options, drivers: Mapping[str, Driver]) -> int:
    """Run the tests that the arguments name; prints as it goes. Raises DexterError for wrong usage.

    `drivers` are by the names of `--debugger`; `options` are those of the first configuration.
    """
    started = time.monotonic()
    columns = columns_of(options, arguments.builder, drivers)
    loaded = load(arguments.paths, arguments.filter, options)
    for column in columns:
        check_options(column.options, loaded)
    chosen = {"shard": arguments.shard, "rerun_failed": arguments.rerun_failed, "seed": arguments.shuffle}
    selection = select(loaded, options, **chosen)
    with Outputs(arguments, options) as outputs:
        return _run(selection, columns, arguments, options, outputs, started)


def _run(
    selection: Selection,
    columns: Sequence[Column],
    arguments: argparse.Namespace,
    options: Options,
    outputs: Outputs,
    started: float,
) -> int:
    tests = selection.tests
    cases = {test.case.label: test.case for test in tests}
    outcomes: dict[Case, Outcome] = {}
    tell = Teller(arguments, options)
    style = tell.style
    results: list[TestResult] = []
    report = outputs.report
    interrupted = False
    for note in selection.notes:
        print(note, file=report)
    table = None
    if len(columns) > 1 and not arguments.one_line:
        paths = [shown_path(test.case.label, options.source_root) for test in tests]
        table = MatrixTable(paths, [column.name for column in columns], style)
        print(table.head(), file=report, flush=True)
    try:
        with _progress(len(tests) * (len(columns) if table is None else 1), report, style) as show:
            limits = {"jobs": arguments.jobs, "max_failures": arguments.max_failures}
            for result in run_columns(tests, columns, observers=[outputs.observe], **limits):
                case = cases[result.path]
                if outcomes.get(case, Outcome.PASS).is_good:  # what is not good in one configuration is not good
                    outcomes[case] = result.outcome
                shown = tell.shown(result)
                results.append(shown)
                if table is not None:
                    if (row := table.take(shown)) is not None:
                        show(row)
                else:
                    show(tell.text(shown))
    except KeyboardInterrupt:
        interrupted = True
        print("dexter: interrupted", file=sys.stderr)
    seconds = time.monotonic() - started
    if table is not None:
        for text in (*table.incomplete(), *table.explanations(verbose=arguments.verbose)):
            print(text, file=report)
    if len(columns) == 1:
        print(render_summary(results, seconds, style), file=report)
    else:
        print(render_matrix_summary(results, len(tests), len(columns), seconds, style), file=report)
    if missed := len(tests) * len(columns) - len(results):
        print("1 more test was not run" if missed == 1 else f"{missed:,} more tests were not run", file=report)
    remember(outcomes)
    if arguments.durations is not None:
        print(render_durations(results, arguments.durations), file=report)
    if arguments.time_report:
        print(render_stages(results), file=report)
    is_written = outputs.finish(results)
    return ExitStatus.INTERRUPTED if interrupted else exit_status(results, is_written=is_written)


def check_options(options: Options, tests: Sequence[Test]) -> None:
    """What would make every test fail, or lose its results, is told before the first one runs: ConfigError."""
    builder = builder_for(options.builder or DEFAULT_BUILDER)
    if isinstance(builder, ScriptBuilder):
        builder.check()
    trees = {test.case.tree for test in tests if test.case.tree is not None}
    check_kernel_options(options, trees, has_programs=any(test.case.tree is None for test in tests))
    check_against(options, tests)
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
