"""Standard output and error in all conditions: other encodings, closed, full, nobody reading."""

import json
import os
import subprocess

import pytest

from tests.end_to_end.conftest import COMMAND

FAILING = """
    int main(void) {
        int x = 3;
        return x - 3;
    }
    // DexVerify(Henceforth(Expect('x', '!=', 3)), name='nie drei …')
"""
ASCII = ("LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")


def shell(line: str, folder, *environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `dexter` is the command under test."""
    variables = dict(each.split("=") for each in environment)
    script = line.replace("dexter", COMMAND)
    return subprocess.run(["sh", "-c", script], cwd=folder, env=os.environ | variables, capture_output=True, timeout=60)


@pytest.mark.parametrize("environment", [ASCII, ("PYTHONIOENCODING=ascii",)])
@pytest.mark.parametrize("command", ["test", "parse", "test -v"])
def test_what_the_encoding_lacks_is_escaped(write, tmp_path, environment, command):
    write(FAILING)
    done = shell(f"dexter {command} program.c", tmp_path, *environment)
    assert b"nie drei \\u2026" in done.stdout
    assert done.stderr == b""


def test_json_is_utf_8_whatever_the_locale(write, tmp_path):
    write(FAILING)
    done = shell("dexter test --json - program.c", tmp_path, *ASCII)
    assert json.loads(done.stdout.decode("utf-8"))["tests"][0]["verdicts"][0]["name"] == "nie drei …"


def test_a_file_name_that_is_no_utf_8(write, tmp_path):
    write(FAILING.replace("return", "retrun"))
    (tmp_path / "program.c").rename(tmp_path / os.fsdecode(b"caf\xe9.c"))
    done = shell("dexter test --json - *.c", tmp_path)
    assert json.loads(done.stdout)["tests"][0]["path"] == "caf\N{REPLACEMENT CHARACTER}.c"
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["test program.c", "test --json - program.c", "parse program.c", "--help", "doctor"]
)
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_status(write, tmp_path, command, closed):
    write(FAILING)
    done = shell(f"dexter {command} {closed}", tmp_path)
    assert done.returncode == (1 if "test" in command else 0)
    assert b"Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program.c"]


@pytest.mark.parametrize("command", ["test program.c", "test --json - program.c", "parse program.c", "--help"])
def test_a_full_disk_is_told(write, tmp_path, command):
    write(FAILING)
    done = shell(f"dexter {command} > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1] == "dexter: error: cannot write: No space left on device"


def test_nobody_reads_the_help(tmp_path):
    done = shell("dexter --help | true", tmp_path)
    assert done.stderr == b""
