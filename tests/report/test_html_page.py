"""The page as a document: valid, whole, closed to the world, and deaf to what hostile texts want of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.errors import Span
from dexverify.outcome import Outcome
from dexverify.report.html.report import HtmlReport, render
from dexverify.report.html.sources import MAX_FILE, Sources
from dexverify.report.model import Explanation, Finding, Row, TestResult
from dexverify.report.text import visible
from ltd.verdict import Verdict
from tests.report.conftest import Suite
from tests.report.page import Page
from tests.report.texts import ANY

HOSTILE = [
    "</script><script>document.title = 'taken'</script>",
    "<!--<script>",
    "]]>&lt;/script&gt;",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "</title></style><base href=https://example.invalid/>",
]


def sources_of(texts: dict[str, str]) -> Sources:
    sources = Sources()
    sources.texts.update(texts)
    return sources


@pytest.fixture(scope="module")
def page(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Page:
    file = tmp_path_factory.mktemp("page") / "report.html"
    report = HtmlReport(str(file), suite.folder)
    for judged in suite.judged:
        report.observe(judged)
    report.finish(suite.results)
    return Page(file.read_bytes())


def test_every_outcome_is_there_without_any_script(suite, page):
    entries = page.texts(".//ol[@id='tests']/li")
    assert len(entries) == len(suite.results)
    for entry, result in zip(entries, suite.results, strict=True):
        assert entry.startswith(result.outcome.value)
        assert Path(result.path).name in entry
        assert visible(result.reason) in entry
    assert {result.outcome for result in suite.results} == set(Outcome)


def test_only_tests_that_ran_have_steps(suite, page):
    ran = {judged.result.path for judged in suite.judged}
    for number, (test, result) in enumerate(zip(page.data["tests"], suite.results, strict=True)):
        assert test["has_run"] == (result.path in ran)
        if test["has_run"]:
            block = page.block(number)
            assert block.header["size"] == result.steps
            assert len(block.header["propositions"]) == len(result.findings)


def test_each_source_file_is_there_once(suite, page):
    text = page.content.decode()
    for path, source in page.sources.items():
        assert source == Path(path).read_text("utf-8")
    assert str(suite.folder / "suite" / "calls.c") in page.sources
    assert text.count('id="sources"') == 1
    assert "static int twice" not in text  # it is deflated


def test_nothing_is_loaded_and_only_our_script_runs(page):
    for element in page.root.iter():
        assert element.get("src") is None
        assert element.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in element.keys())  # noqa: SIM118 - an Element is no dict
        assert element.get("style") is None
    (policy,) = (m.get("content") for m in page.root.iter("meta") if m.get("http-equiv") == "Content-Security-Policy")
    (style,) = page.root.iter("style")
    (script,) = (each for each in page.root.iter("script") if each.get("type") == "module")
    hashes = [b64encode(hashlib.sha256((each.text or "").encode()).digest()).decode() for each in (script, style)]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; base-uri 'none'"
    )
    assert re.search(r"https?://|@import|url\(", (script.text or "") + (style.text or "")) is None


def result_with(text: str) -> TestResult:
    """A result in which every text is this one."""
    explanation = Explanation(text, None, text, (text,), (Row(0, text, text, 1, (text,), text),), (text,), 0)
    finding = Finding(text, text, Span(text, 1, 1, 1, 1), Verdict.FAILS, explanation, (text,))
    result = TestResult(text, Outcome.FAIL, text, text, text, steps=1, end=text, output=text)
    return replace(result, findings=(finding,), notes=(text,), remarks=(text,))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_a_text(text):
    page = Page(render([result_with(text)], {text: "AAAA"}, sources_of({text: text}), Path(text)))
    data = page.data
    assert [each.get("id") for each in page.root.iter("script")] == ["data", "sources", "block-0", None]
    assert data["tests"][0]["output"] == data["tests"][0]["findings"][0]["name"] == text
    assert page.sources == {text: text}
    assert page.texts(".//ol[@id='tests']/li")[0].endswith(text)
    assert page.root.findall(".//img") == page.root.findall(".//base") == []


@given(ANY, st.integers(0, 3))
def test_any_text_makes_a_valid_page(text, count):
    page = Page(render([result_with(text)] * count, {}, sources_of({text: text}), Path("/x")))
    assert len(page.data["tests"]) == len(page.texts(".//ol[@id='tests']/li")) == count


def test_no_tests_are_no_mistake():
    assert Page(render([], {}, Sources(), Path("/"))).texts(".//title") == ["dexter: no tests"]


def test_what_all_paths_begin_with_is_told_once():
    results = [TestResult(path, Outcome.PASS) for path in ("a/b/c/x.c", "a/b/d/x.c", "a/bc.c")]
    page = Page(render(results, {}, Sources(), Path("/")))
    assert page.texts(".//p[@class='folder']") == ["a/"]
    assert page.texts(".//ol[@id='tests']/li//span[@class='path']") == ["b/c/x.c", "b/d/x.c", "bc.c"]


def test_source_files_are_plain_files_of_a_size_that_someone_reads(tmp_path):
    (tmp_path / "large.c").write_bytes(b" " * (MAX_FILE + 1))
    (tmp_path / "latin.c").write_bytes(b"// gr\xfc\xdfe\n")
    sources = Sources()
    sources.add(["/dev/zero", str(tmp_path), str(tmp_path / "none.c"), "a\0b", *map(str, tmp_path.iterdir())])
    assert sources.texts == {str(tmp_path / "latin.c"): "// grüße\n"}
    assert list(sources.left_out) == [str(tmp_path / "large.c")]


def test_what_is_too_much_for_a_page_is_named_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("dexverify.report.html.sources.MAX_FILE", 20)
    monkeypatch.setattr("dexverify.report.html.sources.MAX_TOTAL", 30)
    for name, length in (("a.c", 20), ("long.c", 21), ("b<.c", 11), ("c.c", 10)):
        (tmp_path / name).write_text("x" * length)
    sources = Sources()
    sources.add(str(tmp_path / name) for name in ("a.c", "long.c", "b<.c", "c.c", "none.c"))
    assert [Path(path).name for path in sources.texts] == ["a.c", "c.c"]
    page = Page(render([], {}, sources, tmp_path))
    assert page.texts(".//details[@id='left-out']/summary") == ["2 source files left out of this page"]
    long, much = page.texts(".//details[@id='left-out']//li")
    assert re.fullmatch(r"long\.c: it has more than [\d,]+ characters; open it in an editor", long)
    assert re.fullmatch(r"b<\.c: the files together have more than [\d,]+ characters; .* with --filter", much)
    assert list(page.data["left_out"]) == [str(tmp_path / "long.c"), str(tmp_path / "b<.c")]


def test_where_nothing_is_left_out_nothing_is_said(page):
    assert page.data["left_out"] == {}
    assert page.texts(".//details[@id='left-out']") == []
