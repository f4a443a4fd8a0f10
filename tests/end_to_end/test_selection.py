"""Which tests of a suite are run, in which order, and which took long."""

import json
import re

import pytest

from dexverify.cache import cache_folder
from dexverify.options import Options
from dexverify.selection import Shard, select
from dexverify.suite import load
from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

GOOD = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
BAD = "void other(void) { }\nint main(void) { return 0; }\n// DexVerify(Eventually(In('other')))\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def outcomes(dexter, tmp_path):
    """`dexter test` with the arguments: what it said, and the outcome of each test by its path, in order."""

    def outcomes(*arguments):
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        said = dexter("test", *arguments, "--json", report)
        assert report.exists(), said.err
        return said, {test["path"]: test["outcome"] for test in json.loads(report.read_bytes())["tests"]}

    return outcomes


@pytest.fixture
def suite(write):
    """Seven tests, of which the fourth is bad."""
    for name in "abcefg":
        write(GOOD, f"suite/{name}.c")
    return write(BAD, "suite/d.c")


# --rerun-failed


def test_only_what_was_not_good_is_run_again(write, outcomes):
    write(GOOD, "suite/good.c")
    write(BAD, "suite/bad.c")
    write(BAD, "suite/xfail_a.c")
    write(GOOD.replace("In('main')", "Expect('unseen', 1)"), "suite/deep/unseen.c")
    outcomes("suite")
    said, found = outcomes("suite", "--rerun-failed")
    assert found == {"suite/bad.c": "FAIL", "suite/deep/unseen.c": "UNRESOLVED"}
    assert said.status == 1
    assert "to be run again: 2 of 4 tests, the others were good last time" in said.out
    write(GOOD, "suite/bad.c")
    assert outcomes("suite", "--rerun-failed")[1]["suite/bad.c"] == "PASS"
    assert list(outcomes("suite", "--rerun-failed")[1]) == ["suite/deep/unseen.c"]


def test_what_was_never_run_is_run(write, outcomes):
    write(GOOD, "suite/a.c")
    assert outcomes("suite", "--rerun-failed")[1] == {"suite/a.c": "PASS"}
    write(GOOD, "suite/new.c")
    assert list(outcomes("suite", "--rerun-failed")[1]) == ["suite/new.c"]


def test_nothing_to_run_again_is_good(write, outcomes):
    write(GOOD, "suite/a.c")
    outcomes("suite")
    said, found = outcomes("suite", "--rerun-failed")
    assert (said.status, found) == (0, {})
    assert "to be run again: 0 of 1 test, the others were good last time" in said.out
    assert re.search(r"^0 tests  in \d", said.out, re.MULTILINE)


def test_it_matters_neither_from_where_nor_by_which_name(write, outcomes, tmp_path, monkeypatch):
    write(GOOD, "suite/a.c")
    write(BAD, "suite/b.c")
    outcomes("suite")
    (tmp_path / "link").symlink_to(tmp_path / "suite")
    assert list(outcomes("link", "--rerun-failed")[1]) == ["link/b.c"]
    monkeypatch.chdir(tmp_path / "suite")
    assert list(outcomes("a.c", "b.c", "--rerun-failed")[1]) == ["b.c"]


def test_what_an_end_left_out_is_run(suite, outcomes):
    _, found = outcomes("suite", "--max-failures", 1)
    assert list(found)[-1] == "suite/d.c"
    assert list(outcomes("suite", "--rerun-failed")[1]) == ["suite/d.c", "suite/e.c", "suite/f.c", "suite/g.c"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"folder": 3, "tests": []}', b'{"tests": {"a.c": "FINE"}}', b"\xff"])
def test_a_record_that_is_broken_says_nothing(write, outcomes, cache, content):
    write(GOOD, "suite/a.c")
    outcomes("suite")
    (record,) = (cache / "dexter" / "last").glob("*.json")
    record.write_bytes(content)
    assert outcomes("suite", "--rerun-failed")[1] == {"suite/a.c": "PASS"}
    assert outcomes("suite", "--rerun-failed")[1] == {}


def test_a_cache_that_cannot_be_written_spoils_no_run(write, outcomes, cache):
    write(GOOD, "suite/a.c")
    cache.write_text("a file\n")
    assert outcomes("suite")[0].status == 0
    assert outcomes("suite", "--rerun-failed")[1] == {"suite/a.c": "PASS"}


def test_a_name_that_is_no_text(write, outcomes, tmp_path):
    write(GOOD, "suite/a.c")
    (tmp_path / "suite/a.c").rename(tmp_path / "suite" / "\udcff.c")
    outcomes("suite")
    assert outcomes("suite", "--rerun-failed")[1] == {}


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cache" / "dexter"
    for given in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", given)
        assert cache_folder() == tmp_path / ".cache" / "dexter"


# --shard


@pytest.mark.parametrize("total", [1, 2, 3, 7, 9])
def test_the_shards_are_the_suite_and_no_test_is_in_two(suite, total):
    tests = load([suite.parent])
    parts = [select(tests, Options(), shard=Shard(number, total)).tests for number in range(1, total + 1)]
    assert sorted(test.case.path.name for part in parts for test in part) == [f"{name}.c" for name in "abcdefg"]
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_a_shard_without_a_test_is_good(suite, outcomes):
    said, found = outcomes("suite", "--shard", "8/9")
    assert (said.status, found) == (0, {})
    assert said.out.startswith("shard 8/9: 0 of 7 tests\n")


def test_a_shard_says_so(suite, outcomes):
    said, _ = outcomes("suite", "--shard", "2/3")
    assert said.out.startswith("shard 2/3: 2 of 7 tests\n")


def test_what_was_run_before_does_not_change_a_shard(suite, outcomes):
    _, before = outcomes("suite", "--shard", "1/2")
    assert list(outcomes("suite", "--shard", "1/2", "--rerun-failed")[1]) == []
    assert outcomes("suite", "--shard", "1/2")[1] == before
    # The rest was never run.
    assert list(outcomes("suite", "--shard", "2/2", "--rerun-failed")[1]) == ["suite/b.c", "suite/d.c", "suite/f.c"]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1.0/2", "1/" + "9" * 5000])
def test_what_is_no_shard(suite, dexter, text):
    said = dexter("test", "suite", f"--shard={text}")
    assert said.status == 2
    assert "is no part of a whole, such as 1/4" in said.err


@needs_machine
def test_tests_that_share_a_boot_are_in_one_shard(verify, tree, boots):
    for name in (COUNTER, LOCK):
        tree.annotate(name, "DexVerify(Henceforth(True))", "DexCommandLine(['cl'])")
    tree.annotate("kern/main/main.c", "DexVerify(Henceforth(True))")
    of = [verify("kern", "--machine", "qemu", "--shard", f"{number}/2") for number in (1, 2)]
    assert [[test["path"] for test in each.tests] for each in of] == [["kern/main/main.c"], [COUNTER, LOCK]]


# --shuffle


def test_a_seed_gives_the_order_again(suite, outcomes):
    tests = load([suite.parent])
    orders = [select(tests, Options(), seed=seed).tests for seed in (1, 2)]
    assert all(set(map(id, order)) == set(map(id, tests)) for order in orders)
    assert len({tuple(map(id, order)) for order in (*orders, tests)}) == 3
    ran = [list(outcomes("suite", *arguments)[1]) for arguments in (["--shuffle", 2], ["--shuffle=2"])]
    assert ran == [[f"suite/{test.case.path.name}" for test in orders[1]]] * 2


@pytest.mark.parametrize("arguments", [["--shuffle", "suite"], ["suite", "--shuffle"], ["suite", "--shuffle", "-j2"]])
def test_without_a_seed_one_is_drawn_and_told(suite, outcomes, arguments):
    said, first = outcomes(*arguments)
    seed = re.search(r"^shuffled: --shuffle (\d+) gives this order again$", said.out, re.MULTILINE)[1]
    assert list(outcomes("suite", "--shuffle", seed)[1]) == list(first)
    assert f"--shuffle {seed} " not in outcomes(*arguments)[0].out


def test_a_seed_that_is_none(suite, dexter):
    said = dexter("test", "suite", "--shuffle=ten")
    assert said.status == 2
    assert "'ten' is no whole number from 0" in said.err


# --durations


def test_the_slowest_are_named_the_slowest_first(suite, dexter, write):
    write(GOOD.replace("return 0", "extern unsigned sleep(unsigned); sleep(3); return 0"), "suite/d.c")
    said = dexter("test", "suite", "--durations", 2)
    assert said.status == 0
    head, first, second = said.out.splitlines()[-3:]
    assert head == "the slowest 2 of 7 tests (seconds)"
    assert first.endswith("  suite/d.c")
    assert float(first.split()[0]) >= float(second.split()[0])
    assert said.out.splitlines()[-4].startswith("7 tests: 7 PASS")
