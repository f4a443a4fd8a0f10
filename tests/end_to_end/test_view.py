"""`dexter view` shows the steps of a recorded run, `dexter diff` where two runs part."""

from __future__ import annotations

import re

import pytest

TWO_FUNCTIONS = """
    // DexVerify(Henceforth(Expect('n', '<=', 4)), name='small')
    // DexVerify(Eventually(In('add')))
    #include <stdlib.h>
    static int n;
    static void add(int by)
    {
        n += by;
    }
    int main(int argc, char **argv)
    {
        add(1);
        add(argc > 1 ? atoi(argv[1]) : 2);
        return n == 5;
    }
"""


def lines_of(said):
    return [re.sub(r" {2,}", "  ", line.strip()) for line in said.out.splitlines()]


def test_every_step_has_its_source_what_changed_and_what_holds(recorded, dexter):
    said = dexter("view", recorded(TWO_FUNCTIONS))
    assert said.status == 0
    assert lines_of(said) == [
        "program.c: 8 steps, exit 0",
        "A  program.c:1: small: holds",
        "B  program.c:2: Eventually(In('add')): holds",
        "step  AB  where",
        "0  TT  main  program.c:11  add(1);  n=0",
        "1  TT  add  program.c:7  n += by;",
        "2  TT  add  program.c:8  }  n: 0 -> 1",
        "3  TT  main  program.c:12  add(argc > 1 ? atoi(argv[1]) : 2);",
        "4  TT  add  program.c:7  n += by;",
        "5  TT  add  program.c:8  }  n: 1 -> 3",
        "6  T.  main  program.c:13  return n == 5;",
        "7  T.  main  program.c:14  }",
    ]


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        (("--function", "add"), [1, 2, 4, 5]),
        (("--line", "program.c:7"), [1, 4]),
        (("--steps", "2-3"), [2, 3]),
        (("--steps", "5-"), [5, 6, 7]),
        (("--steps=-1",), [0, 1]),
        (("--steps", "4"), [4]),
        (("--expression", "n"), [0, 2, 5]),
        (("--expression", "n", "--function", "add"), [1, 2, 5]),
        (("--thread", "1", "--steps", "0"), [0]),
        (("--thread", "7"), []),
    ],
)
def test_a_filter_leaves_what_it_names(options, steps, recorded, dexter):
    said = dexter("view", recorded(TWO_FUNCTIONS), *options)
    assert said.status == 0
    assert [int(line.split()[0]) for line in said.out.splitlines()[4:]] == steps


def test_a_change_is_told_relative_to_the_line_above(recorded, dexter):
    said = dexter("view", recorded(TWO_FUNCTIONS), "--steps", "0-5", "--line", "program.c:7")
    assert [line.split("  ")[-1] for line in lines_of(said)[4:]] == ["n=0", "n: 0 -> 1"]


@pytest.mark.parametrize("value", ["x", "-", "3-x", "1-2-3", "", "9" * 30])
def test_what_is_no_range_of_steps_is_wrong_usage(value, dexter):
    said = dexter("view", "a.dexrec", f"--steps={value}")
    assert said.status == 2
    assert "is no range of steps" in said.err


def test_a_line_is_a_file_and_a_number(dexter):
    said = dexter("view", "a.dexrec", "--line", "program.c")
    assert said.status == 2
    assert "is no line of a file: write FILE:N" in said.err


def test_a_failing_proposition_is_false_from_where_on_it_fails(recorded, dexter):
    said = dexter("view", recorded(TWO_FUNCTIONS, "--target-run-args", "4"))
    marks = [line.split()[1] for line in said.out.splitlines()[4:]]
    assert marks == [".T", ".T", ".T", ".T", ".T", ".T"]


def test_two_runs_of_one_program_are_the_same(recorded, dexter, tmp_path):
    first = recorded(TWO_FUNCTIONS)
    (tmp_path / first).rename(tmp_path / "first.dexrec")
    said = dexter("diff", "first.dexrec", recorded(TWO_FUNCTIONS))
    assert (said.status, said.out) == (0, "the runs are the same\n")


def test_the_first_value_that_is_another_one_is_told(recorded, dexter, tmp_path):
    first = recorded(TWO_FUNCTIONS)
    (tmp_path / first).rename(tmp_path / "first.dexrec")
    said = dexter("diff", "first.dexrec", recorded(TWO_FUNCTIONS, "--target-run-args", "3"))
    assert said.status == 1
    assert said.out == (
        "values differ from step 5 (add program.c:8) on: n is\n"
        "  3 in first.dexrec\n"
        "  4 in kept/program.c.dexrec\n"
        "all 8 steps are at the same places\n"
    )


def test_where_two_runs_part_is_told_with_what_came_before(recorded, dexter, tmp_path):
    text = TWO_FUNCTIONS.replace("return n == 5;", "if (n > 3)\n            n = 0;\n        return 0;")
    first = recorded(text)
    (tmp_path / first).rename(tmp_path / "first.dexrec")
    said = dexter("diff", "first.dexrec", recorded(text, "--target-run-args", "3"))
    assert said.status == 1
    assert lines_of(said)[3:] == [
        "the runs part at step 7:",
        "4  [1]  add program.c:7",
        "5  [1]  add program.c:8",
        "6  [1]  main program.c:13",
        "- first.dexrec",
        "-  7  [1]  main program.c:15",
        "-  8  [1]  main program.c:16",
        "+ kept/program.c.dexrec",
        "+  7  [1]  main program.c:14",
        "+  8  [1]  main program.c:15",
        "+  9  [1]  main program.c:16",
    ]


def test_addresses_are_the_same_where_they_mean_the_same(recorded, dexter, tmp_path):
    text = """
        // DexVerify(Eventually(Expect('p', '!=', 0))) DexVerify(Henceforth(Expect('local', '!=', 0)))
        #include <stdlib.h>
        static int *p;
        int main(int argc, char **argv)
        {
            int on_stack[{}];
            int *local = on_stack;
            p = malloc(1);
            p = NULL;
            p = local;
            return 0;
        }
    """
    first = recorded(text.replace("{}", "10"))
    (tmp_path / first).rename(tmp_path / "first.dexrec")
    assert dexter("diff", "first.dexrec", recorded(text.replace("{}", "1000"))).status == 0
    other = recorded(text.replace("{}", "10").replace("p = local;", "p = malloc(2);"))
    said = dexter("diff", "first.dexrec", other)
    assert said.status == 1
    assert said.out.startswith("values differ from step 4 (main program.c:11) on: p is\n")


def test_what_one_run_has_not_read_is_said_and_not_compared(recorded, dexter, tmp_path):
    first = recorded(TWO_FUNCTIONS)
    (tmp_path / first).rename(tmp_path / "first.dexrec")
    second = recorded(TWO_FUNCTIONS.replace("Eventually(In('add'))", "Eventually(Expect('n + 1', 1))"))
    said = dexter("diff", "first.dexrec", second)
    assert (said.status, said.out) == (
        0,
        "read in kept/program.c.dexrec only, and not compared: n + 1\nthe runs are the same\n",
    )
