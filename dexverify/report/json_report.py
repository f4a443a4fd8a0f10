"""`--json`: the results as one JSON document, for programs to read. The schema is in docs/command.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from dexverify.report.losses import losses_object
from dexverify.report.model import Explanation, Finding, TestResult

SCHEMA_VERSION = 1


def render_json(results: Sequence[TestResult]) -> bytes:
    """The document, indented, with a line end."""
    document = {"schema_version": SCHEMA_VERSION, "tests": [_test(result) for result in results]}
    return msgspec.json.format(msgspec.json.encode(_encodable(document)), indent=2) + b"\n"


def _encodable(value: Any) -> Any:
    """With U+FFFD for the bytes of file names that are no UTF-8, which Python keeps as lone surrogates (PEP 383)."""
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case list():
            return [_encodable(each) for each in value]
        case dict():
            return {_encodable(key): _encodable(each) for key, each in value.items()}
        case _:
            return value


def _test(result: TestResult) -> dict[str, Any]:
    return {
        "path": result.path,
        "configuration": asdict(result.configuration) if result.configuration is not None else None,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "detail": result.detail,
        "seconds": round(result.seconds, 6),
        "steps": result.steps,
        "end": result.end,
        "notes": [*result.remarks, *result.notes],
        "verdicts": [_finding(finding) for finding in result.findings],
        **({"losses": losses_object(result.losses)} if result.losses is not None else {}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "proposition": finding.proposition,
        "name": finding.name,
        "path": finding.span.path,
        "line": finding.span.line,
        "verdict": finding.verdict.value,
        "warnings": list(finding.warnings),
        "explanation": _explanation(finding.explanation),
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    span = explanation.span
    return {
        "summary": explanation.summary,
        "decided_by": None
        if span is None
        else {
            "path": span.path,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
            "label": explanation.label,
        },
        "steps": [
            {
                "step": row.step,
                "function": row.function,
                "place": row.place,
                "values": dict(zip(explanation.columns, row.values, strict=True)),
                "mark": row.mark,
            }
            for row in explanation.rows
        ],
        "notes": list(explanation.notes),
    }
