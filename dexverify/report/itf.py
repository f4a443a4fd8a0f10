"""`--itf`: the counterexample of each proposition that fails, in the Informal Trace Format (Apalache's ADR-015).

The viewers of the TLA+ and Quint people show it: a state is a step, a variable what the proposition reads or DexWatch
names; one more, `at`, is the place. A trace has no loop, since a run is finite.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dexverify.judged import Judged
from dexverify.report.files import write_file
from dexverify.report.json_report import encode
from dexverify.report.model import Finding
from dexverify.report.outputs import Output
from dexverify.report.paths import own_place
from dexverify.report.problems import sentence
from dexverify.report.text import one_line
from dexverify.table import StepTable, label, read_by_user
from drivers.state import Kind, Sample, Value
from ltd.formula import Formula
from ltd.verdict import Verdict

MAX_STATES = 10_000
"""More than this no viewer shows; then it is the last ones, and before them the steps that the explanation shows."""


class Itf(Output):
    """A file for each proposition, `FOLDER/TEST.N.itf.json`, N counting the propositions of the test from 1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def observe(self, judged: Judged) -> None:
        findings = judged.result.findings
        for number, (proposition, finding) in enumerate(zip(judged.propositions, findings, strict=True), 1):
            place = self._folder / own_place(judged.result.label)
            file = place.with_name(f"{place.name}.{number}.itf.json")
            if finding.verdict is Verdict.FAILS and proposition.formula is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_file(file, render_itf(judged, proposition.formula, finding))
            else:
                file.unlink(missing_ok=True)  # of an earlier run, in which it failed


def render_itf(judged: Judged, formula: Formula, finding: Finding) -> bytes:
    """The trace up to the last step that the explanation shows."""
    run = judged.run
    samples = {label(sample): sample for sample in (*read_by_user(formula), *map(Sample, run.watched))}
    at = "at"
    while at in samples:
        at += "_"
    shown = [row.step for row in finding.explanation.rows] or [len(run.recording) - 1]
    steps = sorted({*shown, *range(max(0, max(shown) + 1 - MAX_STATES), max(shown) + 1)})
    table = StepTable(run, formula)
    states = [
        {"#meta": {"index": index}, at: _place(judged, step)}
        | {one_line(name): _value(table.value(sample, step)) for name, sample in samples.items()}
        for index, step in enumerate(steps)
    ]
    meta = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "source": finding.span.path,
        "status": "violation",
        "description": one_line(f"{finding.proposition}: {sentence(finding)}"),
    }
    return encode({"#meta": meta, "vars": [at, *map(one_line, samples)], "states": states})


def _place(judged: Judged, step: int) -> dict[str, Any]:
    recording = judged.run.recording
    frame = recording.frames(step)[0]
    return {
        "step": _integer(step),
        "file": one_line(frame.path or ""),
        "line": _integer(frame.line),
        "function": one_line(frame.function or "??"),
        "thread": _integer(recording.threads[step]),
    }


def _value(value: Value) -> Any:
    """As the format has it. It knows no fractions, and no values that are not there."""
    match value.kind:
        case Kind.ABSENT:
            return {"#unserializable": "not in scope"}
        case Kind.UNREADABLE:
            return {"#unserializable": one_line(value.text)}
        case Kind.BOOLEAN:
            return bool(value.number)
        case Kind.INTEGER | Kind.CHARACTER if isinstance(value.number, int):
            return _integer(value.number)
        case Kind.STRING if value.content is not None:
            return one_line(value.content)
    return one_line(value.text)


def _integer(number: int) -> dict[str, str]:
    return {"#bigint": str(number)}
