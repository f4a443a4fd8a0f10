"""Results that cannot be written: it is told which, where and why; the tests are run and judged all the same."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator

import pytest

LONG = """
    // DexVerify(Henceforth(Expect('n', '<', 1999)), name='small')
    static int n;
    int main(void)
    {
        while (n < 2000)
            n++;
        return 0;
    }
"""
NOISE = """
    // DexVerify(Henceforth(Expect('n', '<', 299)), name='small')
    static int n;
    static unsigned long last, noise[64];
    int main(void)
    {
        while (n < 300) {
            for (int i = 0; i < 64; i++) noise[i] = last = last * 6364136223846793005u + 1442695040888963407u;
            n++; // DexWatch('noise')
        }
        return 0;
    }
"""
SHORT = """
    // DexVerify(Henceforth(Expect('n', '<', 2)), name='small')
    static int n;
    int main(void)
    {
        n = 2;
        return 0;
    }
"""
GOOD = SHORT.replace("n = 2", "n = 1")


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may become longer than 64 KiB: enough for a program, and for none of the reports of a long run."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("option", ["--json", "--junit", "--sarif", "--html", "--chrome-trace"])
def test_a_disk_that_is_full_at_the_end(write, dexter, option):
    write(GOOD)
    said = dexter("test", "program.c", option, "/dev/full")
    assert said.out.startswith("PASS")
    assert said.err == f"dexter: error: {option} /dev/full: cannot be written: No space left on device\n"
    assert said.status == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_disk_that_is_full_in_the_middle(write, dexter, tmp_path, small_files, jobs):
    write(LONG, "suite/a.c")
    write(SHORT, "suite/b.c")
    outputs = ("--chrome-trace", "trace.json", "--html", "page.html", "--itf", "traces", "--json", "results.json")
    said = dexter("test", "suite", *outputs, "--jobs", jobs)
    assert [test["outcome"] for test in json.loads((tmp_path / "results.json").read_bytes())["tests"]] == ["FAIL"] * 2
    why = "cannot be written"
    assert said.err.splitlines() == [
        f"dexter: error: --chrome-trace trace.json: {why}: File too large",
        f"dexter: error: --html page.html: {why}: File too large",
        f"dexter: error: --itf traces: {why}: File too large",
    ]
    assert said.status == 2
    # What is whole by itself is there; nothing else is.
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()) == [
        "results.json",
        "suite/a.c",
        "suite/b.c",
        "traces/suite/b.c.1.itf.json",
    ]


def test_a_recording_for_which_there_is_no_room(write, dexter, tmp_path, small_files):
    write(NOISE, "a.c")
    write(GOOD, "b.c")
    said = dexter("test", "a.c", "b.c", "--results-directory", "kept")
    assert "note: kept/a.c.dexrec: the recording could not be kept: File too large" in said.out
    assert said.out.splitlines()[-1].startswith("2 tests: 1 PASS, 1 FAIL")
    assert said.status == 2
    assert dexter("check", "kept/b.c.dexrec").out.startswith("PASS")
    assert "note: kept/a.c.dexrec: it breaks off, after " in dexter("check", "kept/a.c.dexrec").out


def test_no_room_to_build_in(write, dexter, tmp_path):
    write(GOOD)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "program.c").write_text("")
    said = dexter("test", "program.c", "--save-temps", "--results-directory", "kept")
    assert re.match(r"ERROR +program.c .*\n  kept/program.c: File exists\n", said.out)
    assert said.status == 1


def test_what_a_counterexample_stands_in_the_way_of(write, dexter, tmp_path):
    write(SHORT, "a.c")
    write(SHORT, "b.c")
    (tmp_path / "traces/a.c.1.itf.json").mkdir(parents=True)
    said = dexter("test", "a.c", "b.c", "--itf", "traces")
    assert said.out.splitlines()[-1].startswith("2 tests: 2 FAIL")
    where = f"{tmp_path}/traces/a.c.1.itf.json"
    assert said.err.startswith("dexter: error: --itf traces: cannot be written: ")
    assert said.err.endswith(f"{where}: Is a directory\n")
    assert (tmp_path / "traces/b.c.1.itf.json").is_file()
