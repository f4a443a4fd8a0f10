"""`--json`: the results as one JSON document, for programs to read. The schema is in docs/command.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dexverify.report.encoding import json_bytes
from dexverify.report.losses import losses_object
from dexverify.report.model import Configuration, Explanation, Finding, TestResult

SCHEMA_VERSION = 1


def render_json(results: Sequence[TestResult]) -> bytes:
    """The document, indented, with a line end."""
    return encode({"schema_version": SCHEMA_VERSION, "tests": [_test(result) for result in results]})


def encode(document: dict[str, Any]) -> bytes:
    """As JSON that people can read, too: indented, with a line end."""
    return msgspec.json.format(json_bytes(document), indent=2) + b"\n"


def _test(result: TestResult) -> dict[str, Any]:
    return {
        "path": result.path,
        "configuration": _configuration(result.configuration),
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


def _configuration(configuration: Configuration | None) -> dict[str, Any] | None:
    if configuration is None:
        return None
    return {"builder": configuration.builder, "debugger": configuration.debugger}


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
