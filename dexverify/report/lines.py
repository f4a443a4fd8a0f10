"""`--one-line`: what went wrong as lines that begin `file:line:column: error:`, as those of compilers do.

So vim, emacs and VS Code's `$gcc` problem matcher take one to the formula that fails. The steps that decided follow as
notes, as gcc's do: to go on from one to the next is to walk along the counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dexverify.report.model import Explanation, TestResult
from dexverify.report.paths import relative
from dexverify.report.problems import problems_of
from dexverify.report.text import one_line, visible
from ltd.verdict import Verdict


def render_lines(result: TestResult, root: Path) -> list[str]:
    """The lines of one test, none if all is as it should be; files below the folder `root` relative to it."""
    lines = []
    for problem in problems_of(result):
        if problem.expected is not None:
            continue
        place = f"{_shown(problem.span.path, root)}:{problem.span.line}:{problem.span.column}"
        told = f"{place}: {problem.level.value}: {one_line(problem.message)}"
        if problem.finding is not None:
            lines.append(told)
            if problem.finding.verdict is not Verdict.HOLDS:  # else it is a warning, which no step bears out
                lines += _notes(problem.finding.explanation, root)
        else:
            # A compiler's errors, and those in annotations, have such lines of their own.
            lines += [*([] if ": error: " in result.detail else [told]), *visible(result.detail).splitlines()]
    return lines


def _notes(explanation: Explanation, root: Path) -> Iterator[str]:
    for row in explanation.rows:
        if row.path and row.line:
            yield f"{_shown(row.path, root)}:{row.line}:1: note: {one_line(row.said(explanation.columns))}"


def _shown(path: str, root: Path) -> str:
    return one_line(relative(path, root))
