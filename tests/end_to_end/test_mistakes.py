"""What people type by mistake: told in words, before anything runs, with what to do next."""

import os

import pytest

GOOD = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--timeout-totl", "3"), "unrecognized argument: --timeout-totl; did you mean --timeout-total?"),
        (("--maxsteps=3",), "unrecognized argument: --maxsteps=3; did you mean --max-steps?"),
        (("--cflags", "-D'X"), '"-D\'X" cannot be split as a shell would: No closing quotation'),
        (("--json", "."), "--json '.': name a file, not a folder"),
        (("--json", ""), "--json '': name a file, not a folder"),
        (("--source-root-dir", "none"), "--source-root-dir none: no such folder"),
        (("--builder", "./none.sh"), "--builder none.sh: no such file"),
        (("--builder", "./program.c"), "--builder program.c: not executable (chmod +x program.c)"),
        (("--binary", "none"), "--binary none: no such file"),
    ],
)
def test_options_that_make_no_sense_run_nothing(write, dexter, arguments, message):
    write(GOOD)
    said = dexter("test", "program.c", *arguments)
    assert (said.status, said.out) == (2, "")
    assert message in said.err


def test_paths_and_options_come_in_any_order(write, dexter):
    for name in ("a.c", "b.c", "c.c"):
        write(GOOD, name)
    said = dexter("test", "a.c", "-j", 2, "b.c", "--cflags", "-O1", "c.c")
    assert (said.status, said.err) == (0, "")
    assert [line.split()[1] for line in said.out.splitlines()[:3]] == ["a.c", "b.c", "c.c"]
    said = dexter("help", "test", "a.c")
    assert (said.status, said.out) == (2, "")
    assert "unrecognized argument: a.c" in said.err


def test_paths_that_are_no_tests(write, dexter, tmp_path):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.c")
    assert "empty: a test is a source file with a comment // DexVerify(…) in it" in dexter("test", "empty").err
    assert dexter("test", "pipe.c").err == "dexter: error: pipe.c: neither a file nor a folder\n"
    assert dexter("test", "x" * 5000).err == f"dexter: error: {'x' * 5000}: File name too long\n"


def test_an_argument_cannot_hold_a_nul_character(write, dexter):
    write(GOOD, "suite/program.c")
    write('[run]\narguments = ["a\\u0000b"]\n', "suite/dexter.toml")
    said = dexter("test", "suite")
    assert (said.status, said.out) == (2, "")
    assert "suite/dexter.toml: error: 'arguments' holds a NUL character" in said.err


def test_saved_files_of_two_tests_never_meet(write, dexter, tmp_path):
    write(GOOD, "a/b/c.c")
    write(GOOD, "a_b/c.c")
    assert dexter("test", "a", "a_b", "--save-temps").status == 0
    assert (tmp_path / "dexter-results/a/b/c.c/c").exists()
    assert (tmp_path / "dexter-results/a_b/c.c/c").exists()


def test_the_present_folder_is_gone(write, dexter, tmp_path, monkeypatch):
    program = write(GOOD)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    said = dexter("test", program)
    monkeypatch.chdir(tmp_path)
    assert (said.status, said.err) == (
        2,
        "dexter: error: the present folder has been deleted: change to one that is there\n",
    )


@pytest.mark.parametrize("expression", ["1", "\x1b[31m"])
def test_a_file_cannot_talk_to_the_terminal(write, dexter, expression):
    write(f"int main(void) {{ return 0; }}\n/* \x1b[31m */ // DexVerify(Expect('{expression}', 2))\n")
    said = dexter("test", "program.c")
    text = said.out + said.err
    assert "\x1b" not in text
    shown = [each.partition("|")[2] for each in text.splitlines() if "|" in each]
    line, caret = shown[:2]
    assert line.startswith(" /* \N{REPLACEMENT CHARACTER}[31m */")
    assert line[caret.index("^") :].startswith(("Expect('1', 2)", "\N{REPLACEMENT CHARACTER}[31m', 2)"))
