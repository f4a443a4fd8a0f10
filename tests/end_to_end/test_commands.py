"""The other commands: `parse`, `doctor`, `list-debuggers`, `help`; and how soon help is there."""

import re

import pytest


@pytest.mark.parametrize("arguments", [["--help"], ["help"], [], ["help", "test"], ["test", "--help"]])
def test_help(dexter, arguments):
    said = dexter(*arguments)
    assert (said.status, said.err) == (0, "")
    assert "usage: dexter" in said.out.lower()


def test_help_on_every_command_and_no_other(dexter):
    commands = {"test", "parse", "doctor", "list-debuggers", "help"}
    text = dexter("help").out
    for command in commands:
        assert re.search(rf"^ +{command}\s", text, re.MULTILINE)
        assert dexter("help", command).status == 0
    assert dexter("help", "fly").status == 2


def test_version(dexter):
    assert re.fullmatch(r"dexter \d+\.\d+\S*\n", dexter("--version").out)


def test_parse_runs_nothing(write, dexter, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    write(
        """
        int main(void) { return 0; }
        // DexVerify(Response(In('main'), Expect('x', '<', 2)), name='soon')
        // DexLabel('here', on_line=1)
        // DexWatch('x', from_line=1, to_line=2)
        // DexCommandLine(['a', 'b'])
        // XFAIL: not yet
        // REQUIRES: gdb
        """,
        "suite/a.c",
    )
    said = dexter("parse", "suite")
    assert (said.status, said.err) == (0, "")
    assert "a.c:2: DexVerify  name 'soon'\n      Response(In('main'), Expect('x', '<', 2))\n" in said.out
    for part in ("suite/a.c", "a.c:3: DexLabel", "here", "a.c:4: DexWatch", "a.c:1-2", "XFAIL: not yet", "gdb"):
        assert part in said.out


def test_parse_shows_both_notations(write, dexter):
    write("int main(void) { return 0; }\n// DexVerify(always (In('main') imply eventually Expect('x')))\n", "a.c")
    out = dexter("parse", "a.c").out
    assert "Henceforth(Implies(In('main'), Eventually(Expect('x'))))" in out
    assert "always (In('main') imply eventually Expect('x'))" in out


def test_parse_of_what_is_wrong(write, dexter):
    source = write("int main(void) { return 0; }\n// DexVerify(Henceforth(In(main)))\n", "a.c")
    said = dexter("parse", "a.c")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"{source}:2:")


def test_doctor(dexter):
    said = dexter("doctor")
    assert said.status == 0
    assert re.search(r"^gdb +GNU gdb", said.out, re.MULTILINE)
    assert "\nC programs can be verified on this machine; kernels can" in said.out


def test_doctor_where_nothing_is_installed(dexter, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    said = dexter("doctor")
    assert said.status == 1
    assert re.search(r"^gdb +no: gdb not found; ", said.out, re.MULTILINE)


def test_list_debuggers(dexter):
    said = dexter("list-debuggers")
    assert said.status == 0
    assert re.match(r"gdb +GNU gdb", said.out)
