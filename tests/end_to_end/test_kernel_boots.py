"""Which tests of a kernel share a boot, and that none of them can tell."""

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]

IS_COUNTED = "DexVerify(Eventually(Expect('total', 3)), name='the total gets to 3')"
IN_ORDER = "DexVerify(Henceforth(Implies(Entered('acquire'), Expect('holder', 0))), name='the lock is free when taken')"


def test_files_with_the_same_boot_string_are_observed_in_one_boot(tree, verify, boots):
    tree.annotate(COUNTER, IS_COUNTED, "DexCommandLine(['c;l;q'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['c;l;q'])")
    together = verify(COUNTER, LOCK)
    assert together.said.status == 0
    assert together.outcomes == ["PASS", "PASS"]
    assert boots() == ["c;l;q"]
    alone = [verify(COUNTER), verify(LOCK)]
    assert boots() == ["c;l;q"] * 3
    assert together.tests == [*alone[0].tests, *alone[1].tests]
    assert all(test["steps"] > 0 for test in together.tests)


def test_what_one_of_them_declares_is_no_business_of_the_others(tree, verify, boots):
    """One ends early, one stops in the first one's file as well, and fails."""
    tree.annotate(COUNTER, IS_COUNTED, "DexFinishTest('total', 3, on_line=10)", "DexCommandLine(['C;l'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['C;l'])")
    both = tree.write(
        "kern/both.dex",
        "DexDeclareFile('thread/lock.c') DexVerify(Response(In('acquire'), In('release')))\n"
        "DexDeclareFile('thread/counter.c') DexVerify(Henceforth(Expect('total', '<', 5)), name='below five')\n"
        "DexCommandLine(['C;l'])\n",
    )
    together = verify("kern")
    assert boots() == ["C;l;q"]
    names = [str(both.relative_to(tree.root)), COUNTER, LOCK]
    assert [test["path"] for test in together.tests] == names
    assert together.outcomes == ["FAIL", "PASS", "PASS"]
    assert [test["end"] for test in together.tests] == ["power-off", "ended by DexFinishTest", "power-off"]
    assert together.tests == [test for name in names for test in verify(name).tests]


def test_other_boot_strings_and_other_configurations_are_other_boots(tree, verify, boots):
    tree.annotate(COUNTER, IS_COUNTED, "DexCommandLine(['c;q'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['l;q'])")
    found = verify("kern")
    assert found.outcomes == ["PASS", "PASS"]
    assert boots() == ["c;q", "l;q"]


@pytest.mark.parametrize("given", ["c", "c;", " c;q "])
def test_a_missing_q_is_added_and_said(tree, verify, boots, given):
    tree.annotate(COUNTER, IS_COUNTED, f"DexCommandLine(['{given}'])")
    found = verify(COUNTER)
    assert found.outcomes == ["PASS"]
    notes = "\n".join(found.tests[0]["notes"])
    if "q" in given:
        assert "without 'q'" not in notes
        assert boots() == [given.strip()]
    else:
        assert "the kernel was booted with 'c;q': without 'q', its menu would wait for ever" in notes
        assert boots() == ["c;q"]


def test_one_that_needs_the_added_q_shares_the_boot_of_one_that_says_it(tree, verify, boots):
    tree.annotate(COUNTER, IS_COUNTED, "DexCommandLine(['c;l'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['c;l;q'])")
    found = verify("kern")
    assert boots() == ["c;l;q"]
    assert ["without 'q'" in "".join(test["notes"]) for test in found.tests] == [True, False]


def test_without_any_arguments_the_kernel_is_booted_and_powered_off(tree, verify, boots):
    tree.annotate("kern/main/main.c", "DexVerify(Eventually(In('poweroff')))")
    assert verify("kern").outcomes == ["PASS"]
    assert boots() == ["q"]


def test_arguments_on_the_command_line_come_before_those_of_the_file(tree, verify, boots):
    tree.annotate(COUNTER, IS_COUNTED, "DexCommandLine(['c;q'])")
    tree.annotate(LOCK, "DexVerify(Eventually(In('acquire')))")
    found = verify("kern", "--target-run-args", "l;")
    assert found.outcomes == ["PASS", "PASS"]
    assert boots() == ["l;c;q", "l;q"]


def test_the_same_command_twice_says_the_same(tree, verify):
    tree.annotate(COUNTER, IS_COUNTED, "DexVerify(Henceforth(Expect('total', '<', 3)))", "DexCommandLine(['c;l;q'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['c;l;q'])")
    first, second = verify("kern"), verify("kern")
    assert first.outcomes == ["FAIL", "PASS"]
    assert first.tests == second.tests


def test_with_and_without_the_agent_the_outcomes_are_the_same(tree, verify):
    tree.annotate(COUNTER, IS_COUNTED, "DexVerify(Henceforth(Expect('total', '<', 3)))", "DexCommandLine(['c;l;q'])")
    tree.annotate(LOCK, IN_ORDER, "DexCommandLine(['c;l;q'])")
    tree.annotate("kern/main/main.c", "DexVerify(Henceforth(Not(In('hang'))))", "DexCommandLine(['c;p'])")
    inside, outside = verify("kern", "--gdb-agent", "yes"), verify("kern", "--gdb-agent", "no")
    assert inside.outcomes == ["FAIL", "FAIL", "PASS"]
    assert inside.tests == outside.tests
