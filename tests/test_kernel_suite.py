"""The example kernel on QEMU: all its propositions hold, and each seeded bug is caught by the one meant for it."""

from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.pipeline import run_group
from dexverify.report.terminal import plain, render_test
from dexverify.suite import load
from dexverify.targets import target_of
from dexverify.trees import tree_of
from drivers.gdb.driver import GdbDriver
from tests.docs.cookbook import check_what_is_said
from tests.drivers.kernels import needs_machine
from tests.recordings.again import assert_judged_the_same

ROOT = Path(__file__).parent.parent / "examples" / "LTD" / "os161"
OPTIONS = Options(strict=True, machine="qemu")
TREE = tree_of(ROOT)
assert TREE is not None
TESTS = load([ROOT])
# One boot each: the usual configuration with each of its boot strings, and every variant.
GROUPS = {}
for test in TESTS:
    GROUPS.setdefault(target_of(test, OPTIONS), []).append(test)


def results_of(target, folder):
    options = replace(OPTIONS, results_directory=folder)
    with closing(GdbDriver()) as driver:
        results = run_group(GROUPS[target], target, options, driver)
    assert_judged_the_same(folder, results, options)
    return results


def is_usual(target):
    return target.config == TREE.kernel_config


@needs_machine
@pytest.mark.parametrize("target", list(filter(is_usual, GROUPS)), ids=lambda target: target.boot)
def test_every_proposition_holds_and_means_something(target, tmp_path):
    for result in results_of(target, tmp_path):
        text = render_test(result, verbose=True, style=plain)
        assert result.outcome is Outcome.PASS, text
        assert [finding.warnings for finding in result.findings if finding.warnings] == [], text


@needs_machine
@pytest.mark.parametrize("variant", TREE.variants, ids=lambda variant: variant.kernel_config)
def test_each_bug_is_caught_by_its_own_proposition_and_by_no_other(variant, tmp_path):
    (target,) = (target for target in GROUPS if target.config == variant.kernel_config)
    results = results_of(target, tmp_path)
    text = "\n".join(render_test(result, verbose=True, style=plain) for result in results)
    # A proposition that the bug keeps from meaning anything may say so, but none but the listed ones fails.
    assert {result.outcome for result in results} <= {Outcome.PASS, Outcome.XFAIL}, text
    failed = {f.name for result in results for f in result.findings if f.verdict.value == "fails"}
    assert failed == set(variant.fails), text
    assert variant.reason, "a variant says what is wrong with it"
    check_what_is_said(variant.kernel_config, text)


def test_there_are_enough_propositions_and_bugs():
    names = Counter(verify.name for test in TESTS if not test.case.variant for verify in test.annotations.verifies)
    assert len(names) >= 15
    assert None not in names
    assert [name for name, number in names.items() if number > 1] == []
    assert len(TREE.variants) >= 8
