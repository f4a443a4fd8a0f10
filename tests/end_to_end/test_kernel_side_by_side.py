"""Several runs of dexter in one kernel's tree at the same time, each as if it were alone."""

import json

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]

IS_COUNTED = "DexVerify(Eventually(Expect('total', 3)), name='the total gets to 3')"
NEVER_NEGATIVE = "DexVerify(Henceforth(Expect('total', '>=', 0)), name='never negative')"
IS_FREE = "DexVerify(Henceforth(Implies(Entered('acquire'), Expect('holder', 0))), name='a lock that is taken is free')"


@pytest.fixture
def results(tree, start, tmp_path):
    """Start one run for each of the given lists of options, and return each one's results but for times."""
    tree.annotate(COUNTER, IS_COUNTED, NEVER_NEGATIVE, "DexCommandLine(['c;l;q'])")
    tree.annotate(LOCK, IS_FREE, "DexCommandLine(['c;l;q'])")

    def results(*runs):
        reports = [tmp_path / f"report{number}.json" for number in range(len(runs))]
        processes = [
            start("test", tree.root / "kern", "--builder", "os161", "--json", report, *options)
            for report, options in zip(reports, runs, strict=True)
        ]
        for process in processes:
            _, err = process.communicate(timeout=120)
            # On a slow machine it takes a while until the other one has built.
            assert [line for line in err.splitlines() if "waiting for another build in this tree" not in line] == []
        found = [json.loads(report.read_bytes())["tests"] for report in reports]
        for test in (test for tests in found for test in tests):
            del test["seconds"]
        return found

    return results


def test_two_runs_at_once(results):
    """Nothing is built yet: one of them builds the kernel, and the other one waits for that."""
    one, other = results([], [])
    assert [test["outcome"] for test in one] == ["PASS", "PASS"]
    assert one == other
    (alone,) = results([])
    assert one == alone


def test_two_configurations_at_once(results):
    one, other = results(["--kernel-config", "NEGATIVE"], ["--kernel-config", "UNRELEASED", "--gdb-agent", "no"])
    assert [test["outcome"] for test in one] == ["FAIL", "PASS"]
    assert [test["outcome"] for test in other] == ["PASS", "FAIL"]


def test_boots_of_one_run_at_the_same_time(tree, results):
    tree.settings(
        '[[variant]]\nkernel-config = "NEGATIVE"\nfails = ["never negative"]\n'
        '[[variant]]\nkernel-config = "UNRELEASED"\nfails = ["a lock that is taken is free"]\n'
    )
    (found,) = results([tree.root, "-j", "3"])
    assert [test["outcome"] for test in found] == ["PASS", "PASS", "XFAIL", "PASS", "PASS", "XFAIL"]
    assert results([tree.root]) == [found]
