"""The line to gdb: records, answers, deadlines, and its end."""

import os
import signal
import time

import pytest

from drivers.base import DriverError, Launch
from drivers.gdb.program import startup_commands
from drivers.gdb.transport import (
    CommandError,
    DeadlineExceeded,
    DebuggerLost,
    Record,
    Transport,
    console,
    parse_record,
    quote,
)
from drivers.process import Terminal


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("12^done", Record("result", "done", 12)),
        ('3^error,msg="No symbol \\"x\\""', Record("result", "error", 3, {"msg": 'No symbol "x"'})),
        (
            '*stopped,reason="exited",exit-code="012"',
            Record("exec", "stopped", None, {"reason": "exited", "exit-code": "012"}),
        ),
        ('=thread-created,id="1"', Record("status", "thread-created", None, {"id": "1"})),
        ('~"a\\n\\"b\\""', Record("console", text='a\n"b"')),
        ('&"warning"', Record("log", text="warning")),
        ('^done,value="cut off', Record("other", text='^done,value="cut off')),
        ("anything else", Record("other", text="anything else")),
        ('^done,a={b="1",b="2"}', Record("result", "done", None, {"a": {"b": ["1", "2"]}})),
    ],
)
def test_records(line, record):
    assert parse_record(line) == record


def test_quote():
    assert quote('a "b" \\ c\n\t') == '"a \\"b\\" \\\\ c\\n\\t"'


def test_answers_come_by_token(mark):
    with Transport() as gdb:
        first, second, third = gdb.send(*(f"-data-evaluate-expression {n}*{n}" for n in (2, 3, 4)))
        assert gdb.result(third).payload["value"] == "16"
        assert gdb.result(first).payload["value"] == "4"
        assert gdb.result(second).payload["value"] == "9"


def test_errors_are_gdbs_own(mark):
    with Transport() as gdb:
        with pytest.raises(CommandError, match="No symbol table is loaded"):
            gdb.request("-data-evaluate-expression nope")
        answers = gdb.request_all(["-data-evaluate-expression 1", "-no-such-command"])
        assert isinstance(answers[0], Record)
        assert isinstance(answers[1], CommandError)


def test_console_commands_and_environment(mark):
    with Transport() as gdb:
        gdb.request(console('echo say "hello"\\n'))
        said = "".join(event.text for event in gdb.events if event.kind == "console")
        assert 'say "hello"\n' in said


def test_more_commands_than_a_pipe_holds(mark):
    with Transport() as gdb:
        answers = gdb.request_all([f'-data-evaluate-expression "{n} + 0 * {"1" * 5}"' for n in range(4000)])
        values = [answer.payload["value"] for answer in answers if isinstance(answer, Record)]
        assert values == [str(n) for n in range(4000)]


def test_killed_gdb_is_noticed_at_once(mark):
    with Transport() as gdb:
        gdb.request("-gdb-version")
        assert gdb.pid is not None
        os.kill(gdb.pid, signal.SIGKILL)
        started = time.monotonic()
        with pytest.raises(DebuggerLost, match="SIGKILL"):
            gdb.request("-data-evaluate-expression 1", deadline_s=30)
        assert time.monotonic() - started < 5
        with pytest.raises(DebuggerLost):
            gdb.pump(0)


def test_deadline_and_interrupt(mark, build):
    _, binary = build("int main(void) { for (;;) ; }")
    with Transport() as gdb, Terminal() as terminal:
        for command in startup_commands(Launch(binary), terminal.name):
            gdb.request(console(command))
        gdb.request("-exec-run")
        assert gdb.stopped(deadline_s=0.3) is None
        with pytest.raises(DeadlineExceeded):
            gdb.request("-data-evaluate-expression 1", deadline_s=0.2)
        gdb.interrupt()
        stopped = gdb.stopped(deadline_s=20)
        assert stopped is not None
        assert stopped.payload["signal-name"] == "SIGINT"
        # The answer that came too late is not taken for another's.
        assert gdb.request("-data-evaluate-expression 2").payload["value"] == "2"


def test_there_is_no_such_gdb():
    with pytest.raises(DriverError, match="no nonesuch-gdb"):
        Transport("nonesuch-gdb")


def test_gdb_that_does_not_start_says_why(mark):
    with Transport(arguments=["--no-such-option"]) as gdb, pytest.raises(DebuggerLost, match="no-such-option"):
        gdb.request("-gdb-version")
