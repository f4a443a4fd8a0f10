"""The options that write results for CI, editors and viewers, and what is left when a run is broken off."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

FAILING = """
    // DexVerify(Henceforth(Expect('n', '<', 2)), name='small')
    static int n;
    int main(void)
    {
        n = 2;
        return 0;
    }
"""
ENDLESS = """
    // DexVerify(Henceforth(Expect('n', 0)))
    #include <fcntl.h>
    #include <unistd.h>
    static volatile int n;
    int main(void)
    {
        close(open("ready", O_WRONLY | O_CREAT, 0600));
        for (;;)
            pause();
    }
"""


def test_all_of_them_at_once(write, dexter, tmp_path):
    write(FAILING, "suite/a.c")
    files = {name: tmp_path / f"out.{name}" for name in ("json", "junit", "sarif", "chrome-trace")}
    options = [each for name, file in files.items() for each in (f"--{name}", file)]
    said = dexter("test", "suite", *options, "--itf", "traces", "--github")
    assert said.status == 1
    assert json.loads(files["json"].read_bytes())["tests"][0]["outcome"] == "FAIL"
    assert Xml.parse(files["junit"]).getroot().attrib["failures"] == "1"  # noqa: S314 - our own
    assert json.loads(files["sarif"].read_bytes())["runs"][0]["results"][0]["ruleId"] == "small"
    assert json.loads(files["chrome-trace"].read_bytes())["traceEvents"]
    assert json.loads((tmp_path / "traces/suite/a.c.1.itf.json").read_bytes())["vars"] == ["at", "n"]
    assert said.out.splitlines()[-1].startswith("::error file=suite/a.c,line=1,col=25,endColumn=43,title=small::")
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("name", ["junit", "sarif", "chrome-trace"])
def test_on_standard_output_there_is_the_document_and_nothing_else(write, dexter, name, tmp_path, start):
    write(FAILING)
    out, err = start("test", "program.c", f"--{name}", "-", "--github").communicate(timeout=60)
    if name == "junit":
        Xml.fromstring(out)  # noqa: S314 - our own
    else:
        json.loads(out)
    assert "program.c" in err
    assert "::error " in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--junit", "-", "--sarif", "-"), "--junit and --sarif both write to standard output: name another file"),
        (("--json", "x", "--junit", "./x"), "--json and --junit both write to ./x: name another file"),
        (("--sarif", "no/such/x"), "--sarif no/such/x: there is no such folder"),
        (("--chrome-trace", "."), "--chrome-trace '.': name a file, not a folder"),
        (("--itf", "program.c"), "--itf program.c: it is a file, not a folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_runs(write, dexter, options, message):
    write(FAILING)
    said = dexter("test", "program.c", *options)
    assert said == type(said)(2, "", f"dexter: error: {message}\n")


def test_an_interrupted_run_writes_what_it_has(write, start, tmp_path, until):
    write(FAILING, "suite/a.c")
    write(ENDLESS, "suite/b.c")
    options = ("--junit", "junit.xml", "--sarif", "out.sarif", "--chrome-trace", "trace.json", "--itf", "traces")
    process = start("test", "suite", *options)
    assert until((tmp_path / "ready").exists), process.poll()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert Xml.parse(tmp_path / "junit.xml").getroot().attrib["tests"] == "1"  # noqa: S314 - our own
    assert len(json.loads((tmp_path / "out.sarif").read_bytes())["runs"][0]["results"]) == 1
    events = json.loads((tmp_path / "trace.json").read_bytes())["traceEvents"]
    processes = [event["args"]["name"] for event in events if event.get("name") == "process_name"]
    assert processes[0] == "suite/a.c"  # the other one was recorded in part, and may be there, too
    assert [path.name for path in (tmp_path / "traces").rglob("*.json")] == ["a.c.1.itf.json"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_half_file(write, start, tmp_path, until, number):
    write(ENDLESS, "suite/b.c")
    (tmp_path / "junit.xml").write_text("old")
    process = start("test", "suite", "--junit", "junit.xml", "--chrome-trace", "trace.json")
    assert until((tmp_path / "ready").exists), process.poll()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert (tmp_path / "junit.xml").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "ready", "suite"]


def test_paths_for_github_are_those_of_the_repository(write, dexter, tmp_path, monkeypatch):
    write(FAILING, "repository/kern/a.c")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "repository"))
    assert "::error file=kern/a.c,line=1," in dexter("test", "repository", "--github").out


def test_one_line_for_editors(write, dexter):
    write(FAILING)
    write(FAILING.replace("n = 2", "n = 1"), "good.c")
    said = dexter("test", "program.c", "good.c", "--one-line")
    first, *notes, summary = said.out.splitlines()
    assert first == "program.c:1:25: error: small: at step 1, Expect('n', '<', 2) does not hold: n is 2"
    assert [re.sub(r" step.*", "", note) for note in notes] == ["program.c:5:1: note:", "program.c:6:1: note:"]
    assert summary.startswith("2 tests: 1 PASS, 1 FAIL")


def test_names_that_are_no_utf_8(dexter, tmp_path):
    file = os.fsencode(tmp_path) + b"/caf\xe9.c"
    Path(os.fsdecode(file)).write_text(FAILING)
    said = dexter("test", os.fsdecode(file), "--sarif", "out.sarif", "--junit", "junit.xml", "--one-line", "--github")
    assert said.status == 1
    (result,) = json.loads((tmp_path / "out.sarif").read_bytes())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9.c"
    assert "caf\\xe9_c" in (tmp_path / "junit.xml").read_text("utf-8")
    assert said.out.startswith("caf\\xe9.c:")
