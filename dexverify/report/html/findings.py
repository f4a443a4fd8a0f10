"""Findings and explanations as data for the page."""

from __future__ import annotations

from typing import Any

from dexverify.report.model import Explanation, Finding, TestResult
from dexverify.report.text import visible


def result_data(result: TestResult) -> dict[str, Any]:
    """What is told of a test besides its steps."""
    return {
        "path": visible(result.label),
        "outcome": result.outcome.value,
        "reason": visible(result.reason),
        "detail": visible(result.detail),
        "seconds": round(result.seconds, 3),
        "steps": result.steps,
        "end": result.end,
        "output": visible(result.output),
        "notes": [visible(note) for note in (*result.remarks, *result.notes)],
        "findings": [finding_data(finding) for finding in result.findings],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "proposition": finding.proposition,
        "name": finding.name,
        "place": [finding.span.path, finding.span.line],
        "verdict": finding.verdict.value,
        "warnings": list(finding.warnings),
        "explanation": explanation_data(finding.explanation),
    }


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    return {
        "summary": explanation.summary,
        "columns": list(explanation.columns),
        "rows": [
            {"step": row.step, "function": row.function, "place": row.place, "values": row.values, "mark": row.mark}
            for row in explanation.rows
        ],
        "notes": list(explanation.notes),
        "step": explanation.step,
    }
