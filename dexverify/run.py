"""`dexter test` from its options to its exit status: load, run, report as results come in."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from dexverify.builders import builder_for
from dexverify.errors import ConfigError
from dexverify.options import Options
from dexverify.pipeline import Test
from dexverify.report.json_report import render_json
from dexverify.report.model import TestResult
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
from drivers.base import Driver


def run_command(arguments: argparse.Namespace, options: Options, driver: Driver) -> int:
    """Run the tests that the arguments name; prints as it goes. Raises DexterError for wrong usage."""
    started = time.monotonic()
    tests = load(arguments.paths, arguments.filter)
    _check(options, tests, arguments.json)
    style: Style = coloured if wants_colour(sys.stdout, dict(os.environ)) else plain
    results: list[TestResult] = []
    # With the JSON on standard output, nothing else may be there.
    report = sys.stderr if arguments.json == "-" else sys.stdout
    interrupted = False
    try:
        with _progress(len(tests), report, style) as show:
            limits = {"jobs": arguments.jobs, "max_failures": arguments.max_failures}
            for result in run_suite(tests, options, driver, **limits):
                shown = replace(result, path=_shown_path(result.path, options.source_root))
                results.append(shown)
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
    _write(results, arguments.json, options.results_directory)
    return ExitStatus.INTERRUPTED if interrupted else exit_status(results)


def _check(options: Options, tests: list[Test], json_path: str | None) -> None:
    builder_for(options.builder)
    if options.binary is not None and not options.binary.is_file():
        raise ConfigError(f"--binary {options.binary}: no such file")
    if options.binary is not None and len(tests) > 1:
        raise ConfigError(f"--binary is one program, and there are {len(tests)} tests: name one of them")
    if options.stdin is not None and not options.stdin.is_file():
        raise ConfigError(f"--stdin {options.stdin}: no such file")
    directory = options.results_directory
    if directory is not None and directory.exists() and not directory.is_dir():
        raise ConfigError(f"--results-directory {directory}: it is a file, not a folder")
    if json_path not in (None, "-") and not Path(json_path).absolute().parent.is_dir():
        raise ConfigError(f"--json {json_path}: there is no such folder")


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


@contextmanager
def _progress(total: int, report: TextIO, style: Style) -> Iterator[Callable[[str], None]]:
    """Yields what to call with the text of each result. On a terminal, a bar stands below them while several run."""
    if total < 2 or style is plain or not report.isatty():
        yield lambda text: print(text, file=report, flush=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=report, highlight=False), transient=True) as progress:
        task = progress.add_task("tests", total=total)

        def show(text: str) -> None:
            # Lines of the report are never folded: a caret must stay below what it points at.
            progress.console.print(Text.from_ansi(text), soft_wrap=True)
            progress.advance(task)

        yield show
