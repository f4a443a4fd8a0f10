"""What the annotations name and the program does not have is told; it never makes a proposition hold silently."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.pipeline import run_test
from dexverify.report.model import TestResult
from dexverify.suite import load
from drivers.gdb.driver import GdbDriver

PROGRAM = """\
static int get(void)
{
    int count = 1;
    return count;
}
int main(void)
{
    return get() - 1;
}
"""


def judge(tmp_path: Path, annotation: str, **options: bool) -> TestResult:
    path = tmp_path / "program.c"
    path.write_text(f"// {annotation}\n{PROGRAM}")
    (test,) = load([path])
    with closing(GdbDriver()) as driver:
        return run_test(test, Options(**options), driver)


@pytest.mark.parametrize("atom", ["In('gett')", "Entered('gett')", "Returned('gett')"])
def test_a_function_that_the_program_has_not_is_an_error_before_the_run(tmp_path: Path, atom: str) -> None:
    result = judge(tmp_path, f"DexVerify(Henceforth(Not({atom})))")
    assert result.outcome is Outcome.ERROR
    assert result.steps == 0
    assert "no function 'gett' in the watched files" in result.detail
    assert "did you mean 'get'?" in result.detail


def test_a_function_of_the_library_is_none_of_the_watched_files(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexVerify(Henceforth(Not(In('malloc'))))")
    assert result.outcome is Outcome.ERROR
    assert "there are get, main" in result.detail


def test_a_variable_that_is_never_seen_is_a_warning_and_a_failure_when_strict(tmp_path: Path) -> None:
    annotation = "DexVerify(Henceforth(Implies(In('get'), Not(Expect('coutn', 1)))))"
    result = judge(tmp_path, annotation)
    assert result.outcome is Outcome.PASS
    assert "Expect('coutn', 1) was never observable, and counted as false" in result.findings[0].warnings
    assert judge(tmp_path, annotation, strict=True).outcome is Outcome.FAIL


def test_a_formula_of_nothing_observable_is_unresolved(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexVerify(Henceforth(Not(Expect('coutn', 1))))")
    assert result.outcome is Outcome.UNRESOLVED
    assert "'coutn' is never observable" in result.findings[0].explanation.summary


def test_a_step_function_must_exist(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexStepFunction('gte') DexVerify(Eventually(Expect('count', 1)))")
    assert result.outcome is Outcome.ERROR
    assert "no function 'gte'" in result.detail


def test_a_command_that_skips_steps_needs_code_where_it_begins_and_ends(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexContinue(from_line=4, to_line=900) DexVerify(Henceforth(Not(Expect('count', 1))))")
    assert result.outcome is Outcome.ERROR
    assert "line 900, which has no code" in result.detail


@pytest.mark.parametrize("lines", ["", "on_line=1", "on_line=4", "from_line=50, to_line=60"])
def test_what_never_could_have_code_cannot_be_unreachable(tmp_path: Path, lines: str) -> None:
    result = judge(tmp_path, f"DexUnreachable({lines}) DexVerify(True)")
    assert result.outcome is (Outcome.ERROR if lines != "on_line=4" else Outcome.FAIL)


@pytest.mark.parametrize(("name", "outcome"), [("ns::f", "FAIL"), ("f", "FAIL"), ("nz::f", "ERROR"), ("C::g", "FAIL")])
def test_the_scopes_of_a_function_must_exist(tmp_path: Path, name: str, outcome: str) -> None:
    path = tmp_path / "program.cpp"
    path.write_text(
        f"// DexVerify(Henceforth(Not(In('{name}'))))\n"
        "namespace ns { void f() {} }\n"
        "template <class T> struct C { void g() {} };\n"
        "int main()\n{\n    ns::f();\n    C<int>().g();\n    return 0;\n}\n"
    )
    (test,) = load([path])
    with closing(GdbDriver()) as driver:
        assert run_test(test, Options(), driver).outcome.value == outcome


def test_a_line_that_only_begins_a_function_is_no_step(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexVerify(Henceforth(Not(At(3))))")
    assert result.outcome is Outcome.ERROR
    assert "line 3, which has no code" in result.detail


def test_a_misspelt_condition_is_unresolved(tmp_path: Path) -> None:
    result = judge(tmp_path, "DexFinishTest('cuont', 1, on_line=5) DexVerify(Eventually(Expect('count', 1)))")
    assert result.outcome is Outcome.UNRESOLVED
    assert "'cuont' is the condition of a command" in result.reason
