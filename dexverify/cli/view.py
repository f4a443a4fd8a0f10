"""`dexter view` and `dexter diff`: recorded runs to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexverify.cli.arguments import place, steps, whole

_MAX_THREAD = 2**31 - 1


def add_view(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    view = commands.add_parser(
        "view",
        help="show the steps of a recorded run",
        description="Show the steps of a recording, a line each: where it was, the source there, the values that have "
        "changed since the line above, and for each proposition whether it holds from there on (T), fails (.), or is "
        "unknown (?).",
    )
    view.add_argument("recording", type=Path, metavar="RECORDING", help="a file that ends in .dexrec")
    view.add_argument("--steps", type=steps, metavar="A-B", help="only these steps; A- and -B will do")
    view.add_argument("--function", metavar="NAME", help="only steps in this function")
    view.add_argument("--thread", type=_thread, metavar="N", help="only steps of this thread")
    view.add_argument("--line", type=place, metavar="FILE:N", help="only steps on this line")
    view.add_argument(
        "--expression", action="append", default=[], metavar="TEXT", help="only steps at which this has changed"
    )
    view.add_argument("--filter", default="", metavar="TEXT", help="only tests whose path contains TEXT")
    view.set_defaults(command=_view)


def add_diff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    diff = commands.add_parser(
        "diff",
        help="say where two recorded runs part",
        description="Say where two recordings part, and which value was another one first. Exit status: 0 when the "
        "runs are the same, 1 when they are not.",
    )
    diff.add_argument("recordings", nargs=2, type=Path, metavar="RECORDING", help="a file that ends in .dexrec")
    diff.set_defaults(command=_diff)


def _thread(text: str) -> int:
    return whole(text, 0, _MAX_THREAD)


def _view(arguments: argparse.Namespace) -> int:
    from dexverify.recordings.commands import view

    return view(arguments)


def _diff(arguments: argparse.Namespace) -> int:
    from dexverify.recordings.commands import diff

    return diff(arguments)
