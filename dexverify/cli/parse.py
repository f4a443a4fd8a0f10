"""`dexter parse`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parse(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parse = commands.add_parser("parse", help="print what was understood of the annotations, and run nothing")
    parse.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an annotated file, or a folder of them")
    parse.set_defaults(command=_parse)


def _parse(arguments: argparse.Namespace) -> int:
    from dexverify.report.annotations import render_annotations
    from dexverify.suite import load

    for test in load(arguments.paths):
        print(render_annotations(str(test.case.path), test.annotations))
    return 0
