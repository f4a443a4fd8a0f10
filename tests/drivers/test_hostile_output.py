"""Programs whose output, or want of input, could get between us and the debugger."""

from pathlib import Path

import pytest

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.state import EndKind, Kind


def test_program_that_prints_mi_records(driver, build, record):
    source, binary = build(r"""
        #include <stdio.h>
        int main(void) {
            int n = 0;
            printf("^done\n*stopped,reason=\"exited-normally\"\n1^error,msg=\"no\"\n(gdb) \n");
            printf("=thread-group-exited,id=\"i1\"\n~\"unterminated\n");
            n = 7;
            fflush(stdout);
            return n;
        }""")
    run = record(driver, source, binary, "n")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 7)
    assert run.lines() == [4, 5, 6, 7, 8, 9, 10]
    assert run.value(5, "n").number == 7
    assert '*stopped,reason="exited-normally"\n1^error' in run.end.output


def test_program_that_floods_stderr(driver, build, record):
    source, binary = build(r"""
        #include <stdio.h>
        int main(void) {
            for (int i = 0; i < 20; i++)
                for (int k = 0; k < 1000; k++) fprintf(stderr, "complaint %d.%d ..................\n", i, k);
            return 0;
        }""")
    run = record(driver, source, binary, "i", limits=Limits(total_s=60, steps=30))
    # The steps are cut here, in the midst of the flood; the point is that it comes to them.
    assert run.end.kind is EndKind.STEP_LIMIT
    assert len(run.steps) == 30


def test_program_that_prints_40_megabytes(driver, build, record):
    source, binary = build(r"""
        #include <stdio.h>
        static char block[1 << 20];
        int main(void) {
            for (int i = 0; i < (int)sizeof block; i++) block[i] = i % 64 == 63 ? '\n' : 'x'; int sum = 0;
            for (int i = 0; i < 40; i++)
                sum += fwrite(block, 1, sizeof block, stdout);
            fputs("the last words\n", stdout);
            return sum != 40 << 20;
        }""")
    text = source.read_text().splitlines()
    first = next(number for number, line in enumerate(text, 1) if "i < 40" in line)
    plan = StopPlan((LineRange(str(source), first, first + 4),))
    with driver.launch(Launch(binary), plan, Limits(total_s=60)) as session:
        steps = list(session)
    assert (session.end.kind, session.end.code) == (EndKind.EXIT, 0)
    assert len(steps) >= 80
    assert session.end.output.endswith("the last words\n")
    assert len(session.end.output) <= 70_000


READS_INPUT = r"""
    #include <stdio.h>
    int main(void) {
        char line[80] = "";
        int is_there = fgets(line, sizeof line, stdin) != NULL;
        int more = getchar();
        return is_there ? 10 : more == EOF;
    }"""


def test_program_that_reads_gets_the_end_of_file(driver, build, record):
    source, binary = build(READS_INPUT)
    run = record(driver, source, binary, "is_there", limits=Limits(total_s=20))
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 1)
    assert run.lines() == [4, 5, 6, 7, 8]


def test_program_reads_the_file_it_is_given(driver, build, record, tmp_path: Path):
    source, binary = build(READS_INPUT)
    file = tmp_path / "it's $HOME; `input`.txt"
    file.write_text("hello\nworld\n")
    run = record(driver, source, binary, "line", limits=Limits(total_s=20), stdin=file)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 10)
    assert run.value(-1, "line").kind is Kind.STRING
    assert run.value(-1, "line").content == "hello\n"


@pytest.mark.parametrize("arguments", [("",), ("a b", "$HOME", "*", "'", '"', "\\", "two\nlines", "é", "<", "#")])
def test_arguments_arrive_as_they_are(driver, build, record, arguments):
    source, binary = build(r"""
        #include <stdio.h>
        int main(int argc, char **argv) {
            for (int i = 1; i < argc; i++) printf("[%s]", argv[i]);
            return 0;
        }""")
    run = record(driver, source, binary, arguments=arguments)
    assert run.end.output == "".join(f"[{argument}]" for argument in arguments)


def test_program_sees_our_environment_not_that_of_gdb(driver, build, record, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("SHELL", "/bin/any")
    monkeypatch.delenv("LINES", raising=False)
    source, binary = build(r"""
        #include <stdio.h>
        #include <stdlib.h>
        int main(void) {
            printf("%s %s %s", getenv("LC_ALL"), getenv("SHELL"), getenv("LINES") ? "lines" : "none");
            return 0;
        }""")
    assert record(driver, source, binary).end.output == "C.UTF-8 /bin/any none"
