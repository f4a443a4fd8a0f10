"""What is printed of each result: the report, or with `--one-line` what went wrong in a line each."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from dexverify.options import Options
from dexverify.report.lines import render_lines
from dexverify.report.model import TestResult
from dexverify.report.paths import shown_path
from dexverify.report.terminal import Style, plain, render_test, style_for


class Teller:
    """Tells results as the options `--one-line` and `--verbose`, and the source root, ask for."""

    def __init__(self, arguments: argparse.Namespace, options: Options) -> None:
        self.style: Style = plain if arguments.one_line else style_for(sys.stdout)
        self._is_short, self._is_verbose = arguments.one_line, arguments.verbose
        self._root = options.source_root
        self._said: set[str] = set()

    def shown(self, result: TestResult) -> TestResult:
        """The result under the path by which it is told."""
        return replace(result, path=shown_path(result.path, self._root))

    def text(self, shown: TestResult) -> str:
        """What is printed of it; empty for nothing, and for lines that were said before."""
        if not self._is_short:
            return render_test(shown, verbose=self._is_verbose, style=self.style)
        text = "\n".join(render_lines(shown, self._root or Path.cwd()))
        is_new = text not in self._said  # what is the same in several configurations is told once
        self._said.add(text)
        return text if is_new else ""
