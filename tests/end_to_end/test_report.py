"""What is printed, where, and in which form: JSON, colours, the progress bar, the exit of pipes."""

import os
import pty
import re
import subprocess
from typing import Any

import msgspec
import pytest

from tests.end_to_end.conftest import COMMAND

ESCAPE = "\x1b"
PROGRAM = """
    int main(void) {
        int x = 0;
        for (int i = 0; i < 3; i++)
            x = x + 1;
        return 0;
    }
    // DexVerify(Henceforth(Expect('x', '<', 2)), name='stays small')
    // DexVerify(Eventually(Expect('x', 3)))
"""


# The schema of the JSON report, as it is promised; more keys may come, none may go.
class DecidedBy(msgspec.Struct):
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str


class ShownStep(msgspec.Struct):
    step: int
    function: str
    place: str
    values: dict[str, str]
    mark: str


class Explanation(msgspec.Struct):
    summary: str
    decided_by: DecidedBy | None
    steps: list[ShownStep]
    notes: list[str]


class Verdict(msgspec.Struct):
    proposition: str
    name: str
    path: str
    line: int
    verdict: str
    warnings: list[str]
    explanation: Explanation


class TestEntry(msgspec.Struct):
    __test__ = False

    path: str
    outcome: str
    reason: str
    detail: str
    seconds: float
    steps: int
    end: str
    notes: list[str]
    verdicts: list[Verdict]


class Report(msgspec.Struct):
    schema_version: int
    tests: list[TestEntry]


def test_json_file(write, dexter, tmp_path):
    source = write(PROGRAM)
    said = dexter("test", "program.c", "--json", "report.json")
    assert said.out.startswith("FAIL")
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert report.schema_version == 1
    (test,) = report.tests
    assert (test.path, test.outcome, test.reason) == ("program.c", "FAIL", "stays small fails")
    assert (test.steps, test.end, test.detail) == (8, "stopped: every proposition was decided", "")
    assert 0 < test.seconds < 60
    small, three = test.verdicts
    assert (small.proposition, small.name) == ("Henceforth(Expect('x', '<', 2))", "stays small")
    assert (small.path, small.line, small.verdict) == (str(source), 7, "fails")
    assert (three.name, three.verdict) == ("Eventually(Expect('x', 3))", "holds")
    decided = small.explanation.decided_by
    assert decided is not None
    line = source.read_text().splitlines()[decided.line - 1]
    assert line[decided.column - 1 : decided.end_column - 1] == "Expect('x', '<', 2)"
    assert small.explanation.steps[-1].values == {"x": "2"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("int main(void) { return missing; }\n// DexVerify(In('main'))\n", "ERROR"),
        ("int main(void) { return 0; }\n// DexVerify(In('main'))\n// REQUIRES: sys161\n", "UNSUPPORTED"),
        ("int main(void) { return 0; }\n// DexVerify(Expect('unseen'))\n", "UNRESOLVED"),
        ("int main(void) { for (;;) ; }\n// DexVerify(Expect('unseen'))\n", "TIMEOUT"),
        ("int main(void) { return 0; }\n// DexVerify(In('main'))\n// XFAIL: no\n", "XPASS"),
        ("int main(void) { return 0; }\n// DexExpectStepKind('FUNC', 1)\n", "PASS"),
        ("int main(int c, char **v) { return 0; }\n// DexVerify(ForEach('c', Expect('c', 1)))\n", "PASS"),
    ],
)
def test_json_has_one_form_for_every_outcome(check, tmp_path, monkeypatch, text, outcome):
    if outcome == "UNSUPPORTED":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert check(text, "--timeout-total", 1).outcome == outcome
    msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)


def test_json_on_standard_output(write, start):
    write(PROGRAM)
    process = start("test", "program.c", "--json", "-", "--time-report")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert msgspec.json.decode(out, type=Report).tests[0].outcome == "FAIL"
    assert "FAIL" in err
    assert "time report" in err


def test_json_of_text_that_is_not_utf8(check, tmp_path):
    text = """int main(void) {
            char *s = "\xff\xfe";
            return *s * 0;
        }
        // DexVerify(Eventually(Expect('s', 'x')))
    """
    judged = check(text.encode("latin-1"))
    assert judged.outcome == "FAIL"
    msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)


def test_json_into_a_folder_that_is_not_there(write, dexter):
    write(PROGRAM)
    said = dexter("test", "program.c", "--json", "nowhere/report.json")
    assert (said.status, said.out) == (2, "")
    assert "nowhere" in said.err


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}])
def test_no_colour_without_a_terminal(write, start, environment):
    write(PROGRAM)
    out, err = start("test", ".", environment=environment).communicate(timeout=60)
    assert ESCAPE not in out + err
    assert "^^^" in out


def test_colour_on_a_terminal(write, tmp_path):
    write(PROGRAM)
    out = on_terminal("test", "program.c", folder=tmp_path)
    assert f"{ESCAPE}[1;31mFAIL" in out
    plain = on_terminal("test", "program.c", folder=tmp_path, NO_COLOR="1")
    assert ESCAPE not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", out).split("steps,")[0] == plain.split("steps,")[0]
    assert ESCAPE not in on_terminal("test", "program.c", folder=tmp_path, TERM="dumb")


def test_progress_bar_is_for_a_terminal_only(write, start, tmp_path):
    write(PROGRAM, "suite/a.c")
    write(PROGRAM, "suite/b.c")
    shown = on_terminal("test", "suite", folder=tmp_path)
    assert "2/2" in shown
    out, err = start("test", "suite").communicate(timeout=60)
    assert "2/2" not in out + err
    # What is left on the screen is the report, each line whole.
    lines = [re.sub(r"\x1b\[[\d;?]*\w", "", re.split(r"\x1b\[2K", line)[-1]) for line in shown.split("\n")]
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == ["suite/a.c", "suite/b.c"]
    assert lines.count("       7 | // DexVerify(Henceforth(Expect('x', '<', 2)), name='stays small')") == 2


def test_a_single_test_shows_a_sign_of_life_once_it_takes_long(write, tmp_path):
    write(PROGRAM)
    assert "still running" not in on_terminal("test", "program.c", folder=tmp_path)
    write("int main(void) { for (;;); }\n// DexVerify(Eventually(Expect('1', 2)))\n")
    shown = on_terminal("test", "program.c", "--timeout-total", "2", folder=tmp_path)
    assert "still running" in shown
    assert "TIMEOUT" in shown


def test_no_progress_bar_where_no_escape_codes_are_wanted(write, tmp_path):
    write(PROGRAM, "suite/a.c")
    write(PROGRAM, "suite/b.c")
    assert ESCAPE not in on_terminal("test", "suite", folder=tmp_path, TERM="dumb")
    assert ESCAPE not in on_terminal("test", "suite", folder=tmp_path, NO_COLOR="1")


def test_reader_that_goes_away(write, tmp_path):
    write(PROGRAM)
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [COMMAND, "test", "program.c"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == ""


def test_verbose_shows_witnesses_and_the_output(check):
    text = PROGRAM.replace("return 0;", 'puts("good bye"); return 0;').replace("'<', 2", "'<', 9")
    text = "    #include <stdio.h>" + text
    quiet, loud = check(text), check(text, "-v")
    assert quiet.outcome == loud.outcome == "PASS"
    assert len(quiet.said.out.splitlines()) == 2
    assert "program.c:9: holds: at step 7" in loud.said.out
    assert "    good bye" in loud.said.out


def on_terminal(*arguments: str, folder: Any, **environment: str) -> str:
    """What dexter prints on a terminal, for both of its streams."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm-256color"} | environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    pieces = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: the last writer has gone
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(master)
    assert process.wait(60) in (0, 1)
    return b"".join(pieces).decode().replace("\r\n", "\n")
