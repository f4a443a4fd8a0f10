"""The lines for editors, matched as vim, emacs and VS Code match them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.errors import Span
from dexverify.outcome import Outcome
from dexverify.report.lines import render_lines
from dexverify.report.model import Explanation, Finding, Row, TestResult
from drivers.process import run
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.texts import ANY

# The pattern of the `$gcc` problem matcher of VS Code's C/C++ extension (file, line, column, severity, message).
GCC = re.compile(r"^(.*?):(\d+):(\d*):?\s+(?:fatal\s+)?(warning|error|note):\s+(.*)$")


def matched(lines: list[str]) -> list[tuple[str, int, int, str]]:
    found = (GCC.match(line) for line in lines)
    return [(m[1], int(m[2]), int(m[3]), m[4]) for m in found if m is not None]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good.c", []),
        ("known.c", []),
        ("elsewhere.c", []),
        ("bad.c", [(1, 25, "error"), (9, 1, "note"), (8, 1, "note")]),
        ("crash.c", [(6, 1, "error")]),
        ("broken.c", [(2, 25, "error"), (2, 25, "note")]),
        ("better.c", [(1, 1, "error")]),
        ("vacuous.c", [(1, 25, "warning")]),
    ],
)
def test_where_an_editor_is_taken(suite: Suite, name: str, expected: list[tuple[int, int, str]]) -> None:
    lines = render_lines(suite[name], suite.folder)
    places = matched([line.removeprefix(f"{suite.folder}/") for line in lines])  # gcc was given the whole path
    assert places == [(f"suite/{name}", *rest) for rest in expected]


def test_every_test_that_is_not_good_has_an_error_and_no_other_has(suite: Suite) -> None:
    for result in suite.results:
        levels = [level for *_, level in matched(render_lines(result, suite.folder))]
        assert ("error" in levels) is not result.outcome.is_good, result.path


def test_a_step_is_told_with_its_values(suite: Suite) -> None:
    lines = render_lines(suite["bad.c"], suite.folder)
    assert lines[2] == "suite/bad.c:8:1: note: step 9 in main: n = 4 (Expect('n', '<=', 3) does not hold)"


def test_vim_finds_its_way(suite: Suite, tmp_path: Path) -> None:
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed: apt-get install vim")
    lines = [line for result in suite.results for line in render_lines(result, suite.folder)]
    (tmp_path / "lines").write_text("\n".join(lines) + "\n", "utf-8")
    ask = "map(filter(getqflist(), 'v:val.valid'), '[bufname(v:val.bufnr), v:val.lnum, v:val.col]')"
    script = [
        "set nocompatible encoding=utf-8",
        "cfile lines",
        f"call writefile(map({ask}, 'string(v:val)'), 'out')",
        "qa!",
    ]
    (tmp_path / "script.vim").write_text("\n".join(script), "utf-8")
    done = run(["vim", "-es", "-u", "NONE", "-S", "script.vim"], deadline_s=30, directory=tmp_path)
    found = (tmp_path / "out").read_text("utf-8").splitlines() if (tmp_path / "out").exists() else done.output
    assert found == [f"['{file}', {line}, {column}]" for file, line, column, _ in matched(lines)]


@given(ANY, ANY, st.sampled_from(Outcome), st.sampled_from(Verdict))
def test_any_text_is_one_line(file: str, text: str, outcome: Outcome, verdict: Verdict) -> None:
    rows = (Row(1, text, f"/r/{file}", 1, (text,), text),)
    finding = Finding("p", text, Span(f"/r/{file}", 1, 1, 1, 4), verdict, Explanation(text, columns=(text,), rows=rows))
    for line in render_lines(TestResult("t", outcome, f"/r/{file}", text, findings=(finding,)), Path("/r")):
        assert line.splitlines() == [line]
        assert GCC.match(line)
