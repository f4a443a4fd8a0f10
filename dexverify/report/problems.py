"""What a test found to be wrong, each thing with its place: what editors and CI are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from dexverify.errors import FORMULA, Span
from dexverify.outcome import Outcome
from dexverify.report.model import Finding, TestResult
from ltd.verdict import Verdict


class Level(Enum):
    """An ERROR makes its test's outcome one that is not good."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule` is what was violated: a proposition's name, or `dexter/timeout` and the like, for the run as a whole.

    `finding` is the proposition's, None for the run. `expected` says why it is known, for one that is (XFAIL).
    """

    rule: str
    level: Level
    span: Span
    message: str
    finding: Finding | None = None
    expected: str | None = None


def problems_of(result: TestResult) -> list[Problem]:
    """In the order of the propositions, what concerns the run as a whole last."""
    expected = (result.reason or "expected to fail") if result.outcome is Outcome.XFAIL else None
    found = [problem for finding in result.findings for problem in _of_finding(finding, result, expected)]
    is_told = any(problem.level is Level.ERROR for problem in found)
    if result.outcome not in {Outcome.PASS, Outcome.UNSUPPORTED} and not is_told:
        path, line = result.place or (result.file, 1)
        message = f"{result.outcome.value}: {result.reason or result.detail}"
        rule = f"dexter/{result.outcome.value.lower()}"
        found.append(Problem(rule, Level.ERROR, Span(path, line, 1, line, 1), message, expected=expected))
    return found


def _of_finding(finding: Finding, result: TestResult, expected: str | None) -> Iterator[Problem]:
    span, told = _place(finding, result.file), sentence(finding)
    if finding.span.path == FORMULA:
        told = f"{finding.proposition}: {told}"  # it is not what one sees at the place
    if finding.verdict is Verdict.FAILS:
        yield Problem(finding.name, Level.ERROR, span, told, finding, expected)
    elif finding.verdict is not Verdict.HOLDS and expected is None:
        # What cut a run is the error then; what could not be judged for its own sake is one itself.
        is_cause = finding.verdict is Verdict.UNKNOWN and result.outcome is Outcome.UNRESOLVED
        yield Problem(finding.name, Level.ERROR if is_cause else Level.WARNING, span, told, finding)
    for warning in finding.warnings:
        yield Problem(finding.name, Level.WARNING, span, warning, finding)


def _place(finding: Finding, file: str) -> Span:
    """The part of the formula that decided; of a formula in no file, the place of the step that did, or the file."""
    span = finding.explanation.span or finding.span
    if span.path != FORMULA:
        return span
    rows = [row for row in finding.explanation.rows if row.path and row.line]
    decided = next((row for row in rows if row.step == finding.explanation.step), rows[-1] if rows else None)
    path, line = (decided.path, decided.line) if decided is not None else (file, 1)
    return Span(path, line, 1, line, 1)


def sentence(finding: Finding) -> str:
    """The verdict of a proposition and why, as one sentence: with its name, if the user gave it one."""
    name = "" if finding.name == finding.proposition else f"{finding.name}: "
    verdict = "" if finding.verdict is Verdict.FAILS else f"{finding.verdict.value}: "
    return f"{name}{verdict}{finding.explanation.summary}"
