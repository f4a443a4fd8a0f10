"""`dexter write`: annotations that are written for the user."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexverify.cli.test import add_run_options, options_of


def add_write(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    write = commands.add_parser(
        "write",
        help="fill in expectations that were left empty, and guess propositions",
        description="Run the program, or take recordings of it; write the values that it had where an expectation has "
        "a ?, and propositions that held at the end of the file, each marked as a guess. Without --in-place, the "
        "difference is printed. Exit status: 0, or 1 when something stays empty.",
    )
    write.add_argument("file", type=Path, metavar="FILE", help="the source file to write to")
    write.add_argument(
        "--recording",
        action="append",
        default=[],
        type=Path,
        metavar="RECORDING",
        help="learn from this recording instead of a run; may be given several times",
    )
    write.add_argument("--in-place", action="store_true", help="change the file")
    write.add_argument("--results-directory", type=Path, metavar="DIR", help="keep the recording of the run here")
    add_run_options(write)
    write.set_defaults(command=_write, against=None, strict=False, cache=False, save_temps=False, source_root_dir=None)


def _write(arguments: argparse.Namespace) -> int:
    from dexverify.debuggers import driver_for
    from dexverify.writing.commands import write

    options = options_of(arguments)
    driver = driver_for(options)
    try:
        return write(arguments, options, driver)
    finally:
        driver.close()
