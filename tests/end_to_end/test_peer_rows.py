"""What DExTer, with its branch for temporal properties, was measured to get wrong: a test for each, the right answer.

The first line of each docstring names the case, the second what DExTer does.
"""

import subprocess
import time

import pytest

LOOP = """
    int main(void) {
        int x = 0;
        for (int i = 0; i < 3; i++)
            x = x + 1;
        return 0;
    }
"""


def test_eventually_henceforth_with_a_trailing_unwatched_step(check):
    """`Eventually(Henceforth(x))` with a trailing unwatched step.

    DExTer: passes for any x.
    """
    judged = check("""
        int main(void) {
            int x = 1;      // DexWatch('x')
            x = 2;          // DexWatch('x')
            x = 3;          // DexWatch('x')
            return 0;
        }
        // DexVerify(Eventually(Henceforth(Expect('x', 7))))
        // DexVerify(Eventually(Henceforth(Expect('x', 2))))
        // DexVerify(Not(Eventually(Henceforth(Expect('x', 1)))))
    """)
    assert judged.verdicts == ["fails", "holds", "holds"]
    assert (judged.outcome, judged.status) == ("FAIL", 1)


def test_no_watch_is_needed(check):
    """A test without DexWatch.

    DExTer: every atom false: an "expected failure" that proves nothing.
    """
    judged = check("""
        int main(void) {
            int x = 1;
            x = 2;
            return 0;
        }
        // DexVerify(Eventually(Expect('x', 2)))
        // DexVerify(Eventually(Expect('x', 3)))
    """)
    assert judged.verdicts == ["holds", "fails"]


def test_never_observable_is_unresolved_even_when_a_failure_is_expected(check):
    """A test without DexWatch, whose atoms cannot be seen.

    DExTer: every atom false: an "expected failure" that proves nothing.
    """
    judged = check("""
        // XFAIL: nothing is seen, so nothing has failed
        static int unused(int hidden) { return hidden; }
        int main(void) {
            return sizeof unused(1) - sizeof(int);
        }
        // DexVerify(Eventually(Expect('hidden', 1)))
    """)
    assert (judged.outcome, judged.status, judged.verdicts) == ("UNRESOLVED", 1, ["unknown"])
    assert "'hidden' is never observable" in judged.said.out


@pytest.mark.parametrize("operator", ["After(In('second'), In('first'))", "Ordered(In('first'), In('second'))"])
def test_an_order_that_does_not_begin_at_step_0(check, operator):
    """`After`, `Ordered` when the first event is not at step 0.

    DExTer: fails; its documentation omits the needed `Eventually`.
    """
    judged = check(f"""
        static void first(void) {{ }}
        static void second(void) {{ }}
        int main(void) {{
            first();
            second();
            return 0;
        }}
        // DexVerify({operator})
        // DexVerify(Eventually({operator}))
    """)
    assert judged.verdicts == ["fails", "holds"]
    # It is said where it was looked for, so that the missing `Eventually` is seen.
    assert "at step 0" in judged.explanation(0)["summary"]
    assert judged.caret(0) == "In('first')"


def test_empty_trace(check):
    """Empty trace.

    DExTer: `G False` holds.
    """
    judged = check("""
        static void never_called(void) { }
        int main(void) { return sizeof never_called() - 1; }
        // DexVerify(Henceforth(False))
        // DexStepFunction('never_called')
    """)
    assert (judged.outcome, judged.status, judged.verdicts) == ("UNRESOLVED", 1, ["unknown"])
    assert judged.test["steps"] == 0
    assert "no step was recorded" in judged.said.out


def test_trace_cut_by_the_step_limit(check):
    """Trace cut by `--max-steps` (default 1000).

    DExTer: the partial trace is lost and it exits 0.
    """
    program = (
        LOOP
        + """
        // DexVerify(Eventually(Expect('x', 3)))
        // DexVerify(Henceforth(Expect('x', '<', 9)))
        // DexVerify(Eventually(Expect('x', 1)))
    """
    )
    judged = check(program, "--max-steps", 6)
    assert (judged.outcome, judged.status) == ("UNRESOLVED", 1)
    assert judged.test["steps"] == 6
    assert judged.verdicts == ["presumably fails", "presumably holds", "holds"]
    assert judged.test["end"].startswith("cut at the step limit")
    # What is kept is shown.
    assert [row["step"] for row in judged.explanation(0)["steps"]][-1] == 5


def test_a_certain_failure_stays_one_when_the_trace_is_cut(check):
    """Trace cut by `--max-steps` (default 1000).

    DExTer: the partial trace is lost and it exits 0.
    """
    judged = check(LOOP + "// DexVerify(Henceforth(Expect('x', 0)))\n// DexVerify(Eventually(Expect('x', 7)))",
                   "--max-steps", 6)  # fmt: skip
    assert (judged.outcome, judged.verdicts[0]) == ("FAIL", "fails")


def test_more_than_1000_steps_need_no_option(check):
    """Trace cut by `--max-steps` (default 1000).

    DExTer: the partial trace is lost and it exits 0.
    """
    judged = check("""
        int main(void) {
            int x = 0;
            while (x < 2000)
                x++;
            return 0;
        }
        // DexVerify(Eventually(Expect('x', 2000)))
        // DexVerify(Henceforth(Expect('x', '<=', 2000)))
    """)
    assert (judged.outcome, judged.status) == ("PASS", 0)
    assert judged.test["steps"] > 4000


def test_build_failure(check):
    """Build failure.

    DExTer: score nan, exit 0.
    """
    judged = check("""
        int main(void) { return undeclared; }
        // DexVerify(Henceforth(True))
    """)
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert "program.c:1:25: error: " in judged.said.out
    assert "undeclared" in judged.said.out


@pytest.mark.parametrize(
    "script",
    ["exit 3", "echo GNU gdb 13.1", "kill -9 $$", 'case "$*" in *--version*) echo "GNU gdb 13.1";; *) exit 1;; esac'],
)
def test_debugger_failure(check, tmp_path, script):
    """Debugger failure.

    DExTer: score nan, exit 0.
    """
    debugger = tmp_path / "no-debugger"
    debugger.write_text(f"#!/bin/sh\n{script}\n")
    debugger.chmod(0o755)
    judged = check(LOOP + "// DexVerify(Henceforth(Expect('x', '<', 9)))", "--gdb", debugger)
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert str(debugger) in judged.said.out


def test_debugger_that_is_not_there(check):
    """Debugger failure.

    DExTer: score nan, exit 0.
    """
    judged = check(LOOP + "// DexVerify(Henceforth(Expect('x', '<', 9)))", "--gdb", "no-such-gdb")
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert "no-such-gdb" in judged.said.out


def test_parser_error(write, dexter):
    """Parser error.

    DExTer: score nan, exit 0.
    """
    source = write("""
        int main(void) { return 0; }
        // DexVerify(Henceforth(Expect('x' 1)))
    """)
    said = dexter("test", source)
    assert said.status == 2
    assert f"{source}:2:" in said.err
    assert "^" in said.err


def test_numbers_are_compared_as_numbers(check):
    """`Expect('a', '01')` where a is 1.

    DExTer: false: strings are compared.
    """
    judged = check("""
        int main(void) {
            static int a = 1;
            return a - 1;
        }
        // DexVerify(Henceforth(Expect('a', '01')))
        // DexVerify(Henceforth(Expect('a', 1)))
        // DexVerify(Henceforth(Expect('a', '0x1')))
    """)
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"] * 3)


def test_prose_about_a_command(check):
    """Prose mentioning DexVerify.

    DExTer: KeyError traceback.
    """
    judged = check("""
        // This program shows DexVerify at work: each DexVerify is judged, and DexWatch is not needed.
        /* See DexVerify. */
        int main(void) { return 0; }
        // DexVerify(Henceforth(In('main')))
    """)
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"])


def test_command_over_several_lines(check):
    """A DexVerify over several lines.

    DExTer: parser error, exit 0.
    """
    judged = check("""
        int main(void) {
            int x = 4;
            return x - 4;
        }
        // DexVerify(
        //     Eventually(
        //         Expect('x', 4)))
        /* DexVerify(Henceforth(
         *     Expect('x', '!=',
         *            5)))
         */
    """)
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"] * 2)


def test_two_commands_on_a_line(check):
    """A DexVerify over several lines; two commands on a line.

    DExTer: one is used.
    """
    judged = check("""
        void helper(void) { }
        int main(void) {
            int x = 4;
            return x - 4;
        }
        // DexVerify(Eventually(Expect('x', 4))) DexVerify(Eventually(Expect('x', 5)))
        /* DexVerify(Henceforth(In('main'))) */ /* DexVerify(Eventually(OnStack('helper'))) */
    """)
    assert judged.verdicts == ["holds", "fails", "holds", "fails"]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_comment_runs_nothing(write, dexter, tmp_path, quote):
    """A comment `DexWatch(__import__('os').system('…'))`.

    DExTer: runs it, twice; result files are pickles.
    """
    inner = '"' if quote == "'" else "'"
    command = f"__import__({inner}os{inner}).system({inner}touch {tmp_path}/touched{inner})"
    source = write(f"""
        int main(void) {{ return 0; }}
        // DexWatch({quote}{command}{quote})
        // DexVerify(Henceforth(In('main')))
    """)
    said = dexter("test", source, "--results-directory", tmp_path / "results", "--save-temps")
    assert said.status == 2
    assert f"{source}:2:" in said.err
    assert not (tmp_path / "touched").exists()
    assert not (tmp_path / "results").exists()


def test_results_are_no_pickles(check, tmp_path):
    """A comment `DexWatch(__import__('os').system('…'))`.

    DExTer: result files are pickles.
    """
    check(LOOP + "// DexVerify(Henceforth(Expect('x', '<', 9)))", "--results-directory", tmp_path / "results")
    results = [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert sorted(path.name for path in results) == ["program.c.dexrec", "results.json"]
    (document,) = [path for path in results if path.suffix == ".json"]
    assert document.read_bytes().startswith(b"{")


def test_crash(check):
    """SIGSEGV in the program.

    DExTer: score 1.0, exit 0.
    """
    judged = check("""
        static int *nothing;
        static int read(void) {
            return *nothing;
        }
        int main(void) {
            int x = 1;
            return read() + x;
        }
        // DexVerify(Eventually(Expect('x', 1)))
    """)
    assert (judged.outcome, judged.status) == ("FAIL", 1)
    assert judged.verdicts == ["holds"]
    assert judged.test["end"] == "SIGSEGV in read (program.c:3)"
    assert "SIGSEGV in read (program.c:3)" in judged.said.out


@pytest.mark.parametrize(
    ("include", "wait"), [("", "for (;;) ;"), ("#include <unistd.h>\n#include <signal.h>\n", "for (;;) pause();")]
)
def test_program_that_waits_for_ever(check, mark, include, wait):
    """A program that waits for ever.

    DExTer: hangs; killing it leaves the program running.
    """
    started = time.monotonic()
    # The `mark` fixture sees to it that nothing is left running.
    judged = check(
        f"{include}int main(void) {{\n    int x = 5;\n    {wait}\n}}\n// DexVerify(Henceforth(Expect('x', '!=', 6)))",
        "--timeout-total",
        2,
    )
    assert time.monotonic() - started < 30
    assert (judged.outcome, judged.status) == ("TIMEOUT", 1)
    assert judged.test["steps"] >= 2
    assert judged.test["end"].startswith("cut at the time limit")


def test_steps_in_a_second_thread(check):
    """Steps in a second thread.

    DExTer: never recorded.
    """
    judged = check(
        """
        #include <pthread.h>
        static void *work(void *argument) {
            int mine = 6;
            mine++;
            return argument;
        }
        int main(void) {
            pthread_t thread;
            pthread_create(&thread, 0, work, 0);
            return pthread_join(thread, 0);
        }
        // DexVerify(Eventually(And(In('work'), Expect('mine', 7))))
        // DexVerify(Henceforth(Iff(Thread(2), In('work'))))
        """,
        "--ldflags=-pthread",
    )
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"] * 2)


def test_stops_are_the_line_steps_of_the_program(check, tmp_path):
    """Breakpoints on every line.

    DExTer: 2,005 stops where the program makes 1,605 line steps: it changes what it observes.
    """
    judged = check("""
        int main(void) {
            int a = 0;
            for (int i = 0; i < 40; i++) { a++;
                a += 2;
                a -= 1; }
            return a - 80;
        }
        // DexVerify(Henceforth(In('main')))
    """, "--save-temps", "--results-directory", tmp_path / "results")  # fmt: skip
    (binary,) = (path for path in (tmp_path / "results").rglob("*") if path.is_file() and path.name == "program")
    script = tmp_path / "step.py"
    script.write_text(
        "import gdb\n"
        "gdb.execute('break main', to_string=True)\n"
        "gdb.execute('run', to_string=True)\n"
        "while gdb.selected_frame().name() == 'main':\n"
        "    print('AT', gdb.selected_frame().find_sal().line)\n"
        "    gdb.execute('step', to_string=True)\n"
    )
    stepped = subprocess.run(
        ["gdb", "-nx", "-batch", "-x", script, binary],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    lines = [int(line.split()[1]) for line in stepped.stdout.splitlines() if line.startswith("AT ")]
    assert lines[:2] == [2, 3]
    assert judged.test["steps"] == len(lines)


def test_why_a_proposition_failed_is_said(check):
    """Why a proposition failed.

    DExTer: not said: one boolean.
    """
    judged = check(LOOP + "// DexVerify(Henceforth(Expect('x', '<', 2)))")
    explanation = judged.explanation()
    assert judged.caret() == "Expect('x', '<', 2)"
    assert explanation["summary"].endswith("does not hold: x is 2")
    assert explanation["steps"][-1]["values"] == {"x": "2"}
    assert "^^^^^^^^^^^^^^^^^^^" in judged.said.out
