"""`dexter test --against`: what a debugger shows of the reference's build and not of the test's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.base import DriverError
from drivers.lldb.bindings import find_bindings
from tests.end_to_end.kernel_tree import COUNTER, KernelTree

# Line numbers are what is compared: the programs begin with their first line.
IN_A_REGISTER = """\
static int total;
// DexVerify(Henceforth(Expect('total', '>=', 0)))
static __attribute__((noinline)) void collect(const char *text)
{
    for (; *text; text++)
        total += *text == 'a';
}
int main(void)
{
    collect("banana");
    return total - 3;
}
"""
DEAD = """\
#include <stdio.h>
// DexVerify(Henceforth(Expect('twice', '>=', 0)))
int main(int argc, char **argv)
{
    int twice = argc * 2;
    int late;
    printf("%s\\n", argv[0] ? "has a name" : "has none");
    late = argc + 5;
    puts("done");
    return 0;
}
// DexWatch('late', from_line=7, to_line=11)
"""


def usable(debugger: str) -> str:
    if debugger == "lldb":
        try:
            find_bindings()
        except DriverError as error:
            pytest.skip(f"UNSUPPORTED: {error}")
    return debugger


@pytest.fixture(params=["gdb", "lldb"])
def debugger(request: pytest.FixtureRequest) -> str:
    return usable(str(request.param))


@pytest.fixture(params=["gcc", "clang"])
def compiler(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


def lost(test: dict[str, Any]) -> list[dict[str, Any]]:
    assert test["losses"]["problem"] == ""
    return list(test["losses"]["lost"])


def test_a_variable_in_a_register_is_wrong_where_its_memory_is_shown(check: Callable[..., Any], debugger: str) -> None:
    judged = check(IN_A_REGISTER, "--debugger", debugger, "--cflags", "-O2 -g", "--against", "-O0 -g")
    wrong = [(each["line"], each["expression"], each["shown"], each["reference"]) for each in lost(judged.test)
             if each["loss"] == "wrong"]  # fmt: skip
    assert wrong == [(5, "total", "0", "1"), (6, "total", "0", "1")]
    assert (judged.outcome, judged.status) == ("PASS", 0)
    assert [" ".join(line.split()) for line in judged.said.out.splitlines() if line.startswith("    program.c:6")] == [
        "program.c:6 total wrong 4 of 6 visits 0 where it is 1"
    ]


def test_what_is_not_needed_any_more_is_unreadable(check: Callable[..., Any], compiler: str, debugger: str) -> None:
    options = ("--builder", compiler, "--debugger", debugger, "--cflags", "-O2 -g")
    alone = check(DEAD, *options)
    judged = check(DEAD, *options, "--against", "-O0 -g")
    found = lost(judged.test)
    told = {(each["expression"], each["line"], each["loss"]) for each in found}
    assert {("twice", 9, "unreadable"), ("late", 9, "unreadable"), (None, 8, "unreachable")} <= told
    assert {each["reference"] for each in found if each["expression"] == "late"} == {"6"}
    # Before it is assigned on line 8, 'late' is what lay on the stack, and nothing that could be lost.
    assert not any(each["expression"] == "late" and each["line"] <= 8 for each in found)
    # 'twice' cannot be judged there, with or without a reference.
    assert (judged.outcome, judged.status) == (alone.outcome, alone.status) == ("UNRESOLVED", 1)
    assert "losses" not in alone.test
    del judged.test["losses"]
    for test in (judged.test, alone.test):
        del test["seconds"]
    assert judged.test == alone.test


def test_losses_are_in_order_and_the_same_again(check: Callable[..., Any]) -> None:
    first, again = (lost(check(DEAD, "--cflags", "-O2", "--against", "-O0").test) for _ in range(2))
    assert first == again
    assert [each["line"] for each in first] == sorted(each["line"] for each in first)


def test_without_optimisation_nothing_is_lost(check: Callable[..., Any], compiler: str, debugger: str) -> None:
    options = ("--cflags", "-fstack-protector-all", "--against", "-O0")
    judged = check(DEAD, "--builder", compiler, "--debugger", debugger, *options)
    assert lost(judged.test) == []
    assert judged.test["losses"]["compared"] >= 3
    assert "nothing is lost against -O0" in judged.said.out


def test_a_run_that_is_decided_early_is_compared_to_its_end(check: Callable[..., Any]) -> None:
    text = IN_A_REGISTER.replace("Henceforth(Expect('total', '>=', 0))", "Eventually(Expect('total', 0))")
    judged = check(text, "--cflags", "-O2", "--against", "-O0")
    assert judged.test["steps"] == 1
    assert ("wrong", 6) in {(each["loss"], each["line"]) for each in lost(judged.test)}


def test_an_expected_failure_stays_one(check: Callable[..., Any]) -> None:
    text = IN_A_REGISTER.replace("'>=', 0", "'<', 1") + "// XFAIL: counts too far\n"
    # With -O2 the debugger shows 0 for long, and 3 in the end.
    judged = check(text, "--cflags", "-O2", "--against", "-O0")
    assert (judged.outcome, judged.status) == ("XFAIL", 0)
    assert "  lost against -O0" in judged.said.out


def test_limits_of_the_test_are_kept(check: Callable[..., Any]) -> None:
    text = IN_A_REGISTER + "// DexLimitSteps(from_line=5, to_line=6)\n"
    found = lost(check(text, "--cflags", "-O2", "--against", "-O0").test)
    assert found
    assert {each["line"] for each in found} <= {5, 6}


def test_the_end_of_the_test_is_kept_and_its_visits_are_not_paired(check: Callable[..., Any], debugger: str) -> None:
    server = """\
        static volatile unsigned polls, beats;
        // DexFinishTest(on_line=ref('poll'), hit_count=3)
        // DexVerify(Henceforth(Expect('polls', '<', 9)))
        int main(void)
        {
            for (;;) {
                polls++; // DexLabel('poll')
                if (polls % 2 == 0)
                    beats++;
            }
        }
    """
    judged = check(server, "--debugger", debugger, "--cflags", "-fstack-protector-all", "--against", "-O0")
    assert judged.outcome == "PASS"
    assert lost(judged.test) == []


def test_threads_are_not_compared_visit_by_visit(check: Callable[..., Any]) -> None:
    text = """\
        #include <pthread.h>
        static int turns[2];
        // DexVerify(Eventually(Expect('mine', 3)))
        static void *work(void *argument)
        {
            int mine = 0;
            for (int i = 0; i < 5; i++)
                mine = turns[*(int *)argument]++;
            return 0;
        }
        int main(void)
        {
            pthread_t other[2];
            int numbers[2] = {0, 1};
            for (int i = 0; i < 2; i++)
                pthread_create(&other[i], 0, work, &numbers[i]);
            for (int i = 0; i < 2; i++)
                pthread_join(other[i], 0);
            return 0;
        }
    """
    judged = check(text, "--cflags", "-pthread -fstack-protector-all", "--ldflags", "-pthread", "--against", "-pthread")
    assert [each for each in lost(judged.test) if each["loss"] == "wrong"] == []


def problem(judged: Any) -> str:
    assert judged.test["losses"]["lost"] == []
    return str(judged.test["losses"]["problem"])


def test_builds_that_are_the_same_are_not_compared(check: Callable[..., Any]) -> None:
    judged = check(DEAD, "--cflags", "-O2", "--against", "-O2")
    assert problem(judged) == "both builds are the same program"
    assert "  not compared with -O2: both builds are the same program\n" in judged.said.out


def test_a_build_script_gets_both_flags(check: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "build"
    script.write_text('#!/bin/sh -e\nout=$1; shift\nexec gcc -g $CFLAGS -o "$out" "$@"\n')
    script.chmod(0o755)
    assert ("twice", 9) in {
        (each["expression"], each["line"])
        for each in lost(check(DEAD, "--builder", "./build", "--cflags", "-O2", "--against", "-O0").test)
    }
    script.write_text('#!/bin/sh -e\nout=$1; shift\nexec gcc -g -o "$out" "$@"\n')
    judged = check(DEAD, "--builder", "./build", "--cflags", "-O2", "--against", "-O0")
    assert problem(judged) == "both builds are the same program"


def test_a_reference_that_cannot_be_built(check: Callable[..., Any]) -> None:
    judged = check(DEAD, "--cflags", "-O1", "--against", "-O0 -Dargc=")
    assert judged.outcome == "UNRESOLVED"
    assert problem(judged).startswith("the build failed with exit status 1\n$ gcc -O0 -g -O0 -Dargc= ")
    assert "not compared with -O0 -Dargc=: the build failed with exit status 1" in judged.said.out


def test_programs_that_do_different_things_are_not_compared(check: Callable[..., Any]) -> None:
    text = """\
        // DexVerify(Eventually(Expect('status', '>=', 0)))
        int main(void)
        {
        #ifdef OTHER
            int status = 3;
        #else
            int status = 0;
        #endif
            return status;
        }
    """
    judged = check(text, "--cflags", "-O0", "--against", "-DOTHER")
    assert judged.outcome == "PASS"
    assert problem(judged) == (
        "the two programs do different things: the reference ends with exit 3, this one with exit 0"
    )


def test_a_run_that_was_cut_is_not_compared(check: Callable[..., Any]) -> None:
    judged = check(IN_A_REGISTER, "--cflags", "-O1", "--against", "-O0", "--max-steps", "3")
    assert problem(judged).startswith("the test's run: cut at the step limit")


def test_a_reference_that_was_cut_is_not_compared(check: Callable[..., Any]) -> None:
    text = """\
        // DexVerify(Eventually(Expect('n', 0)))
        int main(void)
        {
            volatile int n = 0;
        #ifndef __OPTIMIZE__
            while (n < 100)
                n++;
        #endif
            return n * 0;
        }
    """
    judged = check(text, "--cflags", "-O1", "--against", "-O0", "--max-steps", "20")
    assert judged.outcome == "PASS"
    assert problem(judged).startswith("the run of the reference: cut at the step limit")


def test_both_programs_are_kept(check: Callable[..., Any], tmp_path: Path) -> None:
    check(DEAD, "--cflags", "-O2", "--against", "-O0", "--save-temps", "--results-directory", "kept")
    kept = [path.parent for path in (tmp_path / "kept").rglob("program")]
    assert len(kept) == 2
    assert max(kept) == min(kept) / "reference"


def test_time_report_has_the_comparison(check: Callable[..., Any]) -> None:
    assert "\n  compare " in check(DEAD, "--cflags", "-O2", "--against", "-O0", "--time-report").said.out


def test_a_program_that_is_built_already_is_refused(dexter: Callable[..., Any], write: Callable[..., Path]) -> None:
    write(DEAD)
    said = dexter("test", "program.c", "--against", "-O0", "--binary", "/bin/true")
    assert said.status == 2
    assert "--against builds a program twice, and --binary is built already" in said.err


def test_kernels_are_refused(tree: KernelTree, verify: Callable[..., Any]) -> None:
    tree.annotate(COUNTER, "DexVerify(Eventually(Entered('count')))")
    verified = verify(COUNTER, "--against", "-O0")
    assert verified.said.status == 2
    assert "--against is not for kernels" in verified.said.err
