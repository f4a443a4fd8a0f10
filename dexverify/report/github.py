"""`--github`: annotations, which GitHub Actions reads from what a job prints and shows beside the source.

The format is that of workflow commands, with the escapes of the runner's ActionCommand.cs. A path is relative to the
workspace, which is where the repository is checked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dexverify.report.model import TestResult
from dexverify.report.paths import relative
from dexverify.report.problems import Problem, problems_of
from dexverify.report.terminal import explanation_lines, plain
from dexverify.report.text import one_line, visible

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render_github(results: Sequence[TestResult], workspace: Path) -> Iterator[str]:
    """A line for each thing that went wrong and was not expected to."""
    for result in results:
        for problem in problems_of(result):
            if problem.expected is None:
                yield _annotation(problem, result, workspace)


def _annotation(problem: Problem, result: TestResult, workspace: Path) -> str:
    span = problem.span
    properties: dict[str, object] = {"file": relative(span.path, workspace), "line": span.line}
    if span.end_line == span.line and span.end_column > span.column:  # columns are for a stretch of one line only
        properties |= {"col": span.column, "endColumn": span.end_column - 1}
    properties["title"] = one_line(problem.rule)
    text = [problem.message, *_more(problem, result)]
    told = ",".join(f"{key}={visible(str(value)).translate(_IN_PROPERTY)}" for key, value in properties.items())
    return f"::{problem.level.value} {told}::{visible(chr(10).join(text)).translate(_IN_MESSAGE)}"


def _more(problem: Problem, result: TestResult) -> list[str]:
    if problem.finding is not None:
        return list(explanation_lines(problem.finding, plain))
    lines = result.detail.rstrip("\n").split("\n")
    return lines[1:] if lines[0] in {"", result.reason} else lines
