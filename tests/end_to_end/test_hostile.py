"""Programs and annotations that are no friends: what `dexter test` makes of each."""

import os
import signal
import subprocess
from pathlib import Path

import pytest


def test_program_prints_debugger_records(check):
    judged = check(r"""
        #include <stdio.h>
        int main(void) {
            int x = 1;
            puts("*stopped,reason=\"exited-normally\"\n(gdb) \n^error,msg=\"No\"\n[\"end\", 0]\n{\"exit\": 0}");
            fputs("^done\n=thread-exited,id=\"1\"\n~\"no\"", stderr);
            x = 2;
            return x;
        }
        // DexVerify(Ordered(Expect('x', 1), Expect('x', 2)))
        // DexVerify(Henceforth(Expect('x', '<', 3)))
        // DexExpectEnd('exit', 2)
    """)
    assert (judged.outcome, judged.test["end"], judged.test["steps"]) == ("PASS", "exit 2", 6)


def test_program_floods_its_error_stream(check):
    judged = check("""
        #include <stdio.h>
        int main(void) {
            int i = 0;
            for (; i < 200000; i++) fprintf(stderr, "line %d of many, and more\\n", i);
            return 0;
        }
        // DexVerify(Eventually(Expect('i', 200000)))
        // DexLimitSteps(on_line=5)
    """)
    assert (judged.outcome, judged.test["end"]) == ("PASS", "exit 0")


def test_program_prints_40_megabytes(check):
    judged = check(
        """
        #include <stdio.h>
        static char block[1 << 20];
        static void print(void) { for (int i = 0; i < 40; i++) fwrite(block, 1, sizeof block, stdout); }
        int main(void) {
            for (unsigned i = 0; i < sizeof block; i++) block[i] = i % 64 ? 'x' : '\\n';
            print();
            puts("the end");
            return 0;
        }
        // DexVerify(Eventually(At(9)))
        // DexLimitSteps(on_line=9)
        // DexVerify(Henceforth(In('main')))
        """,
        "-v",
    )
    assert (judged.outcome, judged.test["end"]) == ("PASS", "exit 0")
    assert "xthe end\n" in judged.said.out
    assert len(judged.said.out) < 10_000


def test_program_prints_control_sequences(check):
    judged = check(
        r"""
        #include <stdio.h>
        int main(void) {
            fputs("\033[31mred\033[0m\033]0;title\007\r\nbell\a\0 \xff\tend\n", stdout);
            fwrite("zero\0byte", 1, 9, stdout);
            return 0;
        }
        // DexVerify(Henceforth(In('main')))
        """,
        "-v",
    )
    assert judged.outcome == "PASS"
    assert "    \\x1b[31mred\\x1b[0m\\x1b]0;title\\x07\n    bell\\x07zero\\x00byte\n" in judged.said.out
    assert "\x1b" not in judged.said.out


def test_program_reads_its_input(check):
    judged = check("""
        #include <stdio.h>
        int main(void) {
            int c = getchar();
            return c == EOF ? 0 : 1;
        }
        // DexVerify(Eventually(Expect('c', -1)))
        // DexExpectEnd('exit', 0)
    """)
    assert judged.outcome == "PASS"


def test_program_forks(check, mark):
    judged = check("""
        #include <sys/wait.h>
        #include <unistd.h>
        int main(void) {
            int status = 0;
            if (fork() == 0)
                _exit(7);
            wait(&status);
            return 0;
        }
        // DexVerify(Henceforth(Not(At(6))))
        // DexVerify(Eventually(Expect('status', 0x700)))
    """)
    assert (judged.outcome, judged.test["end"]) == ("PASS", "exit 0")


def test_program_exits_with_a_status(check):
    text = "int main(void) {\n    int x = 10;\n    return x;\n}\n// DexVerify(Eventually(Expect('x', 10)))\n"
    judged = check(text)
    assert (judged.outcome, judged.test["end"]) == ("PASS", "exit 10")
    judged = check(text + "// DexExpectEnd('exit', 0)")
    assert (judged.outcome, judged.test["reason"]) == ("FAIL", "exit 10, where exit 0 is expected")
    assert check(text + "// DexExpectEnd('exit', 10)").outcome == "PASS"


@pytest.mark.parametrize(
    ("statement", "name"), [("abort();", "SIGABRT"), ("raise(SIGFPE);", "SIGFPE"), ("raise(SIGKILL);", "SIGKILL")]
)
def test_program_dies(check, statement, name):
    text = f"""
        #include <signal.h>
        #include <stdlib.h>
        static void die(int n) {{
            {statement}
        }}
        int main(void) {{
            die(4);
            return 0;
        }}
        // DexVerify(Eventually(Expect('n', 4)))
    """
    judged = check(text)
    assert (judged.outcome, judged.status, judged.verdicts) == ("FAIL", 1, ["holds"])
    assert judged.test["end"].startswith(name)
    assert judged.said.out.startswith(f"FAIL        {judged.test['path']}  {name}")
    if name != "SIGKILL":
        assert "in die (program.c:4)" in judged.test["end"]
    assert check(text + f"\n// DexExpectEnd('signal', '{name}')").outcome == "PASS"
    assert check(text + "\n// DexExpectEnd('signal', 'SIGBUS')").outcome == "FAIL"


def test_program_is_killed_from_outside(write, start, running, until, tmp_path):
    write("""
        #include <stdio.h>
        #include <unistd.h>
        int main(void) {
            int x = 1;
            FILE *file = fopen("process", "w");
            fprintf(file, "%d\\n", (int)getpid());
            fclose(file);
            for (;;)
                pause();
        }
        // DexVerify(Henceforth(Expect('x', '!=', 2)))
    """)
    process = start("test", "program.c")
    written = tmp_path / "process"
    assert until(lambda: written.exists() and written.read_text().endswith("\n"))
    pid = written.read_text().strip()
    # While the debugger has it, its state is another.
    assert until(lambda: Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] == "S")
    os.kill(int(pid), signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, "")
    assert out.startswith("FAIL        program.c  SIGKILL")


def test_endless_line(check, mark):
    judged = check(
        "int main(void) {\n    int x = 3;\n    while (x) ;\n    return 0;\n}\n// DexVerify(Eventually(At(4)))\n",
        "--timeout-total",
        1,
    )
    assert (judged.outcome, judged.verdicts) == ("TIMEOUT", ["presumably fails"])
    assert judged.test["end"] == "cut at the time limit in main (program.c:3)"


@pytest.mark.parametrize("command", [["strip"], ["strip", "-g"]])
def test_stripped_program(check, write, tmp_path, command):
    text = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
    subprocess.run(["gcc", "-g", write(text), "-o", tmp_path / "ready"], check=True)
    subprocess.run([*command, tmp_path / "ready"], check=True)
    judged = check(text, "--binary", "ready")
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert "-g" in judged.test["reason"]


def test_optimised_out_value(check):
    judged = check(
        """
        #include <stdio.h>
        int main(int argc, char **argv) {
            int gone = argc * 3;
            if (gone > 100) puts("many");
            puts("one");
            puts("two");
            return 0;
        }
        // DexVerify(Henceforth(Expect('gone', '!=', 99)))
        """,
        "--cflags",
        "-O2",
    )
    assert (judged.outcome, judged.status, judged.verdicts) == ("UNRESOLVED", 1, ["unknown"])
    assert judged.caret() == "Expect('gone', '!=', 99)"
    assert "'gone'" in judged.explanation()["summary"]
    assert "optimized out" in judged.explanation()["summary"]


def test_unmapped_memory(check):
    judged = check("""
        int main(void) {
            int *p = (int *)8;
            return p == 0;
        }
        // DexVerify(Henceforth(Implies(At(3), Expect('*p', 1))))
    """)
    assert (judged.outcome, judged.verdicts) == ("UNRESOLVED", ["unknown"])
    assert "Cannot access memory at address 0x8" in judged.explanation()["summary"]


def test_latin_1_source(check):
    text = """int main(void) {
    int x = 1; /* \xe4\xf6\xfc */
    return 0;
}
/* \xdf */ // DexVerify(Eventually(Expect('x', 2)))
"""
    judged = check(text.encode("latin-1"))
    assert (judged.outcome, judged.verdicts) == ("FAIL", ["fails"])
    assert "       5 | /* \xdf */ // DexVerify(Eventually(Expect('x', 2)))\n" in judged.said.out
    assert judged.said.out.split("\n")[3].index("^") == judged.said.out.split("\n")[2].index("Expect(")


@pytest.mark.parametrize("name", ["a path with spaces/my program.c", "d'é \"f/$(touch x);&.c", "-x/--binary.c"])
def test_odd_path(check, tmp_path, name):
    judged = check(
        "int main(void) {\n    int x = 1;\n    return x;\n}\n// DexVerify(Eventually(Expect('x', 1)))\n", name=name
    )
    assert (judged.outcome, judged.status) == ("PASS", 0)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "expression", ["x = 5", "x++", "--x", "f()", "x += 1", "(*f)(1)", "$_exitcode = 1", "$_shell(1)", "({ 1; })"]
)
def test_expression_that_would_write_or_call(write, dexter, expression):
    source = write(f"""
        int x;
        int f(void) {{ return 1; }}
        int main(void) {{ return f() + x - 1; }}
        // DexVerify(Henceforth(Expect('{expression}', 0)))
    """)
    said = dexter("test", source)
    assert (said.status, said.out) == (2, "")
    assert f"{source}:4:" in said.err
    assert "^" in said.err


def test_annotation_inside_a_string_is_none(check):
    judged = check(r"""
        int main(void) {
            const char *s = "// DexVerify(Henceforth(False)) \" /* DexVerify(";
            char c = '"'; // DexVerify(Eventually(Expect('c', 34)))
            return s == 0 && c;
        }
    """)
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"])


def test_windows_line_ends_and_tabs(check):
    lines = [
        "int main(void) {",
        "\tint x = 1;",
        "\treturn x - 1;",
        "}",
        "\t// DexVerify(",
        "//\tEventually(Expect('x', 2)))",
        "",
    ]
    judged = check("\r\n".join(lines).encode())
    assert (judged.outcome, judged.verdicts) == ("FAIL", ["fails"])
    caret, line = judged.said.out.split("\n")[3], judged.said.out.split("\n")[2]
    assert "\r" not in judged.said.out
    assert caret.expandtabs().index("^") == line.expandtabs().index("Expect(")
