"""`pytest --dexter`: an item for each proposition, in pytest's own ways."""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytest_plugins = "pytester"

# It leaves a line in `runs` each time that it is run.
COUNTED = """\
#include <stdio.h>
void other(void) { }
int main(void) {
    FILE *runs = fopen("runs", "a");
    fputs("run\\n", runs);
    fclose(runs);
    return 0;
}
"""
HOLDS = "// DexVerify(Henceforth(In('main')), name='in main')\n"
TWO = COUNTED + HOLDS + "// DexVerify(Eventually(In('other')), name='other')\n"
GOOD = "int main(void) { return 0; }\n" + HOLDS


@pytest.fixture
def files(pytester):
    """Write files of the test's own project."""

    def files(**texts):
        for name, text in texts.items():
            (pytester.path / f"{name}.c").write_text(text)

    return files


def lines_of(pytester, name="runs"):
    return (pytester.path / name).read_text().splitlines()


def test_a_proposition_is_an_item_and_a_file_is_run_once(pytester, files):
    files(two=TWO)
    result = pytester.runpytest("--dexter", "-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["two.c::in main PASSED*", "two.c::other FAILED*"])
    assert lines_of(pytester) == ["run"]


def test_a_failure_shows_our_explanation_and_no_traceback(pytester, files):
    files(two=TWO)
    result = pytester.runpytest("--dexter", "two.c")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "FAIL        two.c  other: fails*",
            "  two.c:10: other: from step 0 on, In('other') never holds",
            "*|*^^^^^^^^^^^ never holds from step 0 on",
            "FAILED two.c::other - other: fails*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py:*")


def test_without_the_option_nothing_is_collected_and_nothing_is_loaded(pytester, files):
    files(two=TWO)
    pytester.makepyfile(
        """
        import sys
        def test_loaded():
            ours = sorted(name for name in sys.modules if name.partition(".")[0] in ("dexverify", "drivers", "ltd"))
            assert ours == ["dexverify", "dexverify.pytest_plugin"]
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_python_tests_and_annotated_files_go_together(pytester, files):
    files(two=TWO)
    pytester.makepyfile("def test_it():\n    pass\n")
    pytester.runpytest("--dexter").assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("dist", ["load", "loadfile", "loadgroup", "worksteal"])
def test_workers_share_the_run_of_a_file(pytester, files, dist):
    many = "".join(f"// DexVerify(Henceforth(In('main')), name='claim {i}')\n" for i in range(12))
    files(a=COUNTED + many, b=COUNTED.replace("runs", "more") + many)
    result = pytester.runpytest_subprocess("--dexter", "-n", "2", "--dist", dist, "-v")
    result.assert_outcomes(passed=24)
    assert (lines_of(pytester), lines_of(pytester, "more")) == (["run"], ["run"])
    if dist == "load":  # else this test says nothing: both must have judged items of the same file
        workers = {line.split()[0] for line in result.outlines if " a.c::" in line and line.startswith("[gw")}
        assert workers == {"[gw0]", "[gw1]"}


def test_workers_leave_nothing_behind(pytester, files, tmp_path, monkeypatch):
    files(a=GOOD)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    pytester.runpytest_subprocess("--dexter", "-n", "2", "a.c").assert_outcomes(passed=1)
    assert [path.name for path in folder.glob("dexter-*")] == []


def test_items_are_chosen_by_k_by_mark_and_by_name(pytester, files):
    files(two=TWO)
    pytester.makepyfile("def test_it():\n    pass\n")
    pytester.runpytest("--dexter", "-k", "main").assert_outcomes(passed=1, deselected=2)
    pytester.runpytest("--dexter", "-m", "not dexter", "--strict-markers").assert_outcomes(passed=1, deselected=2)
    pytester.runpytest("--dexter", "two.c::other").assert_outcomes(failed=1)


def test_what_failed_last_is_run_again(pytester, files):
    files(two=TWO)
    pytester.runpytest("--dexter")
    result = pytester.runpytest("--dexter", "--last-failed", "-v")
    result.assert_outcomes(failed=1)


def test_a_name_with_colons_can_be_chosen(pytester):
    (pytester.path / "a.cpp").write_text(
        "namespace bank { int pay() { return 0; } }\n"
        "int main() { return bank::pay(); }\n"
        "// DexVerify(Eventually(In('bank::pay')))\n"
        "// DexVerify(Henceforth(In('main')))\n"
    )
    pytester.runpytest("--dexter", "a.cpp::Eventually(In('bank:pay'))").assert_outcomes(passed=1)


def test_equal_propositions_have_names_of_their_own(pytester, files):
    files(a="int main(void) { return 0; }\n" + 2 * "// DexVerify(Henceforth(In('main')))\n")
    result = pytester.runpytest("--dexter", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["a.c::*('main')) #1 PASSED*", "a.c::*('main')) #2 PASSED*"])


def test_an_expected_failure_is_strict_xfail(pytester, files):
    files(xfail_two=TWO, good=GOOD + "// XFAIL: there is a race\n", bad=TWO + "// XFAIL: there is a race\n")
    result = pytester.runpytest("--dexter", "-v")
    # In what fails as expected, what holds passes.
    result.assert_outcomes(passed=2, xfailed=2, failed=1)
    result.stdout.fnmatch_lines(["bad.c::other XFAIL (there is a race)*", "good.c::in main FAILED*"])
    result.stdout.fnmatch_lines(["[[]XPASS(strict)[]] expected to fail (there is a race), and it did not"])
    pytester.runpytest("--dexter", "--runxfail").assert_outcomes(passed=3, failed=2)


def test_what_cannot_be_built_or_judged_is_no_expected_failure(pytester, files):
    files(
        xfail_build="int main(void) { return nothing; }\n// DexVerify(Henceforth(True))\n",
        xfail_unseen="int main(void) { return 0; }\n// DexVerify(Eventually(Expect('unseen', 1)))\n",
    )
    result = pytester.runpytest("--dexter")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*the build failed with exit status 1*", "*undeclared*"])
    result.stdout.fnmatch_lines(["UNRESOLVED  xfail_unseen.c*"])


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_compiler_says_it_once(pytester, files, monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    files(a="int main(void) { return nothing; }\n" + "".join(f"// DexVerify(In('{x}'))\n" for x in "abc"))
    result = pytester.runpytest("--dexter")
    result.assert_outcomes(failed=3)
    assert result.stdout.str().count("undeclared (first use") == 1
    result.stdout.fnmatch_lines(["FAILED a.c::In('a') - the build failed*"])
    result.stdout.fnmatch_lines(["  as told of a.c::In('a')"])


def test_what_is_required_and_not_there_is_skipped_with_the_reason(pytester, files, monkeypatch, tmp_path):
    files(a=GOOD + "// REQUIRES: sys161\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = pytester.runpytest("--dexter", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*sys161 cannot be used*"])


CRASH = "int main(void) { return *(volatile int *)0; }\n" + HOLDS


@pytest.mark.parametrize(
    ("text", "passed", "failed"),
    [
        # Nothing is claimed of the end, so that the proposition has to tell of it.
        (CRASH, 0, 1),
        # Here something is.
        (CRASH + "// DexExpectEnd('exit', 0)\n", 1, 1),
        (CRASH + "// DexExpectEnd('signal', 'SIGSEGV')\n", 2, 0),
        ("int main(void) { return 3; }\n// DexExpectEnd('exit', 3)\n", 1, 0),
        # A watch claims nothing, and a test that claims nothing is not good.
        ("int main(void) { int n = 3; return n; }\n// DexWatch('n', on_line=1)\n", 0, 1),
    ],
)
def test_how_a_run_ends_is_told(pytester, files, text, passed, failed):
    files(a=text)
    pytester.runpytest("--dexter").assert_outcomes(passed=passed, failed=failed)


def test_an_end_is_not_judged_of_a_run_that_was_stopped(pytester, files):
    never = "// DexVerify(Henceforth(Not(In('main'))), name='never')\n// DexExpectEnd('exit', 0)\n"
    files(a="int main(void) { return 0; }\n" + never)
    result = pytester.runpytest("--dexter", "-rs")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*the run was stopped: never fails"])


def test_strict_makes_the_vacuous_fail(pytester, files):
    vacuous = "// DexVerify(Henceforth(Implies(In('other'), In('main'))), name='vacuous')\n"
    files(a="void other(void) { }\n" + GOOD + vacuous)
    pytester.runpytest("--dexter").assert_outcomes(passed=2)
    result = pytester.runpytest("--dexter", "--dexter-args=--strict")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAIL        a.c  vacuous: vacuous: *", "FAILED a.c::vacuous*"])


def test_errors_of_annotations_are_collection_errors_in_words(pytester, files):
    files(good=GOOD, wrong="int main(void) { return 0; }\n// DexVerify(Eventualy(In('main')))\n")
    result = pytester.runpytest("--dexter")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*wrong.c:2:14: error: there is no operator Eventualy",
            "  2 | // DexVerify(Eventualy(In('main')))",
            "    |              ^^^^^^^^^",
            "  hint: did you mean Eventually?",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    pytester.runpytest("--dexter", "--continue-on-collection-errors").assert_outcomes(passed=1, errors=1)


def test_the_xml_has_each_proposition(pytester, files):
    files(two=TWO, xfail_three=TWO)
    pytester.runpytest("--dexter", "--junitxml=report.xml")
    cases = ET.parse(pytester.path / "report.xml").iter("testcase")  # noqa: S314 - we wrote it
    found = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in cases}
    assert found == {
        ("two.c", "in main"): [],
        ("two.c", "other"): ["failure"],
        ("xfail_three.c", "in main"): [],
        ("xfail_three.c", "other"): ["skipped"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dexter-args=--json x"], "--dexter-args: '--json' is not taken here; there are *--builder, *"),
        (["--dexter-args=--seed x"], "--dexter-args: argument --seed: 'x' is no whole number*"),
        (["--dexter-args=--cflags '"], "--dexter-args * cannot be split as a shell would*"),
        (["--dexter-builder", "icc"], "no builder called 'icc'*"),
        (["--dexter-builder", "./build.sh"], "--builder build.sh: no such file"),
        (["--dexter-debugger", "dbx"], "no debugger called 'dbx'*"),
        (["nowhere.c"], "nowhere.c: no such file or folder"),
    ],
)
def test_wrong_usage_is_told_in_a_line(pytester, files, arguments, message):
    files(a=GOOD)
    result = pytester.runpytest("--dexter", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_workers_tell_wrong_usage_in_a_line_too(pytester, files):
    files(a=GOOD)
    result = pytester.runpytest_subprocess("--dexter", "-n", "1", "--dexter-builder", "./build.sh")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["--builder build.sh: no such file"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_options_reach_the_run(pytester, files):
    files(a="int main(void) {\n    int n = N;\n    return n - n;\n}\n// DexVerify(Eventually(Expect('n', 7)))\n")
    pytester.makeini("[pytest]\ndexter_args = --cflags '-DN=6' --builder clang\n")
    pytester.runpytest("--dexter").assert_outcomes(failed=1)
    pytester.runpytest("--dexter", "--dexter-builder=gcc", "--dexter-args=--cflags -DN=7").assert_outcomes(passed=1)


def test_a_folder_that_is_one_program_is_found_by_its_settings(pytester):
    folder = pytester.mkdir("program")
    (folder / "dexter.toml").write_text('[build]\nsources = ["main.c", "twice.c"]\n')
    (folder / "main.c").write_text("int twice(int);\nint main(void) { return twice(4) - 8; }\n")
    (folder / "twice.c").write_text("int twice(int n) { return 2 * n; }\n// DexVerify(Eventually(Expect('n', 4)))\n")
    result = pytester.runpytest("--dexter", "-v")
    result.stdout.fnmatch_lines(["program/dexter.toml::Eventually(Expect('n', 4)) PASSED*"])
    result.assert_outcomes(passed=1)


def test_settings_that_make_no_sense_are_told(pytester, files):
    files(a=GOOD)
    (pytester.path / "dexter.toml").write_text("[link]\n")
    result = pytester.runpytest("--dexter")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *dexter.toml: error: unknown section *"])


@needs_machine
@pytest.mark.parametrize("workers", [0, 2])
def test_the_files_of_a_kernel_share_a_boot(pytester, tree, boots, workers):
    tree.annotate(COUNTER, "DexVerify(Eventually(Expect('total', 3)), name='counts')", "DexCommandLine(['cl'])")
    tree.annotate(LOCK, "DexVerify(Henceforth(Expect('holder', '<=', 2)), name='held')", "DexCommandLine(['cl'])")
    options = ["--dexter", str(tree.root / "kern"), "--dexter-builder=os161", "--dexter-args=--machine qemu"]
    result = pytester.runpytest_subprocess(*options, "-n", str(workers), "-v")
    result.assert_outcomes(passed=2)
    assert boots() == ["cl;q"]


@needs_machine
def test_a_variant_of_a_kernel_fails_by_what_is_said_of_it(pytester, tree):
    variant = '[[variant]]\nkernel-config = "NEGATIVE"\nfails = ["not negative"]\nreason = "it is seeded"\n'
    tree.settings(f'builder = "os161"\n{variant}')
    claim = "DexVerify(Henceforth(Expect('total', '>=', 0)), name='not negative')"
    tree.annotate(COUNTER, claim, "DexVerify(In('count'), name='x')", "DexCommandLine(['c'])")
    result = pytester.runpytest_subprocess("--dexter", str(tree.root), "--dexter-args=--machine qemu", "-rx")
    result.assert_outcomes(passed=3, xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL *counter.c::not negative (NEGATIVE) - it is seeded"])


@needs_machine
def test_a_variant_that_does_not_fail_is_told(pytester, tree):
    variant = '[[variant]]\nkernel-config = "UNRELEASED"\nfails = ["not negative"]\nreason = "it is seeded"\n'
    tree.settings(f'builder = "os161"\n{variant}')
    claim = "DexVerify(Henceforth(Expect('total', '>=', 0)), name='not negative')"
    tree.annotate(COUNTER, claim, "DexVerify(In('count'), name='x')", "DexCommandLine(['c'])")
    result = pytester.runpytest_subprocess("--dexter", str(tree.root), "--dexter-args=--machine qemu", "-rA")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["[[]XPASS(strict)[]] not negative was expected to fail (it is seeded), and it did not"]
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_interrupt_ends_everything(pytester, files, mark, until, running, workers):
    # `mark` sees to it that nothing is left.
    files(endless="int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n")
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "--dexter", "-n", workers],
        cwd=pytester.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as child:
        assert until(lambda: running("/endless"), 60)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        output, _ = child.communicate(timeout=60)
    assert b"KeyboardInterrupt" in output
    assert b"INTERNALERROR" not in output


def test_the_plugin_needs_no_more_than_a_few_milliseconds_where_it_is_not_asked_for():
    program = (
        "import time, pytest\nbegin = time.perf_counter()\nimport dexverify.pytest_plugin\n"
        "print(time.perf_counter() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) < 0.05
