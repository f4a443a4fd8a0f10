"""`dexter check`: propositions over a recorded run."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexverify.cli.outputs import add_outputs


def add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="judge propositions over a recorded run, without running it",
        description="Judge propositions over a recording that 'dexter test --results-directory' made: those it was "
        "made for, other formulas, or those that annotated files have by now. Exit status as that of 'dexter test'.",
    )
    check.add_argument("recording", type=Path, metavar="RECORDING", help="a file that ends in .dexrec")
    check.add_argument("paths", nargs="*", type=Path, metavar="FILE", help="judge what this annotated file says now")
    check.add_argument("--formula", action="append", default=[], metavar="TEXT", help="judge this formula")
    check.add_argument("--strict", action="store_true", help="a proposition that holds vacuously fails")
    report = check.add_argument_group("the report")
    report.add_argument("-v", "--verbose", action="store_true", help="explain what holds, too")
    add_outputs(report)
    check.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> int:
    from dexverify.recordings.commands import check

    return check(arguments)
