"""Counterexamples in the Informal Trace Format, read back by the library of the format's author."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import itf_py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.report import itf
from dexverify.report.itf import Itf, render_itf
from dexverify.report.text import one_line
from drivers.recording import Recording
from drivers.state import ABSENT, Frame, Kind, Sample, Step, Value
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.texts import ANY


def read(path: Path) -> itf_py.Trace:
    trace = itf_py.trace_from_json(json.loads(path.read_bytes()))
    assert [state.meta["index"] for state in trace.states] == list(range(len(trace.states)))
    assert all(set(state.values) == set(trace.vars) for state in trace.states)
    assert trace.meta["format"] == "ITF"
    assert trace.loop is None
    return trace


@pytest.fixture
def written(suite: Suite, tmp_path: Path) -> Path:
    output = Itf(tmp_path / "out")
    for judged in suite.judged:
        output.observe(judged)
    output.finish(suite.results)
    output.close()
    return tmp_path / "out"


def test_a_file_for_each_proposition_that_fails(written: Path) -> None:
    names = sorted(str(path.relative_to(written)) for path in written.rglob("*") if path.is_file())
    assert names == ["suite/bad.c.1.itf.json", "suite/calls.c.1.itf.json", "suite/known.c.1.itf.json"]


def test_the_states_lead_to_the_violation(written: Path, suite: Suite) -> None:
    trace = read(written / "suite/bad.c.1.itf.json")
    assert trace.vars == ["at", "n"]
    assert [state.values["n"] for state in trace.states] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]
    last = trace.states[-1].values["at"]
    assert (last.step, last.line, last.function, last.thread) == (9, 8, "main", 1)
    assert last.file == str(suite.folder / "suite/bad.c")
    assert trace.meta["source"] == last.file
    assert trace.meta["status"] == "violation"


def test_a_file_goes_when_its_proposition_no_longer_fails(suite: Suite, written: Path) -> None:
    judged = suite.run("bad.c")
    kept = written / "suite/bad.c.7.itf.json"
    shutil.copy(written / "suite/bad.c.1.itf.json", kept)
    findings = tuple(replace(finding, verdict=Verdict.HOLDS) for finding in judged.result.findings)
    Itf(written).observe(replace(judged, result=replace(judged.result, findings=findings)))
    assert not (written / "suite/bad.c.1.itf.json").exists()
    assert kept.exists()  # no proposition of this test has such a number: it is not ours to remove


def test_a_long_trace_has_its_end_and_what_the_explanation_shows(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(itf, "MAX_STATES", 3)
    judged = suite.run("bad.c")
    formula, finding = judged.propositions[0].formula, judged.result.findings[0]
    assert formula is not None
    explanation = replace(
        finding.explanation, rows=(replace(finding.explanation.rows[0], step=2), *finding.explanation.rows)
    )
    trace = json.loads(render_itf(judged, formula, replace(finding, explanation=explanation)))
    assert [state["at"]["step"]["#bigint"] for state in trace["states"]] == ["2", "7", "8", "9"]


INTEGERS = st.integers(-(2**80), 2**80)
VALUES = st.one_of(
    st.builds(lambda n: (Value(Kind.INTEGER, str(n), n), n), INTEGERS),
    st.builds(lambda n: (Value(Kind.CHARACTER, f"{n} '?'", n), n), st.integers(-128, 255)),
    st.builds(lambda b: (Value(Kind.BOOLEAN, str(b).lower(), int(b)), b), st.booleans()),
    st.builds(lambda s: (Value(Kind.STRING, f'"{s}"', content=s), one_line(s)), ANY),
    st.builds(lambda s: (Value(Kind.AGGREGATE, s), one_line(s)), ANY),
    st.builds(lambda s: (Value(Kind.UNREADABLE, s), itf_py.itf.ITFUnserializable(one_line(s))), ANY),
    st.just((ABSENT, itf_py.itf.ITFUnserializable("not in scope"))),
    st.just((Value(Kind.FLOAT, "0.1", 0.1), "0.1")),
    st.just((Value(Kind.ENUM, "RED", 0), "RED")),
    st.just((Value(Kind.POINTER, "0x10 <x>", 16), "0x10 <x>")),
)


@given(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from(["x", "at"]))
def test_any_value_comes_back(suite: Suite, values: list[tuple[Value, Any]], name: str) -> None:
    sample = Sample(name)
    recording = Recording((sample,))
    for value, _ in values:
        recording.append(Step(0, 1, (Frame("f", "/a.c", 1),), {sample: value}))
    run = SimpleNamespace(recording=recording, watched=(name,))
    judged, source = SimpleNamespace(run=run), suite.run("bad.c")
    finding = replace(source.result.findings[0], explanation=replace(source.result.findings[0].explanation, rows=()))
    formula = source.propositions[1].formula
    trace = itf_py.trace_from_json(json.loads(render_itf(judged, formula, finding)))  # type: ignore[arg-type]
    assert trace.vars == ["at_" if name == "at" else "at", "n", name]
    assert [state.values[name] for state in trace.states] == [expected for _, expected in values]
