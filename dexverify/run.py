"""`dexter test` from its options to its exit status: load, run, report as results come in."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from dexverify.builders import ScriptBuilder, builder_for
from dexverify.errors import ConfigError
from dexverify.kernel_options import check_kernel_options
from dexverify.matrix import Column, columns_of, run_columns
from dexverify.options import Options
from dexverify.reference import check_against
from dexverify.report.json_report import render_json
from dexverify.report.matrix import MatrixTable, render_matrix_summary
from dexverify.report.model import TestResult
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
from dexverify.suite import ExitStatus, exit_status, load
from dexverify.targets import DEFAULT_BUILDER, Test
from drivers.base import Driver


def run_command(arguments: argparse.Namespace, options: Options, drivers: Mapping[str, Driver]) -> int:
    """Run the tests that the arguments name; prints as it goes. Raises DexterError for wrong usage.

    `drivers` are by the names of `--debugger`; `options` are those of the first configuration.
    """
    started = time.monotonic()
    columns = columns_of(options, arguments.builder, drivers)
    tests = load(arguments.paths, arguments.filter, options)
    _check(options, columns, tests, arguments.json)
    style: Style = coloured if wants_colour(sys.stdout, dict(os.environ)) else plain
    results: list[TestResult] = []
    # With the JSON on standard output, nothing else may be there.
    report = sys.stderr if arguments.json == "-" else sys.stdout
    interrupted = False
    table = None
    if len(columns) > 1:
        paths = [_shown_path(test.case.label, options.source_root) for test in tests]
        table = MatrixTable(paths, [column.name for column in columns], style)
        print(table.head(), file=report, flush=True)
    try:
        with _progress(len(tests), report, style) as show:
            limits = {"jobs": arguments.jobs, "max_failures": arguments.max_failures}
            for column, result in run_columns(tests, columns, **limits):
                shown = replace(result, path=_shown_path(result.path, options.source_root))
                results.append(shown)
                if table is None:
                    show(render_test(shown, verbose=arguments.verbose, style=style))
                elif (row := table.take(column.name, shown)) is not None:
                    show(row)
    except KeyboardInterrupt:
        interrupted = True
        print("dexter: interrupted", file=sys.stderr)
    seconds = time.monotonic() - started
    if table is None:
        print(render_summary(results, seconds, style), file=report)
    else:
        for text in (*table.incomplete(), *table.explanations(verbose=arguments.verbose)):
            print(text, file=report)
        print(render_matrix_summary(results, len(tests), len(columns), seconds, style), file=report)
    if missed := len(tests) * len(columns) - len(results):
        print("1 more test was not run" if missed == 1 else f"{missed:,} more tests were not run", file=report)
    if arguments.time_report:
        print(render_stages(results), file=report)
    _write(results, arguments.json, options.results_directory)
    return ExitStatus.INTERRUPTED if interrupted else exit_status(results)


def _check(options: Options, columns: Sequence[Column], tests: list[Test], json_path: str | None) -> None:
    """What would make every test fail, or lose its results, is told before the first one runs."""
    for column in columns:
        builder = builder_for(column.options.builder or DEFAULT_BUILDER)
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
    directory = options.results_directory
    if directory is not None and directory.exists() and not directory.is_dir():
        raise ConfigError(f"--results-directory {directory}: it is a file, not a folder")
    if options.source_root is not None and not options.source_root.is_dir():
        raise ConfigError(f"--source-root-dir {options.source_root}: no such folder")
    if json_path is not None and json_path != "-":
        _check_writable("--json", json_path)


def _check_writable(option: str, path: str) -> None:
    file = Path(path).absolute()
    if not path or file.is_dir():
        raise ConfigError(f"{option} {path!r}: name a file, not a folder")
    if not file.parent.is_dir():
        raise ConfigError(f"{option} {path}: there is no such folder")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ConfigError(f"{option} {path}: must not be written")


def _write(results: list[TestResult], json_path: str | None, directory: Path | None) -> None:
    if json_path == "-":
        sys.stdout.buffer.write(render_json(results))
        sys.stdout.flush()
    elif json_path is not None:
        Path(json_path).write_bytes(render_json(results))
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "results.json").write_bytes(render_json(results))


def _shown_path(path: str, root: Path | None) -> str:
    if root is None:
        return path
    try:
        return str(Path(path).absolute().relative_to(root.absolute()))
    except ValueError:
        return path


def _progress(total: int, report: TextIO, style: Style) -> AbstractContextManager[Callable[[str], None]]:
    """What to call with the text of each result. Only a terminal that takes escape codes gets signs of life."""
    if style is plain or not report.isatty():
        return nullcontext(lambda text: print(text, file=report, flush=True))
    return bar(total, report) if total > 1 else spinner(report)
