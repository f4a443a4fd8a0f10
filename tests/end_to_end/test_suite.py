"""Which tests a suite has, what becomes of each, and the exit status."""

import json
import platform
import re

import pytest

GOOD = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
# `other` is there, and never called.
BAD = "void other(void) { }\nint main(void) { return 0; }\n// DexVerify(Eventually(In('other')))\n"
UNSEEN = "int main(void) { return 0; }\n// DexVerify(Eventually(Expect('unseen', 1)))\n"


@pytest.fixture
def outcomes(dexter, tmp_path):
    """`dexter test` with the arguments: the exit status, and the outcome of each test by its path."""

    def outcomes(*arguments):
        report = tmp_path / "report.json"
        said = dexter("test", *arguments, "--json", report)
        assert report.exists(), said.err
        tests = json.loads(report.read_bytes())["tests"]
        return said, {test["path"]: test["outcome"] for test in tests}

    return outcomes


def test_folder(write, outcomes):
    write(GOOD, "suite/b.c")
    write(GOOD, "suite/a.cpp")
    write(BAD, "suite/deep/er/c.c")
    write("int no_annotation;\n", "suite/other.c")
    write("DexVerify is for verifying.\n", "suite/readme.txt")
    write(BAD, "suite/.hidden/d.c")
    said, found = outcomes("suite")
    assert found == {"suite/a.cpp": "PASS", "suite/b.c": "PASS", "suite/deep/er/c.c": "FAIL"}
    assert list(found) == sorted(found)
    assert said.status == 1
    assert re.search(r"^3 tests: 2 PASS, 1 FAIL  in \d+\.\d s$", said.out, re.MULTILINE)


def test_duplicates_are_one_test(write, outcomes):
    write(GOOD, "suite/a.c")
    said, found = outcomes("suite/a.c", "suite", "suite/../suite/a.c", "./suite/a.c")
    assert found == {"suite/a.c": "PASS"}
    assert said.out.count("PASS ") == 2  # its line, and the summary


def test_linked_folder_is_no_second_suite(write, outcomes, tmp_path):
    write(GOOD, "suite/a.c")
    (tmp_path / "suite/again").symlink_to(tmp_path / "suite")
    _, found = outcomes("suite")
    assert found == {"suite/a.c": "PASS"}


@pytest.mark.parametrize("name", ["xfail_a.c", "xfail_folder/a.c", "xfail_folder/deep/a.c"])
@pytest.mark.parametrize(("text", "outcome", "status"), [(BAD, "XFAIL", 0), (GOOD, "XPASS", 1)])
def test_names_that_expect_a_failure(write, outcomes, name, text, outcome, status):
    write(text, f"suite/{name}")
    said, found = outcomes("suite")
    assert (said.status, found) == (status, {f"suite/{name}": outcome})


def test_xfail_with_a_reason(write, outcomes):
    write(BAD + "// XFAIL: the other one is missing\n", "bad.c")
    write(GOOD + "// XFAIL: nothing\n", "good.c")
    said, found = outcomes("bad.c", "good.c")
    assert found == {"bad.c": "XFAIL", "good.c": "XPASS"}
    assert "bad.c  (the other one is missing)" in said.out
    assert "expected to fail (nothing), and it did not" in said.out


def test_what_cannot_be_judged_is_no_expected_failure(write, outcomes):
    write(UNSEEN, "xfail_unseen.c")
    write("int main(void) { return nothing; }\n// DexVerify(Henceforth(True))\n", "xfail_build.c")
    write("int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n", "xfail_endless.c")
    said, found = outcomes(".", "--timeout-total", 1)
    assert found == {"xfail_build.c": "ERROR", "xfail_endless.c": "TIMEOUT", "xfail_unseen.c": "UNRESOLVED"}
    assert said.status == 1


def test_missing_capability(write, outcomes, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    write(BAD + "// REQUIRES: sys161, clang\n", "a.c")
    said, found = outcomes("a.c")
    assert (said.status, found) == (0, {"a.c": "UNSUPPORTED"})
    assert "sys161" in said.out
    assert "not found" in said.out


def test_capability_that_is_there(write, outcomes):
    write(GOOD + "// REQUIRES: gcc, gdb\n", "a.c")
    assert outcomes("a.c")[1] == {"a.c": "PASS"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("REQUIRES: gcc, x86-registered-target", "'x86-registered-target' is required, which dexter does not know; "),
        ("REQUIRES: linux && clang", "'linux && clang' is required, which dexter does not know; it knows, in lists, "),
        ("REQUIRES: target={{x86.*}}", "'target={{x86.*}}' is required, which dexter does not know; "),
        ("UNSUPPORTED: system-windows, system-linux", "it is marked as unsupported with system-linux"),
        ("UNSUPPORTED: gcc", "it is marked as unsupported with gcc"),
    ],
)
def test_unknown_features_and_unsupported_ones_are_told(line, reason, write, outcomes):
    write(BAD + f"// {line}\n", "a.c")
    said, found = outcomes("a.c")
    assert (said.status, found) == (0, {"a.c": "UNSUPPORTED"})
    assert reason in said.out


@pytest.mark.parametrize(
    "line",
    [
        "REQUIRES: the lock is held, and n != 0",
        "REQUIRES: held && !busy",
        "UNSUPPORTED: n == 0 || !held",
        "UNSUPPORTED: system-windows",
        "UNSUPPORTED: apple-lldb-pre-1000",
        "UNSUPPORTED: target={{.*windows.*}}",
    ],
)
def test_what_speaks_of_other_machines_or_is_prose_changes_nothing(line, write, outcomes):
    write(GOOD + f"// {line}\n", "a.c")
    assert outcomes("a.c")[1] == {"a.c": "PASS"}


def test_a_misspelt_unsupported_is_an_error(write, dexter):
    write(GOOD + "// UNSUPPORTED: system-linus\n", "a.c")
    said = dexter("test", "a.c")
    assert (said.status, said.out) == (2, "")
    assert "did you mean 'system-linux'?" in said.err


def test_unknown_capability(write, dexter):
    write(GOOD + "// REQUIRES: gbd\n", "a.c")
    said = dexter("test", "a.c")
    assert said.status == 2
    assert "did you mean 'gdb'?" in said.err
    assert said.err.startswith("a.c: error: ")
    assert said.out == ""


def test_program_of_several_files(write, outcomes):
    write("int twice(int n) {\n    return 2 * n;\n}\n// DexVerify(Eventually(Expect('n', 4)))\n", "suite/part/twice.c")
    write(
        """
        // DexSources: part/twice.c
        int twice(int n);
        int main(void) { return twice(4) - 8; }
        // DexVerify(Eventually(OnStack('twice')))
        """,
        "suite/main.c",
    )
    said, found = outcomes("suite/main.c", "-v")
    assert found == {"suite/main.c": "PASS"}
    # The propositions of both files are judged.
    assert "twice.c:4: holds" in said.out
    assert "main.c:4: holds" in said.out


def test_folder_does_not_run_a_part_of_a_program_by_itself(write, outcomes):
    write("int twice(int n) { return 2 * n; }\n// DexVerify(Eventually(Expect('n', 4)))\n", "suite/twice.c")
    write("// DexSources: twice.c\nint twice(int n);\nint main(void) { return twice(4) - 8; }\n", "suite/main.c")
    said, found = outcomes("suite")
    assert (said.status, found) == (0, {"suite/main.c": "PASS"})


def test_source_that_is_not_there(write, dexter):
    write("// DexSources: nowhere.c\n" + GOOD, "main.c")
    said = dexter("test", "main.c")
    assert said.status == 2
    assert re.search(r"main\.c:1:16: error: there is no file .*nowhere\.c", said.err)


def test_folder_with_settings(write, outcomes):
    write(
        """
        [build]
        sources = ["main.c", "echo.c"]
        cflags = ["-DFACTOR=3"]
        ldflags = ["-lm"]
        [run]
        arguments = ["one", "two words"]
        stdin = "input.txt"
        """,
        "suite/program/dexter.toml",
    )
    write("7\n", "suite/program/input.txt")
    write(
        """
        #include <stdio.h>
        #include <math.h>
        int echo(int n);
        int main(int argc, char **argv) {
            int n = 0;
            if (scanf("%d", &n) != 1) return 1;
            return echo(n * FACTOR + argc) + (int)floor(cos(argc)) - 23;
        }
        // DexVerify(Eventually(Expect('n', 7)))
        // DexVerify(Eventually(Expect('argv[2]', 'two words')))
        // DexExpectEnd('exit', 0)
        """,
        "suite/program/main.c",
    )
    write("int echo(int n) { return n; }\n// DexVerify(Eventually(Expect('n', 24)))\n", "suite/program/echo.c")
    said, found = outcomes("suite")
    assert found == {"suite/program": "PASS"}, said.out
    # One of its files names the whole test.
    assert outcomes("suite/program/echo.c")[1] == {"suite/program": "PASS"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[build\n", "not valid TOML"),
        ("[link]\n", "unknown section [link]"),
        ("[build]\nflags = []\n", "unknown key 'flags'"),
        ("[build]\ncflags = '-O2'\n", "must be a list of strings"),
        ("[build]\nsources = ['nowhere.c']\n", "no such source file"),
        ("[run]\nstdin = 3\n", "must be the path of a file"),
    ],
)
def test_settings_that_make_no_sense(write, dexter, text, message):
    write(GOOD, "suite/a.c")
    write(text, "suite/dexter.toml")
    said = dexter("test", "suite")
    assert said.status == 2
    assert "suite/dexter.toml: error: " in said.err
    assert message in said.err


def test_stand_alone_commands(write, outcomes):
    write("int main(void) {\n    int x = 2;\n    return x - 2;\n}\n", "suite/main.c")
    write(
        "// DexSources: main.c\nDexDeclareFile('main.c')\nDexVerify(Eventually(And(At(3), Expect('x', 2))))\n",
        "suite/main.dex",
    )
    write(
        "// DexSources: main.c\nDexDeclareFile('main.c')\nDexVerify(Eventually(Expect('x', 3)))\n",
        "suite/xfail_main.dex",
    )
    said, found = outcomes("suite")
    assert (said.status, found) == (0, {"suite/main.dex": "PASS", "suite/xfail_main.dex": "XFAIL"})


def test_annotations_in_a_header(write, outcomes):
    write(
        "static inline int half(int n) {\n    return n / 2;\n}\n// DexVerify(Eventually(Expect('n', 8)))\n",
        "suite/half.h",
    )
    write('#include "half.h"\nint main(void) { return half(8) - 4; }\n// DexVerify(Henceforth(OnStack(\'main\')))\n',
          "suite/main.c")  # fmt: skip
    said, found = outcomes("suite", "-v")
    assert found == {"suite/main.c": "PASS"}
    assert "half.h:4: holds" in said.out


def test_annotations_only_in_a_header(write, outcomes):
    write("static inline int half(int n) { return n / 2; }\n// DexVerify(Eventually(Expect('n', 8)))\n", "suite/half.h")
    write('#include "half.h"\nint main(void) { return half(8) - 4; }\n', "suite/main.c")
    assert outcomes("suite/main.c")[1] == {"suite/main.c": "PASS"}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is in the machine's language")
def test_assembler(write, outcomes):
    text = "    .text\n    .globl main\nmain:\n    xor %eax, %eax\n    ret  // DexVerify(Eventually(At(5)))\n"
    write(text, "suite/program.S")
    said, found = outcomes("suite", "--cflags", "-Wa,-g")
    assert (said.status, found) == (0, {"suite/program.S": "PASS"})


def test_no_test_found(write, dexter):
    write("int main(void) { return 0; }\n", "suite/a.c")
    said = dexter("test", "suite")
    assert (said.status, said.out) == (2, "")
    assert "no test found in suite" in said.err


def test_file_without_annotation(write, dexter):
    write("int main(void) { return 0; }\n", "a.c")
    said = dexter("test", "a.c")
    assert said.status == 2
    assert "a.c: no annotation in this file" in said.err


def test_missing_path(write, dexter):
    write(GOOD, "a.c")
    said = dexter("test", "a.c", "nowhere")
    assert (said.status, said.out) == (2, "")
    assert "nowhere: no such file or folder" in said.err


@pytest.mark.parametrize(
    "arguments",
    [["--no-such-option"], ["--max-steps", "0"], ["--timeout-total", "soon"], ["-j", "-1"], ["--gdb-agent", "maybe"]],
)
def test_wrong_option(write, dexter, arguments):
    write(GOOD, "a.c")
    said = dexter("test", "a.c", *arguments)
    assert (said.status, said.out) == (2, "")
    assert arguments[0] in said.err


def test_no_path_and_no_such_command(dexter):
    assert dexter("test").status == 2
    assert dexter("tset").status == 2


def test_every_error_of_every_file_is_told(write, dexter):
    write("int main(void) { return 0; }\n// DexVerfy(True)\n// DexVerify(Eventualy(True))\n", "suite/a.c")
    write(GOOD, "suite/b.c")
    write("int main(void) { return 0; }\n// DexVerify(Expect(3))\n", "suite/c.c")
    said = dexter("test", "suite")
    assert (said.status, said.out) == (2, "")
    places = re.findall(r"suite/(\w\.c:\d+):\d+: error: ", said.err)
    assert places == ["a.c:2", "a.c:3", "c.c:2"]


def test_nothing_to_verify(write, outcomes):
    write("int main(void) {\n    int x = 1;\n    return x - 1;\n}\n// DexWatch('x', on_line=3)\n", "a.c")
    said, found = outcomes("a.c")
    assert (said.status, found) == (1, {"a.c": "UNRESOLVED"})
    assert "nothing to verify" in said.out


def test_several_jobs_give_the_same_as_one(write, dexter, tmp_path):
    for number in range(3):
        write(GOOD, f"suite/good{number}.c")
        write(BAD, f"suite/bad{number}.c")
        write(BAD, f"suite/xfail_{number}.c")
    said = [dexter("test", "suite", "-j", jobs, "--json", tmp_path / f"{jobs}.json") for jobs in (1, 2)]
    reports = [json.loads((tmp_path / f"{jobs}.json").read_bytes()) for jobs in (1, 2)]
    for test in (test for report in reports for test in report["tests"]):
        del test["seconds"]
    assert reports[0] == reports[1]
    assert [re.sub(r"\d+\.\d s", "", each.out) for each in said] == [re.sub(r"\d+\.\d s", "", said[0].out)] * 2
    assert [each.status for each in said] == [1, 1]


def test_filter(write, outcomes, dexter):
    write(GOOD, "suite/one.c")
    write(BAD, "suite/two.c")
    write(GOOD, "suite/one/three.c")
    said, found = outcomes("suite", "--filter", "one")
    assert (said.status, found) == (0, {"suite/one.c": "PASS", "suite/one/three.c": "PASS"})
    said = dexter("test", "suite", "--filter", "four")
    assert said.status == 2
    assert "no test found in suite with 'four' in its path" in said.err


@pytest.mark.parametrize("jobs", [1, 2])
def test_max_failures(write, outcomes, jobs):
    for number in range(8):
        write(BAD, f"suite/bad{number}.c")
    write(GOOD, "suite/a_good.c")
    said, found = outcomes("suite", "--max-failures", 2, "-j", jobs)
    assert said.status == 1
    assert list(found.values()).count("FAIL") in range(2, 2 + jobs)  # what runs already is not thrown away
    assert f"{9 - len(found)} more tests were not run" in said.out


def test_vacuity(write, outcomes):
    text = "void no(void) { }\nint main(void) { return 0; }\n// DexVerify(Henceforth(Implies(In('no'), In('main'))))\n"
    write(text, "a.c")
    write(text, "xfail_a.c")
    said, found = outcomes("a.c")
    assert (said.status, found) == (0, {"a.c": "PASS"})
    assert "warning: vacuous: In('main') never mattered" in said.out
    said, found = outcomes("a.c", "xfail_a.c", "--strict")
    assert (said.status, found["a.c"]) == (1, "FAIL")
