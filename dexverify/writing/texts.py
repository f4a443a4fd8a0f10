"""The files of a test as texts that are changed, and judged over runs before they are believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dexverify.annotations import Annotations, parse_sources
from dexverify.annotations.sources import Source
from dexverify.errors import Span
from dexverify.judging import judge_run, propositions_of
from dexverify.recorder import Run
from dexverify.report.model import Finding
from dexverify.sources import shown_as


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in the place of what stands at `span`, which is on one line."""

    span: Span
    text: str


def edited(texts: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    """The texts with all edits made; none of them moves a line."""
    found = dict(texts)
    for edit in sorted(edits, key=lambda edit: (edit.span.line, edit.span.column), reverse=True):
        path, row = edit.span.path, edit.span.line - 1
        lines = found[path].split("\n")
        lines[row] = lines[row][: edit.span.column - 1] + edit.text + lines[row][edit.span.end_column - 1 :]
        found[path] = "\n".join(lines)
    return found


def annotations_of(texts: Mapping[str, str]) -> Annotations:
    """Raises AnnotationErrors."""
    return parse_sources([Source(path, text) for path, text in texts.items()], is_there=Path.is_file)


def findings_of(texts: Mapping[str, str], run: Run) -> list[Finding]:
    """What is found of every proposition of the texts over a run, in the order of the source."""
    with shown_as(texts):
        return judge_run(run, propositions_of(annotations_of(texts)))
