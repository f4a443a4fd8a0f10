"""The options that write results to files; see `dexverify.report.outputs`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_outputs(report: argparse._ArgumentGroup) -> None:
    report.add_argument("--html", metavar="FILE", help="write a page to explore the steps; - for standard output")
    report.add_argument("--json", metavar="FILE", help="write the results as JSON; - for standard output")
    report.add_argument("--junit", metavar="FILE", help="write them as JUnit XML; - for standard output")
    report.add_argument("--sarif", metavar="FILE", help="write what went wrong as SARIF 2.1.0; - for standard output")
    report.add_argument(
        "--chrome-trace",
        metavar="FILE",
        help="write the steps for Perfetto and chrome://tracing; - for standard output",
    )
    report.add_argument(
        "--itf", type=Path, metavar="DIR", help="write each counterexample there, for the viewers of TLA+ and Quint"
    )
    report.add_argument("--github", action="store_true", help="print annotations for GitHub Actions, too")
    report.add_argument(
        "--one-line", action="store_true", help="tell what went wrong as file:line:column: error: …, for editors"
    )
