"""The outputs of `dexter check`: those of `dexter test`, of a run that was recorded."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

import pytest

from tests.end_to_end.test_check import COUNTER
from tests.report.page import Page

FAILING = COUNTER.replace("'<=', 3", "'<=', 2")
FORMULAS = ("--formula", "eventually Expect('n', 2)", "--formula", "always not Expect('n', 3)")


def placed(sarif: bytes) -> list[tuple[str, str, int]]:
    found = []
    for result in json.loads(sarif)["runs"][0]["results"]:
        location = result["locations"][0]["physicalLocation"]
        found.append((result["ruleId"], location["artifactLocation"]["uri"], location["region"]["startLine"]))
    return found


def test_all_of_them_say_what_the_run_said(recorded, dexter, tmp_path):
    path = recorded(FAILING)
    names = ("json", "junit", "sarif", "html", "chrome-trace")
    options = {
        command: [each for name in names for each in (f"--{name}", f"{command}.{name}")]
        + ["--itf", f"{command}-traces", "--github"]
        for command in ("test", "check")
    }
    live = dexter("test", "program.c", *options["test"])
    again = dexter("check", path, *options["check"])
    assert (live.status, again.status) == (1, 1)
    assert again.out.splitlines()[-1] == live.out.splitlines()[-1]
    assert again.out.splitlines()[-1].startswith("::error file=program.c,line=1,")
    for name in ("sarif", "chrome-trace"):
        assert (tmp_path / f"check.{name}").read_bytes() == (tmp_path / f"test.{name}").read_bytes()
    trace = "program.c.1.itf.json"
    assert (tmp_path / "check-traces" / trace).read_bytes() == (tmp_path / "test-traces" / trace).read_bytes()
    verdicts = [json.loads((tmp_path / f"{c}.json").read_bytes())["tests"][0]["verdicts"] for c in ("check", "test")]
    assert verdicts[0] == verdicts[1]
    (failure,) = Xml.parse(tmp_path / "check.junit").iter("failure")  # noqa: S314 - our own
    assert "does not hold at step 6" in (failure.text or "")
    page = Page((tmp_path / "check.html").read_bytes())
    assert page.block(0).header["size"] == json.loads((tmp_path / "test.json").read_bytes())["tests"][0]["steps"]


def test_carets_and_sources_are_those_of_the_recorded_text(recorded, dexter, tmp_path):
    path = recorded(FAILING)
    (tmp_path / "program.c").write_text("int main(void) { return 0; }\n")
    said = dexter("check", path, "--html", "page.html", "--github")
    assert "::error file=program.c,line=1," in said.out
    assert "DexVerify(Henceforth(Expect('n', '<=', 2)), name='small')%0A" in said.out
    sources = Page((tmp_path / "page.html").read_bytes()).sources
    assert "while (n < 3)" in sources[str(tmp_path / "program.c")]


def test_a_formula_is_placed_where_it_was_decided_for_it_is_in_no_file(recorded, dexter, tmp_path):
    path = recorded(COUNTER)
    said = dexter("check", path, *FORMULAS, "--one-line", "--sarif", "out.sarif", "--junit", "out.xml")
    first, *_ = said.out.splitlines()
    assert first == "program.c:7:1: error: always not Expect('n', 3): at step 6, Expect('n', 3) holds: n is 3"
    assert placed((tmp_path / "out.sarif").read_bytes()) == [("always not Expect('n', 3)", "program.c", 7)]
    assert b"formula%3E" not in (tmp_path / "out.sarif").read_bytes()
    (failure,) = Xml.parse(tmp_path / "out.xml").iter("failure")  # noqa: S314 - our own
    assert "2 | always not Expect('n', 3)\n         |            ^^^^^^^^^^^^^^" in (failure.text or "")


def test_what_cannot_be_judged_is_placed_in_the_tests_file(recorded, dexter, tmp_path):
    dexter("check", recorded(COUNTER), "--formula", "always Expect('other', 0)", "--sarif", "out.sarif")
    assert placed((tmp_path / "out.sarif").read_bytes()) == [("always Expect('other', 0)", "program.c", 1)]


def test_each_formula_has_its_own_results(recorded, dexter, tmp_path):
    path = recorded(COUNTER)
    formulas = (*FORMULAS, "--formula", "always not Expect('n', 2)")
    dexter("check", path, *formulas, "--html", "page.html", "--itf", "traces", "--json", "out.json")
    paths = [test["path"] for test in json.loads((tmp_path / "out.json").read_bytes())["tests"]]
    assert paths == [str(path), f"{path} (2)", f"{path} (3)"]
    page = Page((tmp_path / "page.html").read_bytes())
    atoms = [[atom["text"] for atom in page.block(number).header["atoms"]] for number in range(3)]
    assert atoms == [["Expect('n', 2)"], ["Expect('n', 3)"], ["Expect('n', 2)"]]
    assert page.sources["<formula>"].splitlines() == list(formulas[1::2])
    assert len(list((tmp_path / "traces").rglob("*.itf.json"))) == 2


def test_code_that_has_changed_has_no_steps_to_show(recorded, write, dexter, tmp_path):
    path = recorded(COUNTER)
    write(COUNTER.replace("n++", "n += 1"))
    said = dexter("check", path, "program.c", "--html", "page.html", "--chrome-trace", "trace.json", "--json", "-")
    assert said.status == 1
    assert json.loads(said.out)["tests"][0]["outcome"] == "UNRESOLVED"
    assert said.err.startswith("UNRESOLVED  program.c  ")
    assert not Page((tmp_path / "page.html").read_bytes()).data["tests"][0]["has_run"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--json", "x", "--junit", "./x"), "--json and --junit both write to ./x: name another file"),
        (("--sarif", "no/such/x"), "--sarif no/such/x: there is no such folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_judged(options, message, recorded, dexter):
    said = dexter("check", recorded(COUNTER), *options)
    assert said == type(said)(2, "", f"dexter: error: {message}\n")
