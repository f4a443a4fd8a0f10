"""`dexter test` from its options to its exit status: load, run, report as results come in."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from dexverify.builders import ScriptBuilder, builder_for
from dexverify.discovery import Case
from dexverify.errors import ConfigError
from dexverify.kernel_options import check_kernel_options
from dexverify.last_time import remember
from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.report.durations import render_durations
from dexverify.report.json_report import render_json
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
from dexverify.selection import select
from dexverify.suite import ExitStatus, exit_status, load, run_suite
from dexverify.targets import DEFAULT_BUILDER, Test
from drivers.base import Driver


def run_command(arguments: argparse.Namespace, options: Options, driver: Driver) -> int:
    """Run the tests that the arguments name; prints as it goes. Raises DexterError for wrong usage."""
    started = time.monotonic()
    loaded = load(arguments.paths, arguments.filter, options)
    check_options(options, loaded)
    chosen = {"shard": arguments.shard, "rerun_failed": arguments.rerun_failed, "seed": arguments.shuffle}
    selection = select(loaded, options, **chosen)
    tests = selection.tests
    cases = {test.case.label: test.case for test in tests}
    outcomes: dict[Case, Outcome] = {}
    if arguments.json is not None and arguments.json != "-":
        _check_writable("--json", arguments.json)
    style: Style = coloured if wants_colour(sys.stdout, dict(os.environ)) else plain
    results: list[TestResult] = []
    # With the JSON on standard output, nothing else may be there.
    report = sys.stderr if arguments.json == "-" else sys.stdout
    interrupted = False
    for note in selection.notes:
        print(note, file=report)
    try:
        with _progress(len(tests), report, style) as show:
            limits = {"jobs": arguments.jobs, "max_failures": arguments.max_failures}
            for result in run_suite(tests, options, driver, **limits):
                outcomes[cases[result.path]] = result.outcome
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
    remember(outcomes)
    if arguments.durations is not None:
        print(render_durations(results, arguments.durations), file=report)
    if arguments.time_report:
        print(render_stages(results), file=report)
    _write(results, arguments.json, options.results_directory)
    return ExitStatus.INTERRUPTED if interrupted else exit_status(results)


def check_options(options: Options, tests: Sequence[Test]) -> None:
    """What would make every test fail, or lose its results, is told before the first one runs: ConfigError."""
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
    directory = options.results_directory
    if directory is not None and directory.exists() and not directory.is_dir():
        raise ConfigError(f"--results-directory {directory}: it is a file, not a folder")
    if options.source_root is not None and not options.source_root.is_dir():
        raise ConfigError(f"--source-root-dir {options.source_root}: no such folder")


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
