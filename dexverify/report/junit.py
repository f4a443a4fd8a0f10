"""`--junit`: the results as JUnit XML, in the dialect of Jenkins, which GitLab and the rest read, too.

A suite is a folder, a case is a proposition. What goes wrong with a run as a whole (it does not build, it crashes, it
is cut) is a case of its own, since no proposition is to blame for it. What was not shown either way is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from xml.etree import ElementTree as Xml

from dexverify import __version__
from dexverify.outcome import Outcome
from dexverify.report.model import Finding, TestResult
from dexverify.report.paths import own_place
from dexverify.report.problems import Level, Problem, problems_of
from dexverify.report.terminal import explanation_lines, plain
from dexverify.report.text import one_line, visible
from ltd.verdict import Verdict

_FAILED = {Outcome.FAIL, Outcome.XPASS}
THE_RUN = "the run"


@dataclass(frozen=True, slots=True)
class _Case:
    """`kind` is `failure`, `error` or `skipped`; empty for one that is as it should be."""

    name: str
    kind: str = ""
    type: str = ""
    message: str = ""
    text: str = ""
    warnings: str = ""


def render_junit(results: Sequence[TestResult]) -> bytes:
    """The document, in UTF-8."""
    folders: dict[str, list[TestResult]] = {}
    for result in results:
        folders.setdefault(str(PurePath(result.path).parent), []).append(result)
    suites = [_suite(folder, tests) for folder, tests in folders.items()]
    root = Xml.Element("testsuites", name="dexter", time=_time(sum(result.seconds for result in results)))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    root.extend(suites)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(folder: str, results: Sequence[TestResult]) -> Xml.Element:
    suite = Xml.Element("testsuite", name=visible(folder), time=_time(sum(result.seconds for result in results)))
    properties = Xml.SubElement(suite, "properties")
    _property(properties, "dexter", __version__)
    kinds: Counter[str] = Counter()
    for result in results:
        name = visible(PurePath(result.label).name)
        _property(properties, f"{name}: outcome", result.outcome.value)
        _property(properties, f"{name}: steps", str(result.steps))
        if result.end:
            _property(properties, f"{name}: end", visible(result.end))
        for index, case in enumerate(_cases(result)):
            kinds.update(("tests", case.kind))
            suite.append(_element(case, result, is_first=index == 0))
    for key, kind in {"tests": "tests", "failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        suite.set(key, str(kinds[kind]))
    return suite


def _cases(result: TestResult) -> list[_Case]:
    problems = problems_of(result)
    cases = [_case(finding, problems, result) for finding in result.findings]
    # Two of one name would be one case for those who compare reports.
    counts = Counter(case.name for case in cases)
    lines = [finding.span.line for finding in result.findings]
    cases = [_numbered(case, line) if counts[case.name] > 1 else case for case, line in zip(cases, lines, strict=True)]
    if of_run := next((problem for problem in problems if problem.finding is None), None):
        text = "\n".join(filter(None, [result.detail, *result.remarks]))
        cases.append(_Case(THE_RUN, _kind_of_run(of_run, result), result.outcome.value, _message(of_run), text))
    elif not cases:
        reason = f"{result.outcome.value}: {result.reason}"
        cases.append(_Case(THE_RUN, "skipped" if result.outcome is Outcome.UNSUPPORTED else "", "", reason))
    return cases


def _numbered(case: _Case, line: int) -> _Case:
    return _Case(f"{case.name} (line {line})", case.kind, case.type, case.message, case.text, case.warnings)


def _case(finding: Finding, problems: Sequence[Problem], result: TestResult) -> _Case:
    mine = [problem for problem in problems if problem.finding is finding]
    warnings = "\n".join(finding.warnings)
    if finding.verdict is Verdict.HOLDS or not mine:
        return _Case(finding.name, warnings=warnings)
    problem = mine[0]
    kind = "skipped"
    if problem.expected is None and problem.level is Level.ERROR:
        kind = "failure" if finding.verdict is Verdict.FAILS else "error"
    text = "\n".join([f"{problem.span}: {problem.message}", *explanation_lines(finding, plain), *result.remarks])
    return _Case(finding.name, kind, finding.verdict.value, _message(problem), text)


def _kind_of_run(problem: Problem, result: TestResult) -> str:
    if problem.expected is not None:
        return "skipped"
    return "failure" if result.outcome in _FAILED else "error"


def _message(problem: Problem) -> str:
    return problem.message if problem.expected is None else f"expected to fail: {problem.expected}"


def _element(case: _Case, result: TestResult, *, is_first: bool) -> Xml.Element:
    # The time, and what the program printed, are the run's: to be found once, at its first case.
    element = Xml.Element("testcase", name=one_line(case.name), classname=_class_name(result.label))
    element.set("time", _time(result.seconds if is_first else 0.0))
    if case.kind:
        of = Xml.SubElement(element, case.kind, message=one_line(case.message))
        if case.type:
            of.set("type", case.type)
        of.text = visible(case.text) or None
    for tag, text in _streams(case, result, is_first=is_first):
        Xml.SubElement(element, tag).text = visible(text)
    return element


def _streams(case: _Case, result: TestResult, *, is_first: bool) -> Iterator[tuple[str, str]]:
    if is_first and result.output:
        yield "system-out", result.output
    if case.warnings:
        yield "system-err", case.warnings


def _class_name(path: str) -> str:
    """As Jenkins wants it: what stands before the last dot is the package, what stands behind it the class."""
    return visible(".".join(part.replace(".", "_") for part in own_place(path).parts))


def _property(properties: Xml.Element, name: str, value: str) -> None:
    Xml.SubElement(properties, "property", name=name, value=value)


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
