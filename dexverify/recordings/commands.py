"""`dexter check`, `view` and `diff`, from their options to their exit status."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from dexverify.errors import ConfigError
from dexverify.judged import Judged
from dexverify.options import Options
from dexverify.recordings.checking import check_formulas, check_own, check_tests, texts_of
from dexverify.recordings.comparing import compare, describe
from dexverify.recordings.loading import Loaded, Track, load_recording
from dexverify.recordings.viewing import Filter
from dexverify.recordings.viewing import view as view_run
from dexverify.report.model import TestResult
from dexverify.report.outputs import Outputs
from dexverify.report.teller import Teller
from dexverify.report.terminal import render_summary, style_for
from dexverify.sources import shown_as
from dexverify.suite import exit_status, load


def check(arguments: argparse.Namespace) -> int:
    """Raises DexterError for wrong usage, and for a file that is no recording."""
    started = time.monotonic()
    if arguments.formula and arguments.paths:
        raise ConfigError("give either --formula, or files whose propositions are to be judged")
    loaded = load_recording(arguments.recording)
    options = Options(strict=arguments.strict, source_root=_root(loaded))
    tell = Teller(arguments, options)
    results: list[TestResult] = []
    texts = {} if arguments.paths else texts_of(loaded, arguments.formula)
    with Outputs(arguments, options) as outputs, shown_as(texts):
        for judged in _judged(loaded, arguments, options):
            if judged.is_whole:
                outputs.observe(judged)
            results.append(tell.shown(judged.result))
            if text := tell.text(results[-1]):
                print(text, file=outputs.report, flush=True)
        print(render_summary(results, time.monotonic() - started, tell.style), file=outputs.report)
        is_written = outputs.finish(results)
    return exit_status(results, is_written=is_written)


def view(arguments: argparse.Namespace) -> int:
    """Print the steps of each test of a recording, as they are read."""
    loaded = load_recording(arguments.recording)
    if loaded.problem:
        print(f"dexter: {loaded.path}: {loaded.problem}", file=sys.stderr)
    only = Filter(arguments.steps, arguments.function, arguments.thread, arguments.line, tuple(arguments.expression))
    style = style_for(sys.stdout)
    for judged in check_own(loaded, Options(), arguments.filter):
        for line in view_run(judged, only, style):
            print(line)
    return 0


def diff(arguments: argparse.Namespace) -> int:
    """Print where two recordings part; 1 if they do, else 0."""
    first, second = (load_recording(path) for path in arguments.recordings)
    names = [str(path) for path in arguments.recordings]
    is_same = True
    for left, right in _paired(first, second):
        found = compare(left.run.recording, right.run.recording)
        is_same = is_same and not found
        lines = list(describe(found, (left.run.recording, right.run.recording), names))
        if len(first.tracks) > 1 and lines:
            print(f"{left.note.label}:")
        for line in lines:
            print(line)
    if is_same:
        print("the runs are the same")
    return 0 if is_same else 1


def _paired(first: Loaded, second: Loaded) -> list[tuple[Track, Track]]:
    """The tests that both runs are of, or the only one of each. Raises ConfigError where there is none."""
    if len(first.tracks) == len(second.tracks) == 1:
        return [(first.tracks[0], second.tracks[0])]
    others = {track.note.path: track for track in second.tracks}
    pairs = [(track, others[track.note.path]) for track in first.tracks if track.note.path in others]
    if not pairs:
        raise ConfigError(f"{first.path} and {second.path} have no test in common")
    return pairs


def _judged(loaded: Loaded, arguments: argparse.Namespace, options: Options) -> Iterator[Judged]:
    if arguments.formula:
        return check_formulas(loaded, arguments.formula, options)
    if arguments.paths:
        return check_tests(loaded, load(arguments.paths, options=options), options)
    return check_own(loaded, options)


def _root(loaded: Loaded) -> Path | None:
    root = loaded.header.source_root
    return Path(root) if root is not None else None
