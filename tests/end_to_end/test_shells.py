"""Completions in the shells themselves, and the manual page in man and groff."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dexverify.cli import make_parser
from dexverify.cli.completions import SHELLS, actions_of

DEXTER = str(Path(sys.executable).with_name("dexter"))
CASES = [
    ("dexter te", ["dexter test"]),
    ("dexter test --sha", ["--shard"]),
    ("dexter test --sh", ["--shard", "--shuffle"]),
    ("dexter test --machine ", ["qemu", "sys161"]),
    ("dexter test suite --gdb-agent y", ["yes"]),
    ("dexter test su", ["suite"]),
    ("dexter test --strict su", ["suite"]),
    ("dexter test --json rep", ["report.json"]),
    ("dexter test --results-directory su", ["suite"]),
    ("dexter completions f", ["fish"]),
    ("dexter help pa", ["parse"]),
]


def needs(shell):
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed: apt-get install {shell}")


@pytest.fixture
def script(tmp_path):
    """The completions of a shell, in a file, in a folder that has something to complete."""
    (tmp_path / "suite").mkdir()
    (tmp_path / "report.json").touch()

    def script(shell, name):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        done = subprocess.run([DEXTER, "completions", shell], capture_output=True, text=True, timeout=60, check=True)
        path.write_text(done.stdout)
        return path

    return script


@needs("bash")
@pytest.mark.parametrize(("typed", "wanted"), CASES, ids=lambda case: str(case))
def test_bash(script, tmp_path, typed, wanted):
    # What bash calls when the tabulator key is pressed (bash(1), Programmable Completion).
    program = """
    source "$1"
    read -ra COMP_WORDS <<< "$2"
    [[ $2 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    [[ $(complete -p dexter) =~ -F\\ ([^ ]+) ]]
    ${BASH_REMATCH[1]} dexter "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "${COMPREPLY[@]}"
    """
    command = ["bash", "--norc", "-c", program, "bash", script("bash", "dexter.bash"), typed]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert sorted(done.stdout.split()) == [word.removeprefix("dexter ") for word in wanted]
    assert done.stderr == ""


@needs("fish")
@pytest.mark.parametrize(("typed", "wanted"), CASES, ids=lambda case: str(case))
def test_fish(script, tmp_path, typed, wanted):
    command = ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script("fish", "d.fish"), typed]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    offered = [line.partition("\t")[0].rstrip("/") for line in done.stdout.splitlines()]
    assert sorted(offered) == [word.removeprefix("dexter ") for word in wanted]
    assert done.stderr == ""


@needs("zsh")
@pytest.mark.parametrize(("typed", "wanted"), CASES, ids=lambda case: str(case))
def test_zsh(script, tmp_path, typed, wanted):
    folder = script("zsh", "functions/_dexter").parent
    setup = f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D"
    screen = typed_in(["zsh", "-f", "-i"], setup, typed, wanted, tmp_path)
    assert all(word in screen for word in wanted), screen


def typed_in(shell, setup, typed, wanted, folder, deadline_s=20.0):
    """What an interactive shell shows once `typed` is typed and the tabulator key is pressed twice."""
    terminal, own = pty.openpty()
    child = subprocess.Popen(
        ["setsid", "-c", *shell],  # with the terminal as its controlling one
        cwd=folder,
        env={**os.environ, "TERM": "dumb", "HOME": str(folder)},
        stdin=own,
        stdout=own,
        stderr=own,
    )
    try:
        os.write(terminal, f"{setup}\necho REA''DY\n".encode())
        seen, is_typed = "", False
        until = time.monotonic() + deadline_s
        while time.monotonic() < until and not (is_typed and all(word in seen for word in wanted)):
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 65536).decode(errors="replace")
            if not is_typed and "READY" in seen:
                seen, is_typed = "", True
                os.write(terminal, f"{typed}\t\t".encode())
        return seen
    finally:
        child.kill()
        child.wait()
        os.close(own)
        os.close(terminal)


def test_another_shell_is_refused_in_words(dexter):
    said = dexter("completions", "tcsh")
    assert said.status == 2
    assert "invalid choice: 'tcsh' (choose from" in said.err


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_the_completions(dexter, shell):
    said = dexter("completions", shell)
    assert said.status == 0
    options = {option for action in actions_of(make_parser()) for option in action.option_strings}
    if shell == "fish":  # which has them after -l
        options = {option.lstrip("-") for option in options}
    assert [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", said.out)] == []


@pytest.fixture
def page(dexter, tmp_path):
    said = dexter("man")
    assert said.status == 0
    page = tmp_path / "dexter.1"
    page.write_text(said.out)
    return page


def plain_text(page):
    """As groff typesets it, without bold and italics."""
    command = ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-rLL=200n", page]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return re.sub(".\b", "", done.stdout), done.stderr


@needs("groff")
def test_groff_has_no_warning_for_the_page(page):
    text, warnings = plain_text(page)
    assert warnings == ""
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "SEE ALSO"):
        assert re.search(rf"^{heading}$", text, re.MULTILINE)


@needs("groff")
def test_the_page_has_every_command_and_option(page):
    text, _ = plain_text(page)
    for action in actions_of(make_parser()):
        for option in action.option_strings:
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", text), option
    assert re.search(r"^ +dexter test \[OPTION \.\.\.\] PATH \.\.\.$", text, re.MULTILINE)
    assert re.search(r"^ +--shuffle \[SEED\]$", text, re.MULTILINE)
    assert re.search(r"^ +-j, --jobs N$", text, re.MULTILINE)
    assert re.search(r"^ +--gdb-agent auto\|yes\|no$", text, re.MULTILINE)


@needs("man")
def test_man_reads_it_and_apropos_finds_its_name(page):
    done = subprocess.run(
        ["man", "--warnings", "-l", page],
        env={**os.environ, "MANPAGER": "cat", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    assert "verify temporal properties of C programs" in re.sub(r"\s+", " ", done.stdout)
    name = subprocess.run(["lexgrog", page], capture_output=True, text=True, timeout=60, check=False)
    assert name.returncode == 0, name.stdout
    assert '"dexter - verify temporal properties' in name.stdout
