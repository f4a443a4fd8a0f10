"""`--sarif`: what went wrong as SARIF 2.1.0 (OASIS, with Errata 01), which code scanning and editors show in place.

A rule is a proposition, by its name; each of its violations is a result, with the steps that decided as a code flow.
An expected failure (XFAIL) is a result that is suppressed. What holds is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dexverify.errors import FORMULA, Span
from dexverify.outcome import Outcome
from dexverify.report.json_report import encode
from dexverify.report.model import Explanation, TestResult
from dexverify.report.paths import relative
from dexverify.report.problems import Problem, problems_of
from dexverify.report.sarif_rules import driver, rule_of
from dexverify.report.text import visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"


def render_sarif(results: Sequence[TestResult], root: Path) -> bytes:
    """The document; files below the folder `root` are named relative to it."""
    return encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(root).of(results)]})


class _Run:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._rules: dict[str, dict[str, Any]] = {}
        self._numbers: dict[str, int] = {}

    def of(self, results: Sequence[TestResult]) -> dict[str, Any]:
        found = [self._result(problem, result) for result in results for problem in problems_of(result)]
        return {
            "tool": {"driver": driver(list(self._rules.values()))},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {_ROOT: {"uri": f"{_uri(str(self._root.absolute()))}/"}},
            "invocations": [
                {
                    "executionSuccessful": all(result.outcome is not Outcome.ERROR for result in results),
                    "toolExecutionNotifications": [
                        {"level": "note", "message": {"text": visible(f"{result.label}: UNSUPPORTED: {result.reason}")}}
                        for result in results
                        if result.outcome is Outcome.UNSUPPORTED
                    ],
                }
            ],
            "results": found,
        }

    def _result(self, problem: Problem, result: TestResult) -> dict[str, Any]:
        finding, rule = problem.finding, visible(problem.rule)
        self._rules.setdefault(rule, rule_of(problem, rule, result.outcome))
        found: dict[str, Any] = {
            "ruleId": rule,
            "ruleIndex": self._numbers.setdefault(rule, len(self._numbers)),
            "level": problem.level.value,
            "message": {"text": visible(problem.message)},
            "locations": [self._location(problem.span)],
            # What stays the same while the lines above it change, for who compares two runs.
            "partialFingerprints": {"proposition/v1": _digest(relative(result.label, self._root), rule)},
            "properties": {"test": visible(result.label), "outcome": result.outcome.value, "end": visible(result.end)},
        }
        if finding is not None:
            found["properties"]["verdict"] = finding.verdict.value
            if finding.span.path != FORMULA and finding.span != problem.span:
                found["relatedLocations"] = [self._location(finding.span, "the proposition")]
            if flow := list(self._flow(finding.explanation)):
                found["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
        if problem.expected is not None:
            found["suppressions"] = [{"kind": "inSource", "justification": visible(problem.expected)}]
        return found

    def _flow(self, explanation: Explanation) -> Iterator[dict[str, Any]]:
        for row in explanation.rows:
            if row.path and row.line:
                yield {
                    "location": self._location(Span(row.path, row.line, 1, row.line, 1), row.said(explanation.columns)),
                    "executionOrder": row.step,
                    "importance": "essential" if row.mark else "important",
                    "state": {
                        visible(name): {"text": visible(value)}
                        for name, value in zip(explanation.columns, row.values, strict=True)
                    },
                }

    def _location(self, span: Span, message: str = "") -> dict[str, Any]:
        region: dict[str, Any] = {"startLine": span.line}
        if (span.line, span.column) != (span.end_line, span.end_column):
            region |= {"startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": self._file(span.path), "region": region}}
        return location | ({"message": {"text": visible(message)}} if message else {})

    def _file(self, path: str) -> dict[str, str]:
        shown = relative(path, self._root)
        return {"uri": _uri(shown)} if Path(shown).is_absolute() else {"uri": _uri(shown), "uriBaseId": _ROOT}


def _uri(path: str) -> str:
    """RFC 3986; a path is bytes to the system, and so it is here."""
    return ("file://" if path.startswith("/") else "") + quote(_encoded(path))


def _digest(*parts: str) -> str:
    return hashlib.sha256(_encoded("\0".join(parts))).hexdigest()


def _encoded(text: str) -> bytes:
    """As the bytes that it came from; what no file's name decodes to, but a recording may hold, by its code points."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
