"""Annotations for GitHub Actions, read back as its runner reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.errors import Span
from dexverify.outcome import Outcome
from dexverify.report.github import render_github
from dexverify.report.model import Explanation, Finding, TestResult
from dexverify.report.text import one_line, visible
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.texts import ANY

_IN_MESSAGE = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_IN_PROPERTY = _IN_MESSAGE | {"%3A": ":", "%2C": ","}


def read(line: str) -> tuple[str, dict[str, str], str]:
    """The command, its properties and its message, as ActionCommand.TryParseV2 of actions/runner splits them.

    It takes what follows the first `::` behind the leading one for the message, splits at commas and first equal
    signs, and then undoes the escapes.
    """
    assert line.startswith("::")
    assert line.splitlines() == [line]
    head, separator, message = line[2:].partition("::")
    assert separator
    command, _, properties = head.partition(" ")
    pairs = (each.partition("=") for each in properties.split(",") if each)
    return command, {k: _plain(v, _IN_PROPERTY) for k, _, v in pairs}, _plain(message, _IN_MESSAGE)


def _plain(text: str, escapes: dict[str, str]) -> str:
    return re.sub("|".join(escapes), lambda match: escapes[match[0]], text)


@pytest.fixture(scope="module")
def annotations(suite: Suite) -> dict[str, list[tuple[str, dict[str, str], str]]]:
    """Those of each file."""
    found: dict[str, list[tuple[str, dict[str, str], str]]] = {}
    for line in render_github(suite.results, suite.folder):
        annotation = read(line)
        found.setdefault(annotation[1]["file"], []).append(annotation)
    return found


def test_what_is_annotated(annotations: dict[str, list[tuple[str, dict[str, str], str]]]) -> None:
    assert {file: [(level, p["line"]) for level, p, _ in each] for file, each in annotations.items()} == {
        "suite/bad.c": [("error", "1")],
        "suite/better.c": [("error", "1")],
        "suite/broken.c": [("error", "1")],
        "suite/calls.c": [("error", "1")],
        "suite/crash.c": [("error", "6")],
        "suite/cut.c": [("warning", "1"), ("error", "6")],
        "suite/endless.c": [("warning", "1"), ("error", "6")],
        "suite/unreadable.c": [("error", "1")],
        "suite/vacuous.c": [("warning", "1")],
    }


def test_an_annotation_has_name_stretch_and_explanation(
    annotations: dict[str, list[tuple[str, dict[str, str], str]]], suite: Suite
) -> None:
    ((_, properties, message),) = annotations["suite/bad.c"]
    assert properties["title"] == 'stays, 100% "small": <always> ✓'
    line = (suite.folder / "suite/bad.c").read_text("utf-8").split("\n")[0]
    assert line[int(properties["col"]) - 1 : int(properties["endColumn"])] == "Expect('n', '<=', 3)"
    assert message.split("\n")[-1] == "  9     main   bad.c:8  4  <- Expect('n', '<=', 3) does not hold"


def test_an_error_is_told_once(annotations: dict[str, list[tuple[str, dict[str, str], str]]]) -> None:
    ((_, properties, message),) = annotations["suite/broken.c"]
    assert properties["title"] == "dexter/error"
    assert message.startswith("ERROR: the build failed\n")
    assert message.count("error: ‘undeclared’ undeclared") == 1


@given(ANY, ANY, ANY, st.sampled_from(Outcome), st.sampled_from(Verdict))
def test_any_text_comes_back(name: str, text: str, file: str, outcome: Outcome, verdict: Verdict) -> None:
    finding = Finding("p", name, Span(f"/r/{file}", 1, 1, 1, 4), verdict, Explanation(text))
    result = TestResult("t", outcome, f"/r/{file}", text, text, findings=(finding,))
    for line in render_github([result], Path("/r")):
        level, properties, message = read(line)
        assert level in {"error", "warning"}
        assert visible(text) in message
        if not properties["title"].startswith("dexter/"):
            assert properties["title"] == one_line(name)
