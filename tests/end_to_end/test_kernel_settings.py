"""What a tree's `dexter.toml` says: the usual kernel, and its variants, each with a defect that a proposition finds."""

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]

NEVER_NEGATIVE = "DexVerify(Henceforth(Expect('total', '>=', 0)), name='the total is never negative')"
COUNTED = "DexVerify(Eventually(Expect('total', 3)), name='the total gets to 3')"
IS_FREE = "DexVerify(Henceforth(Implies(Entered('acquire'), Expect('holder', 0))), name='a lock that is taken is free')"


@pytest.fixture
def annotated(tree):
    tree.annotate(COUNTER, NEVER_NEGATIVE, COUNTED, "DexCommandLine(['c;q'])")
    tree.annotate(LOCK, IS_FREE, "DexCommandLine(['l;q'])")
    return tree


def variant(config, *fails, reason="", **more):
    """A section of dexter.toml."""
    lines = [f'kernel-config = "{config}"', f"fails = {list(fails)}", f'reason = "{reason}"']
    return "\n".join(["[[variant]]", *lines, *(f"{key} = {value}" for key, value in more.items()), ""])


def outcomes(verified):
    return {test["path"]: test["outcome"] for test in verified.tests}


def test_a_tree_says_that_it_is_one(annotated, verify):
    annotated.settings('builder = "os161"\n[os161]\nmachine = "qemu"\ncpus = 1\nramsize = "2M"\n')
    assert verify(LOCK, builder=()).outcomes == ["PASS"]
    assert annotated.kernel().exists()


def test_the_configuration_that_the_tree_says(annotated, verify):
    annotated.settings('[os161]\nkernel-config = "UNRELEASED"\n')
    assert outcomes(verify("kern")) == {COUNTER: "PASS", LOCK: "FAIL"}
    assert not annotated.kernel().exists()
    assert outcomes(verify("kern", "--kernel-config", "NEGATIVE")) == {COUNTER: "FAIL", LOCK: "PASS"}


def test_what_the_command_line_says_counts_more(annotated, verify):
    annotated.settings('[os161]\nmachine = "sys161"\nramsize = "64K"\n')
    assert verify(LOCK, "--machine", "qemu", "--ramsize", "2M").outcomes == ["PASS"]


def test_a_known_defect_that_is_found(annotated, verify, boots):
    annotated.settings(
        variant("NEGATIVE", "the total is never negative", reason="it ends below zero", arguments="['c;l;q']")
        + variant("UNRELEASED", "a lock that is taken is free", reason="nobody lets go of it")
    )
    found = verify(".")
    assert found.said.status == 0
    assert outcomes(found) == {
        COUNTER: "PASS",
        LOCK: "PASS",
        f"{COUNTER} (NEGATIVE)": "XFAIL",
        f"{LOCK} (NEGATIVE)": "PASS",
        f"{COUNTER} (UNRELEASED)": "PASS",
        f"{LOCK} (UNRELEASED)": "XFAIL",
    }
    assert f"XFAIL       {COUNTER} (NEGATIVE)  (it ends below zero)" in found.said.out
    # A variant's own arguments make it one boot; without any, the files' own count.
    assert boots() == ["c;q", "l;q", "c;l;q", "c;q", "l;q"]
    assert "failed, as expected: the total is never negative fails" in found.tests[2]["notes"]
    assert [verdict["verdict"] for verdict in found.tests[2]["verdicts"]] == ["fails", "holds"]


def test_a_known_defect_that_is_not_there(annotated, verify):
    annotated.settings(variant("DUMBVM", "the total is never negative", reason="it ends below zero"))
    found = verify(".", "--filter", "DUMBVM")
    assert (found.said.status, found.outcomes) == (1, ["XPASS", "PASS"])
    reason = "the total is never negative was expected to fail (it ends below zero), and it did not"
    assert found.tests[0]["reason"] == reason
    assert reason in found.said.out


def test_a_defect_that_another_proposition_finds_too(annotated, verify):
    annotated.annotate(COUNTER, "DexVerify(Henceforth(Expect('total', '!=', -1)), name='not minus one')")
    annotated.settings(variant("NEGATIVE", "the total is never negative", reason="it ends below zero"))
    found = verify(".", "--filter", "NEGATIVE")
    assert (found.said.status, found.outcomes) == (1, ["FAIL", "PASS"])
    assert found.tests[0]["reason"] == "not minus one fails"


def test_a_defect_in_a_file_that_no_failure_is_expected_of(annotated, verify):
    annotated.settings(variant("UNRELEASED", "the total is never negative"))
    found = verify(".", "--filter", "UNRELEASED")
    assert found.outcomes == ["XPASS", "FAIL"]
    assert found.tests[1]["reason"] == "a lock that is taken is free fails"


def test_several_propositions_find_a_defect(annotated, verify):
    names = ["the total is never negative", "the total gets to 3"]
    annotated.settings(variant("NEGATIVE", *names, arguments="['C']", reason="it ends below zero"))
    found = verify(".", "--filter", f"{COUNTER} (NEGATIVE)")
    assert found.outcomes == ["XPASS"]
    assert "the total gets to 3 was expected to fail" in found.said.out


def test_a_defect_that_makes_the_kernel_panic(annotated, verify):
    """What is expected is that a proposition fails. A panic besides is a failure of its own."""
    annotated.annotate(COUNTER, "DexVerify(Henceforth(Expect('total', '<', 9)), name='small')")  # open to the end
    annotated.settings(variant("NEGATIVE", "the total is never negative", arguments="['c;p']"))
    found = verify(".", "--filter", f"{COUNTER} (NEGATIVE)")
    assert found.outcomes == ["FAIL"]
    assert found.tests[0]["reason"].startswith("panic: a limit below zero in count (counter.c:")


def test_a_name_that_no_proposition_has(annotated, verify, boots):
    annotated.settings(variant("NEGATIVE", "the total is newer negative"))
    found = verify(".")
    assert (found.said.status, found.tests, boots()) == (2, [], [])
    assert found.said.err == (
        f"{annotated.root / 'dexter.toml'}: error: variant NEGATIVE: no proposition is called "
        "'the total is newer negative'; did you mean 'the total is never negative'?\n"
    )


def test_variants_belong_to_the_whole_tree(annotated, verify):
    """Whoever names a file wants that one, and whoever names a configuration that one."""
    annotated.settings(variant("NEGATIVE", "the total is never negative"))
    assert outcomes(verify(COUNTER)) == {COUNTER: "PASS"}
    assert outcomes(verify(".", "--kernel-config", "UNRELEASED")) == {COUNTER: "PASS", LOCK: "FAIL"}


def test_a_configuration_of_a_variant_that_is_not_there(annotated, verify):
    annotated.settings(variant("POSITIVE", "the total is never negative"))
    found = verify(".")
    assert outcomes(found)[COUNTER] == "PASS"
    assert outcomes(found)[f"{COUNTER} (POSITIVE)"] == "ERROR"
    assert "no kernel configuration 'POSITIVE'" in found.said.out
