"""`dexter write` from its options to its exit status."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dexverify.annotations import has_annotations, parse_test
from dexverify.annotations.sources import read_source
from dexverify.discovery import Case
from dexverify.errors import ConfigError, DexterError
from dexverify.options import Options
from dexverify.report.terminal import count
from dexverify.settings import settings_of
from dexverify.suite import load
from dexverify.targets import Test
from dexverify.writing.filling import fill
from dexverify.writing.guesses import Guess, guesses
from dexverify.writing.running import Learnt, read_whole, run_whole
from dexverify.writing.texts import annotations_of, edited, findings_of
from drivers.base import Driver, DriverError
from ltd.printer import prefix
from ltd.verdict import Verdict

MAX_GUESSES = 40
_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp"})


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of a test's files as they are to be, and what could not be done."""

    texts: dict[str, str]
    filled: int
    guessed: int
    problems: tuple[str, ...]


def write(arguments: argparse.Namespace, options: Options, driver: Driver) -> int:
    """Print what would change in the files, or change them; 1 where something stays empty. Raises DexterError."""
    test = _test(arguments.file, options)
    try:
        learnt = read_whole(test, arguments.recording) if arguments.recording else run_whole(test, options, driver)
    except DriverError as error:
        raise DexterError(str(error)) from error
    before = {str(path): read_source(path).text for path in test.case.files}
    written = _written(before, str(arguments.file.absolute()), learnt)
    for path, text in written.texts.items():
        if text == before[path]:
            continue
        if arguments.in_place:
            _replace(Path(path), before[path], text)
        else:
            name = os.path.relpath(path)
            sys.stdout.writelines(_diff(before[path], text, name))
    sys.stdout.flush()  # what is said of the difference comes after it
    for problem in written.problems:
        print(f"dexter: {problem}", file=sys.stderr)
    place = "" if arguments.in_place else "; --in-place writes them"
    print(
        f"{count(written.filled, 'expectation')} filled in, {count(written.guessed, 'proposition')} guessed"
        f" from {count(len(learnt.runs), 'run')}{place if written.filled or written.guessed else ''}",
        file=sys.stderr,
    )
    return 1 if written.problems else 0


def _test(path: Path, options: Options) -> Test:
    """The test that a file is, also one that has no annotation yet."""
    if path.is_dir():
        raise ConfigError(f"{path}: a folder: name the file that is to be written to")
    if path.suffix in _SUFFIXES and path.is_file() and not has_annotations(path):
        file = path.absolute()
        case = Case(path, (file,), (file,), settings_of(file.parent), is_xfail=False)
        return Test(case, replace(parse_test([file]), files=(str(file),)))
    (test,) = load([path], "", options)
    return test


def _written(texts: dict[str, str], path: str, learnt: Learnt) -> Written:
    edits, problems = fill(texts, learnt.runs)
    filled = edited(texts, edits)
    proposed = list(guesses([run.recording for run in learnt.runs], learnt.variables))
    lasting = _lasting(filled, path, proposed[: 5 * MAX_GUESSES], learnt)[:MAX_GUESSES]
    return Written(_with(filled, path, lasting, len(learnt.runs)), len(edits), len(lasting), tuple(problems))


def _lasting(texts: dict[str, str], path: str, proposed: Sequence[Guess], learnt: Learnt) -> list[Guess]:
    """Those that are found to hold over every run, mean something there, and are not in the files already."""
    known = {prefix(verify.formula) for verify in annotations_of(texts).verifies}
    proposed = [guess for guess in proposed if guess.formula not in known]
    changed = _with(texts, path, proposed, len(learnt.runs))
    first = changed[path].count("\n") - len(proposed) + 1  # the line of the first one
    lasting = set(range(len(proposed)))
    for run in learnt.runs:
        holds = {
            finding.span.line - first
            for finding in findings_of(changed, run)
            if finding.span.path == path and finding.verdict is Verdict.HOLDS and not finding.warnings
        }
        lasting &= holds
    return [guess for number, guess in enumerate(proposed) if number in lasting]


def _with(texts: dict[str, str], path: str, proposed: Sequence[Guess], runs: int) -> dict[str, str]:
    """The guesses at the end of the file, where they move no line."""
    if not proposed:
        return texts
    end = "\r\n" if "\r\n" in texts[path] else "\n"
    text = texts[path] if texts[path].endswith("\n") or not texts[path] else texts[path] + end
    head = f"{end}// Guesses of 'dexter write': they held over {count(runs, 'run')}, and need not hold in all.{end}"
    lines = [f"// guess, {guess.kind}: DexVerify({guess.formula}){end}" for guess in proposed]
    return {**texts, path: text + head + "".join(lines)}


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    for line in difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _replace(path: Path, before: str, after: str) -> None:
    """The new text in the file's own encoding; the file is whole at every moment. Raises OSError, ConfigError."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-8", "latin-1"):
        try:
            if before.encode(encoding) == content:
                break
        except UnicodeEncodeError:
            continue
    else:
        raise ConfigError(f"{path} has changed in the meantime: nothing was written")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(after.encode(encoding))
    Path(file.name).chmod(path.stat().st_mode & 0o7777)
    Path(file.name).replace(path)
