"""`dexter write` fills in what was left empty, and guesses what held; what it writes holds when it is run again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"

# A queue whose length goes wrong when it wraps around, which it does for more than four items.
QUEUE = """
    // DexWatch('count', 'head', 'put', 'taken', from_line=7, to_line=21)
    #include <stdlib.h>
    static int items[4], count, head, put, taken;

    static void add(int item)
    {
        items[(head + count) % 4] = item;
        count += put == 4 ? 2 : 1;
        put++;
    }
    static void take(void)
    {
        head = (head + 1) % 4;
        count--;
        taken++;
    }
    int main(int argc, char **argv)
    {
        for (int i = 0; i < atoi(argv[1]); i++) {
            add(i); add(i);
            take(); take();
        }
        return 0;
    }
"""


@pytest.mark.parametrize(
    "name",
    [
        "past/historically.c", "past/once.c", "composite/response.c", "expect/enumeration.c", "expect/floating.c",
        "expect/character.c", "foreach/for_each.c", "command/watch.c", "program/ring_buffer.c", "program/connection.c",
        "program/hash_table.c", "program/event_loop.c", "program/parser.c", "dexter/expect_watch_value.c",
    ],
)  # fmt: skip
def test_every_guess_about_an_example_holds_when_it_is_run_again(name, dexter, tmp_path):
    shutil.copy(EXAMPLES / name, tmp_path / "program.c")
    before = (tmp_path / "program.c").read_text()
    said = dexter("write", "program.c", "--in-place")
    assert said.status == 0, said
    after = (tmp_path / "program.c").read_text()
    assert after.startswith(before.rstrip("\n"))
    guessed = after.count("// guess, ")
    assert f"{guessed} propositions guessed" in said.err or guessed == 1
    assert guessed > 0
    again = dexter("test", "program.c", "-v")
    assert again.out.startswith("PASS"), again.out
    assert again.out.count(": holds: ") >= guessed
    # What is there already is not written twice.
    assert dexter("write", "program.c").out == ""


def test_what_good_runs_have_in_common_flags_the_bad_one(write, dexter, tmp_path):
    write(QUEUE)
    for count in ("1", "2"):
        dexter("test", "program.c", "--results-directory", f"good-{count}", "--target-run-args", count)
    good = [f"--recording={path}" for path in sorted(tmp_path.rglob("*.dexrec"))]
    assert len(good) == 2
    said = dexter("write", "program.c", *good, "--in-place")
    assert said.status == 0, said
    assert "from 2 runs" in said.err
    text = (tmp_path / "program.c").read_text()
    assert "// guess, one of few values: DexVerify(Henceforth(Or(Expect('count', 0), Expect('count', 1), " in text
    assert "// guess, order: DexVerify(Henceforth(Expect('put', '>=', expr('taken'))))" in text
    assert dexter("test", "program.c", "--target-run-args", "2").status == 0
    bad = dexter("test", "program.c", "--target-run-args", "3")
    assert bad.status == 1
    assert "Expect('count', 0)" in bad.out


@pytest.mark.parametrize(
    ("empty", "filled"),
    [
        ("DexExpectWatchValue('n', ?, on_line=9)", "DexExpectWatchValue('n', 0, 1, 2, on_line=9)"),
        ("DexExpectWatchValue('s', ?, on_line=9)", "DexExpectWatchValue('s', 'GO', on_line=9)"),
        ("DexExpectWatchValue('name', ?, on_line=9)", "DexExpectWatchValue('name', 'ada', on_line=9)"),
        ("DexVerify(Eventually(Expect('n', ?)))", "DexVerify(Eventually(Expect('n', 0)))"),
        ("DexVerify(Henceforth(Expect('n', '<=', ?)))", "DexVerify(Henceforth(Expect('n', '<=', 3)))"),
        ("DexVerify(Henceforth(Expect('n', '>', ?)))", "DexVerify(Henceforth(Expect('n', '>', -1)))"),
        (
            "DexVerify(Ordered(Expect('n', ?), Expect('n', ?)))",
            "DexVerify(Ordered(Expect('n', 0), Expect('n', 0)))",
        ),
        (
            "DexExpectProgramState({'frames': [{'function': 'main', 'watches': {'n': ?}}]})",
            "DexExpectProgramState({'frames': [{'function': 'main', 'watches': {'n': 0}}]})",
        ),
        ("always Expect('half', ?)", None),
    ],
)
def test_an_empty_place_is_filled_with_what_makes_it_hold(empty, filled, write, dexter, tmp_path):
    text = """
        // HERE
        enum go { STOP, GO };
        static int n;
        static const char *name = "ada";
        static enum go s = GO;
        int main(void)
        {
            while (n < 3)
                n++;
            return s == STOP;
        }
    """
    if filled is None:
        empty, filled = f"DexVerify({empty})", ""
    write(text.replace("HERE", empty))
    tried = dexter("test", "program.c")
    assert tried.status == 1
    said = dexter("write", "program.c", "--in-place")
    if not filled:
        assert said.status == 1
        assert "no value of 'half' was found with which this holds in every run" in said.err
        return
    assert said.status == 0, said
    assert (tmp_path / "program.c").read_text().splitlines()[0] == f"// {filled}"
    assert dexter("test", "program.c").status == 0


def test_what_is_still_empty_is_unresolved_and_says_what_fills_it_in(dexter, write):
    write("// DexVerify(Henceforth(Expect('n', ?)))\nstatic int n;\nint main(void) { return n; }\n")
    said = dexter("test", "program.c")
    assert said.out.startswith("UNRESOLVED")
    assert "what is expected is not filled in yet: 'dexter write' does it" in said.out


def test_a_condition_cannot_be_left_empty(dexter, write):
    write("// DexFinishTest('n', ?, on_line=3) DexVerify(In('main'))\nstatic int n;\nint main(void) { return n; }\n")
    said = dexter("test", "program.c")
    assert said.status == 2
    assert "the value of a condition cannot be left empty" in said.err


def test_without_in_place_the_difference_is_printed_and_the_file_left_alone(dexter, write, tmp_path):
    write("static int n;\nint main(void)\n{\n    n = 1;\n    return 0;\n}\n")
    before = (tmp_path / "program.c").read_bytes()
    said = dexter("write", "program.c")
    assert said.status == 0
    assert said.out.startswith("--- program.c\n+++ program.c\n@@ ")
    assert "+// guess, one of few values: DexVerify(Henceforth(Or(Expect('n', 0), Expect('n', 1))))" in said.out
    assert (tmp_path / "program.c").read_bytes() == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_the_files_own_encoding_and_line_ends_stay(encoding, dexter, write, tmp_path):
    text = "// Grüße\r\nstatic int n;\r\nint main(void)\r\n{\r\n    n = 1;\r\n    return 0;\r\n}"
    write(text.encode(encoding))
    assert dexter("write", "program.c", "--in-place").status == 0
    content = (tmp_path / "program.c").read_bytes()
    assert content.startswith(text.encode(encoding) + b"\r\n\r\n// Guesses of")
    assert content.count(b"\n") == content.count(b"\r\n")


def test_a_run_that_was_cut_teaches_nothing(recorded, dexter):
    path = recorded(
        "// DexVerify(Eventually(Expect('n', 1)))\nstatic int n;\nint main(void)\n{\n    n = 1;\n    return 0;\n}\n"
    )
    said = dexter("write", "program.c", "--recording", path)
    assert said.status == 2
    assert "the run was cut (everything was decided before its end)" in said.err


def test_a_program_that_does_not_build_is_an_error(dexter, write):
    write("int main(void) { return nothing; }\n")
    said = dexter("write", "program.c")
    assert said.status == 2
    assert "undeclared" in said.err
