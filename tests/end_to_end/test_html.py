"""`dexter test --html`: the page is written, whole, with the tests that were run. What is in it: tests/report."""

from __future__ import annotations

import pytest

from tests.report.page import Page

PROGRAM = """
    // DexVerify(Henceforth(Expect('n', '<', 3)))
    static int n;

    int main(void)
    {
        while (n < 5)
            n++;
        return 0;
    }
"""


@pytest.fixture
def programs(write):
    write(PROGRAM, "suite/bad.c")
    write(PROGRAM.replace("'<', 3", "'<', 9"), "suite/good.c")


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.usefixtures("programs")
def test_the_page_has_each_test_with_its_own_steps(dexter, tmp_path, jobs):
    said = dexter("test", "suite", "--html", "report.html", "-j", jobs)
    assert said.status == 1, said.err
    page = Page((tmp_path / "report.html").read_bytes())
    tests = page.data["tests"]
    assert [(test["path"], test["outcome"]) for test in tests] == [("suite/bad.c", "FAIL"), ("suite/good.c", "PASS")]
    for number, test in enumerate(tests):
        block = page.block(number)
        assert block.header["size"] == test["steps"]
        assert block.header["paths"] == [str(tmp_path / test["path"])]
    assert sorted(page.sources) == [str(tmp_path / test["path"]) for test in tests]


@pytest.mark.usefixtures("programs")
def test_paths_are_those_of_the_source_root(dexter, tmp_path):
    dexter("test", "suite/bad.c", "--html", "report.html", "--source-root-dir", "suite")
    page = Page((tmp_path / "report.html").read_bytes())
    assert [(test["path"], test["has_run"]) for test in page.data["tests"]] == [("bad.c", True)]
    assert page.data["root"] == str(tmp_path / "suite")


@pytest.mark.usefixtures("programs")
def test_the_page_may_go_to_standard_output(dexter):
    said = dexter("test", "suite/bad.c", "--html", "-")
    assert Page(said.out.encode()).data["tests"][0]["outcome"] == "FAIL"
    assert "FAIL        suite/bad.c" in said.err


@pytest.mark.usefixtures("programs")
def test_where_it_cannot_be_written_nothing_is_run(dexter, tmp_path):
    said = dexter("test", "suite", "--html", "nowhere/report.html")
    assert (said.status, said.out) == (2, "")
    assert "--html nowhere/report.html: there is no such folder" in said.err
