"""The options of `dexter test` that say how a program is built and run."""

import json
import os
import re
import shutil
import subprocess

import pytest

COMPILED_BY = """
    int main(void) {
    #ifdef __clang__
        int by_clang = 1;
    #else
        int by_clang = 0;
    #endif
        return by_clang * 0;
    }
    // DexVerify(Eventually(Expect('by_clang', 1)))
"""
ARGUMENTS = """
    int main(int argc, char **argv) {
        return argc * 0;
    }
    // DexVerify(Henceforth(Expect('argc', 4)))
    // DexVerify(Henceforth(And(Expect('argv[1]', 'one'), Expect('argv[2]', 'two words'), Expect('argv[3]', 'three'))))
"""
OPTIMISED = """
    int main(void) {
    #ifdef __OPTIMIZE__
        static volatile int level = 1;
    #else
        static volatile int level = 0;
    #endif
        return level * 0;
    }
    // DexVerify(Eventually(Expect('level', 1)))
"""


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
def test_builder_clang(check):
    assert check(COMPILED_BY, "--builder", "clang").outcome == "PASS"
    assert check(COMPILED_BY, "--builder", "gcc").outcome == "FAIL"
    assert check(COMPILED_BY).outcome == "FAIL"


def test_builder_script(check, tmp_path):
    script = tmp_path / "build me"
    script.write_text('#!/bin/sh -e\nout=$1; shift\necho "$@" > seen\nexec gcc -g $CFLAGS -D__clang__ -o "$out" "$@"\n')
    script.chmod(0o755)
    assert check(COMPILED_BY, "--builder", "./build me").outcome == "PASS"
    assert (tmp_path / "seen").read_text() == f"{tmp_path}/program.c\n"


def test_builder_script_that_fails(check, tmp_path):
    script = tmp_path / "build"
    script.write_text("#!/bin/sh\necho the disk is full >&2\nexit 4\n")
    script.chmod(0o755)
    judged = check(COMPILED_BY, "--builder", "./build")
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert "the build failed with exit status 4" in judged.said.out
    assert "the disk is full" in judged.said.out


def test_unknown_builder(write, dexter):
    write(COMPILED_BY, "a.c")
    said = dexter("test", "a.c", "--builder", "gc")
    assert said.status == 2
    assert "gcc" in said.err


def test_unknown_debugger(write, dexter):
    write(COMPILED_BY, "a.c")
    said = dexter("test", "a.c", "--debugger", "dbx")
    assert said.status == 2
    assert "no debugger called 'dbx'" in said.err


def test_flags(check):
    assert check(OPTIMISED, "--cflags=-O2").outcome == "PASS"
    assert check(OPTIMISED, "--cflags", "-O1 -DX='a b'").outcome == "PASS"
    assert check(OPTIMISED).outcome == "FAIL"
    text = "#include <math.h>\nint main(int c, char **v) { return (int)cos(c) * 0; }\n// DexVerify(Expect('c', 1))"
    judged = check(text, "--cflags=-fno-builtin", "--ldflags=-lm")
    assert judged.outcome == "PASS"


def test_arguments(check):
    assert check(ARGUMENTS + "// DexCommandLine(['one', 'two words', 'three'])").outcome == "PASS"
    assert check(ARGUMENTS, "--target-run-args", "one 'two words' three").outcome == "PASS"
    # As in DExTer, the command's arguments come last.
    judged = check(ARGUMENTS + "// DexCommandLine(['three'])", "--target-run-args", "one 'two words'")
    assert judged.outcome == "PASS"


def test_arguments_are_not_for_a_shell(check, tmp_path):
    judged = check("""
        int main(int argc, char **argv) {
            return argc * 0;
        }
        // DexCommandLine(['$(touch touched)', '*', '; touch touched', '', "it's", '\\\\', 'a"b'])
        // DexVerify(Henceforth(And(Expect('argc', 8), Expect('argv[1]', '$(touch touched)'), Expect('argv[2]', '*'),
        //                          Expect('argv[4]', ''), Expect('argv[5]', "it's"), Expect('argv[7]', 'a"b'))))
    """)
    assert judged.outcome == "PASS", judged.said.out
    assert not (tmp_path / "touched").exists()


def test_input(check, write, dexter):
    text = """
        #include <stdio.h>
        int main(void) {
            int c = getchar();
            return c * 0;
        }
    """
    write("hello\n", "input.txt")
    assert check(text + "// DexVerify(Eventually(Expect('c', \"'h'\")))", "--stdin", "input.txt").outcome == "PASS"
    assert check(text + "// DexVerify(Eventually(Expect('c', -1)))").outcome == "PASS"
    said = dexter("test", "program.c", "--stdin", "nowhere.txt")
    assert (said.status, said.out) == (2, "")
    assert "--stdin nowhere.txt: no such file" in said.err


def test_binary(check, tmp_path, write, dexter):
    text = "int main(void) {\n    int x = WHICH;\n    return x * 0;\n}\n// DexVerify(Eventually(Expect('x', 42)))\n"
    source = write(text)
    subprocess.run(["gcc", "-g", "-DWHICH=42", source, "-o", tmp_path / "ready"], check=True)
    assert check(text, "--binary", "ready").outcome == "PASS"
    write(text, "other.c")
    said = dexter("test", "program.c", "other.c", "--binary", "ready")
    assert said.status == 2
    assert "--binary is one program, and there are 2 tests" in said.err


@pytest.mark.parametrize("map_paths", [False, True])
def test_binary_that_was_built_elsewhere(check, tmp_path, write, map_paths):
    text = "int main(void) {\n    int x = 42;\n    return x * 0;\n}\n// DexVerify(Eventually(Expect('x', 42)))\n"
    elsewhere = write(text, "far/away/src/program.c")
    flags = [f"-ffile-prefix-map={tmp_path}/far/away=/builds/job-7"] if map_paths else []
    subprocess.run(["gcc", "-g", *flags, elsewhere, "-o", tmp_path / "ready"], check=True)
    shutil.rmtree(tmp_path / "far")
    judged = check(text, "--binary", "ready", "--source-root-dir", "src", name="src/program.c")
    assert (judged.outcome, judged.test["path"]) == ("PASS", "program.c")


def test_binary_of_another_program(check, tmp_path, write):
    other = write("int main(void) { return 0; }\n", "other.c")
    subprocess.run(["gcc", "-g", other, "-o", tmp_path / "ready"], check=True)
    judged = check("int main(void) { return 1; }\n// DexVerify(Henceforth(In('main')))\n", "--binary", "ready")
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert "its debug information names other.c" in judged.said.out


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_binary_that_is_none(check, tmp_path, mode):
    (tmp_path / "text").write_text("not a program\n")
    (tmp_path / "text").chmod(mode)
    judged = check("int main(void) { return 1; }\n// DexVerify(Henceforth(In('main')))\n", "--binary", "text")
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert re.search(r"text(:| is) no", judged.said.out)


def test_binary_that_is_not_there(write, dexter):
    write("int main(void) { return 1; }\n// DexVerify(Henceforth(In('main')))\n", "a.c")
    said = dexter("test", "a.c", "--binary", "nowhere")
    assert (said.status, said.out) == (2, "")
    assert "--binary nowhere: no such file" in said.err


def test_source_root(write, dexter, tmp_path):
    write("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n", "deep/er/a.c")
    said = dexter("test", tmp_path / "deep/er/a.c", "--source-root-dir", tmp_path / "deep")
    assert re.match(r"PASS +er/a\.c  ", said.out)


def test_results_directory_and_saved_files(check, tmp_path):
    text = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
    check(text, "--results-directory", "results/here", name="some/program.c")
    kept = [path.name for path in (tmp_path / "results/here").rglob("*") if path.is_file()]
    assert sorted(kept) == ["program.c.dexrec", "results.json"]
    assert json.loads((tmp_path / "results/here/results.json").read_bytes()) == json.loads(
        (tmp_path / "report.json").read_bytes()
    )
    check(text, "--results-directory", "results/here", "--save-temps", name="some/program.c")
    programs = [path for path in (tmp_path / "results/here").rglob("program") if os.access(path, os.X_OK)]
    assert len(programs) == 1
    assert subprocess.run([programs[0]], check=False).returncode == 0


def test_nothing_is_left_in_the_temporary_folder(check, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    check("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n")
    check("int main(void) { return nothing; }\n// DexVerify(Henceforth(In('main')))\n")
    check("int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n", "--timeout-total", 1)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_time_report(check):
    out = check("int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n", "--time-report").said.out
    stages = re.findall(r"^  (\w+) +(\d+\.\d{3}) +\d+%$", out, re.MULTILINE)
    assert [stage for stage, _ in stages] == ["build", "plan", "record", "judge"]
    assert sum(float(seconds) for _, seconds in stages) > 0


@pytest.mark.parametrize("agent", ["yes", "no"])
def test_step_timeout(check, mark, agent):
    judged = check(
        """
        #include <unistd.h>
        int main(void) {
            int x = 1;
            x = 2;
            pause();
            return 0;
        }
        // DexVerify(Eventually(Expect('x', 3)))
        """,
        "--timeout-step",
        1.5,
        "--gdb-agent",
        agent,
    )
    assert (judged.outcome, judged.status, judged.test["steps"]) == ("TIMEOUT", 1, 3)
    assert judged.test["end"] == "cut at the time limit in main (program.c:5)"


def test_both_ways_of_driving_gdb_say_the_same(check):
    text = """
        static int twice(int n) { return 2 * n; }
        int main(void) {
            int x = 0;
            for (int i = 0; i < 4; i++)
                x += twice(i);
            return x;
        }
        // DexVerify(Henceforth(Expect('x', '<', 12)))
        // DexExpectEnd('exit', 12)
    """
    inside, outside = (check(text, "--gdb-agent", agent).test for agent in ("yes", "no"))
    del inside["seconds"], outside["seconds"]
    assert inside == outside
    assert inside["outcome"] == "FAIL"
