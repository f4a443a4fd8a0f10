"""Every example is a test: it passes, and means something; its xfail_ twin fails, as it should."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from dexverify.discovery import discover
from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.pipeline import run_test
from dexverify.report.terminal import plain, render_test
from dexverify.suite import load
from drivers.gdb.driver import GdbDriver
from tests.recordings.again import assert_judged_the_same

ROOT = Path(__file__).parent.parent / "examples" / "LTD"
# The kernel's have a test of their own, where those that share a boot do so.
CASES = [os.path.relpath(case.path, ROOT) for case in discover([ROOT], Options()) if case.tree is None]


@pytest.mark.parametrize("name", CASES)
def test_example(name, tmp_path):
    (test,) = load([ROOT / name])
    options = Options(strict=True, results_directory=tmp_path)
    with closing(GdbDriver()) as driver:
        result = run_test(test, options, driver)
    assert_judged_the_same(tmp_path, [result], options)
    text = render_test(result, verbose=True, style=plain)
    is_xfail = Path(name).name.startswith("xfail_")
    assert result.outcome is (Outcome.XFAIL if is_xfail else Outcome.PASS), text
    if not is_xfail:
        assert [finding.warnings for finding in result.findings if finding.warnings] == [], text


def test_every_example_that_passes_has_a_twin_that_fails():
    names = set(CASES)
    without = {
        name
        for name in names
        if not Path(name).name.startswith("xfail_")
        and str(Path(name).with_name("xfail_" + Path(name).name)) not in names
    }
    assert without == set()
