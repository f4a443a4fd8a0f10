"""The example kernel on QEMU: all its propositions hold, and each seeded bug is caught by the one meant for it."""

from collections import Counter

import pytest

from dexverify.outcome import Outcome
from dexverify.report.terminal import plain, render_test
from tests.docs.cookbook import check_what_is_said
from tests.drivers.kernels import needs_machine
from tests.kernel_runs import GROUPS, TESTS, TREE, recorded, results_of


def is_usual(target):
    return target.config == TREE.kernel_config


@needs_machine
@pytest.mark.parametrize("target", list(filter(is_usual, GROUPS)), ids=lambda target: target.boot)
def test_every_proposition_holds_and_means_something(target, shared):
    for result in results_of(recorded(target, "gdb", shared)):
        text = render_test(result, verbose=True, style=plain)
        assert result.outcome is Outcome.PASS, text
        assert [finding.warnings for finding in result.findings if finding.warnings] == [], text


@needs_machine
@pytest.mark.parametrize("variant", TREE.variants, ids=lambda variant: variant.kernel_config)
def test_each_bug_is_caught_by_its_own_proposition_and_by_no_other(variant, shared):
    (target,) = (target for target in GROUPS if target.config == variant.kernel_config)
    results = results_of(recorded(target, "gdb", shared))
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
