"""Several builders and debuggers: every test in each configuration, as a table."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.base import DriverError
from drivers.lldb.bindings import find_bindings

BY_CLANG = """
    // DexVerify(Eventually(Expect('by_clang', 1)))
    int main(void) {
    #ifdef __clang__
        int by_clang = 1;
    #else
        int by_clang = 0;
    #endif
        return by_clang * 0;
    }
"""
GOOD = """
    // DexVerify(Eventually(Expect('n', 3)))
    int main(void) {
        int n = 0;
        while (n < 3)
            n++;
        return 0;
    }
"""
BAD = GOOD.replace("'n', 3", "'n', 4")
CPP = GOOD.replace("int n", "auto n")

needs_clang = pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")


@pytest.fixture
def lldb() -> None:
    try:
        find_bindings()
    except DriverError as error:
        pytest.skip(f"UNSUPPORTED: {error}")


@pytest.fixture
def suite(write: Callable[..., Path]) -> None:
    write(GOOD, "suite/a.c")
    write(BY_CLANG, "suite/b.c")
    write(BAD.replace("    int main", "    // XFAIL: too far\n    int main"), "suite/c.c")


def rows(out: str) -> list[str]:
    return [" ".join(line.split()) for line in out.splitlines()]


@needs_clang
@pytest.mark.parametrize("jobs", [1, 4])
def test_each_builder_with_each_debugger(suite: None, lldb: None, dexter: Callable[..., Any], jobs: int) -> None:
    options = ("--builder", "gcc,clang", "--debugger", "gdb,lldb", "-j", jobs)
    said = dexter("test", "suite", *options, "--json", "report.json")
    assert said.status == 1
    assert rows(said.out)[:4] == [
        "gcc+gdb gcc+lldb clang+gdb clang+lldb",
        "suite/a.c PASS PASS PASS PASS",
        "suite/b.c FAIL FAIL PASS PASS <- differs",
        "suite/c.c XFAIL XFAIL XFAIL XFAIL",
    ]
    # Both debuggers say the same of gcc's program, so it is said once.
    explained = re.findall(r"^FAIL +(\S+) .* fails  (.*)$", said.out, re.MULTILINE)
    assert explained == [("suite/b.c", "gcc+gdb, gcc+lldb")]
    assert said.out.count("never holds from step") == 1
    last = said.out.splitlines()[-1]
    assert last.startswith("3 tests in 4 configurations: 6 PASS, 2 FAIL, 4 XFAIL  in ")
    tests = json.loads(Path("report.json").read_bytes())["tests"]
    assert [(test["path"], *test["configuration"].values(), test["outcome"]) for test in tests] == [
        (path, builder, debugger, outcome)
        for path, outcomes in (("suite/a.c", "PPPP"), ("suite/b.c", "FFPP"), ("suite/c.c", "XXXX"))
        for (builder, debugger), outcome in zip(
            [("gcc", "gdb"), ("gcc", "lldb"), ("clang", "gdb"), ("clang", "lldb")],
            ({"P": "PASS", "F": "FAIL", "X": "XFAIL"}[letter] for letter in outcomes),
            strict=True,
        )
    ]


@needs_clang
def test_what_differs_is_told_for_each_configuration(write: Callable[..., Path], dexter: Callable[..., Any]) -> None:
    write(BY_CLANG.replace("'by_clang', 1", "'by_clang', 2"), "a.c")
    said = dexter("test", "a.c", "--builder", "gcc,clang")
    assert rows(said.out)[:2] == ["gcc clang", "a.c FAIL FAIL"]
    assert re.findall(r"^FAIL .* fails  (.*)$", said.out, re.MULTILINE) == ["gcc", "clang"]
    assert said.status == 1


def test_a_builder_that_is_not_there_is_a_column_of_unsupported(suite: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite", "--builder", "gcc-1,gcc", "--filter", "a.c")
    assert said.status == 0
    assert rows(said.out)[:2] == ["gcc-1 gcc", "suite/a.c UNSUPPORTED PASS"]
    assert re.search(r"^UNSUPPORTED suite/a.c  \(gcc-1 is not installed: .*\)  gcc-1$", said.out, re.MULTILINE)
    said = dexter("test", "suite", "--builder", "gcc-1,gcc")
    assert said.status == 1
    assert re.search(r"^UNSUPPORTED every test  \(gcc-1 is not installed: .*\)  gcc-1$", said.out, re.MULTILINE)
    assert said.out.count("gcc-1 is not installed") == 1
    assert "3 tests in 2 configurations: 1 PASS, 1 FAIL, 1 XFAIL, 3 UNSUPPORTED  in" in said.out


def test_a_debugger_that_is_not_there(suite: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite/a.c", "--debugger", "gdb,lldb", "--lldb", "/no/lldb")
    assert said.status == 0
    assert rows(said.out)[:2] == ["gdb lldb", "suite/a.c PASS UNSUPPORTED"]
    assert re.search(r"^UNSUPPORTED suite/a.c  \(/no/lldb not found; .*\)  lldb$", said.out, re.MULTILINE)


def test_only_the_compiler_that_a_test_needs_must_be_there(
    write: Callable[..., Path], dexter: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gcc-0", "gcc-1", "g++-1"):
        (tmp_path / name).symlink_to(str(shutil.which(name.partition("-")[0])))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    write(GOOD, "a.c")
    write(CPP, "b.cpp")
    said = dexter("test", "a.c", "b.cpp", "--builder", "gcc-0,gcc-1")
    assert said.status == 0
    assert rows(said.out)[:3] == ["gcc-0 gcc-1", "a.c PASS PASS", "b.cpp UNSUPPORTED PASS"]
    assert re.search(r"^UNSUPPORTED b.cpp  \(g\+\+-0 is not installed: .*\)  gcc-0$", said.out, re.MULTILINE)


def test_what_a_test_requires_is_told_once(write: Callable[..., Path], dexter: Callable[..., Any]) -> None:
    write("// REQUIRES: sys161\n" + GOOD, "a.c")
    write(GOOD, "b.c")
    said = dexter("test", "a.c", "b.c", "--builder", "gcc,gcc-1")
    if shutil.which("sys161") is not None:
        pytest.skip("sys161 is installed: nothing is lacking")
    assert rows(said.out)[1:3] == ["a.c UNSUPPORTED UNSUPPORTED", "b.c PASS UNSUPPORTED"]
    assert len(re.findall(r"^UNSUPPORTED a.c  \(sys161 cannot be used: .*\)  gcc, gcc-1$", said.out, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--builder", "gcc,gc"), "no builder called 'gc': there are gcc, clang"),
        (("--builder", "gc"), "no builder called 'gc': there are gcc, clang"),
        (("--debugger", "gdb,dbx"), "no debugger called 'dbx': there is gdb, lldb"),
        (("--builder", "gcc,"), "'gcc,' has an empty name"),
        (("--builder", ""), "'' has an empty name"),
        (("--builder", "gcc,os161"), "os161 builds kernels, and other builders programs"),
        (("--builder", "gcc,./none"), "--builder none: no such file"),
        (("--builder", "gcc,clang", "--binary", "/bin/true"), "--binary is built already"),
    ],
)
def test_mistakes(suite: None, dexter: Callable[..., Any], options: tuple[str, ...], message: str) -> None:
    said = dexter("test", "suite/a.c", *options)
    assert said.status == 2
    assert message in said.err
    assert said.out == ""


def test_the_same_name_twice_is_one(suite: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite/a.c", "--builder", "gcc,gcc", "--debugger", "gdb,gdb")
    assert said.out.startswith("PASS        suite/a.c  ")


def test_one_configuration_is_told_in_the_report_too(check: Callable[..., Any], tmp_path: Path) -> None:
    assert check(GOOD).test["configuration"] == {"builder": "gcc", "debugger": "gdb"}
    check(GOOD, "--save-temps", "--results-directory", "kept")
    (program,) = (tmp_path / "kept").rglob("program")
    assert check(GOOD, "--binary", program).test["configuration"] == {"builder": None, "debugger": "gdb"}


def test_after_so_many_failures_cells_are_empty(suite: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite", "--builder", "gcc,gcc-1", "--max-failures", "1")
    assert rows(said.out)[1:3] == ["suite/a.c PASS UNSUPPORTED", "suite/b.c FAIL -"]
    assert "3 more tests were not run" in said.out
    assert said.status == 1


def test_what_is_kept_does_not_meet(suite: None, dexter: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "build.sh"
    script.write_text('#!/bin/sh -e\nout=$1; shift\nexec gcc -g -O0 $CFLAGS -o "$out" "$@"\n')
    script.chmod(0o755)
    options = ("--builder", "gcc,./build.sh", "--save-temps", "--results-directory", "kept", "-j", 2)
    said = dexter("test", "suite/a.c", *options)
    assert rows(said.out)[:2] == ["gcc ./build.sh", "suite/a.c PASS PASS"]
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert sorted(str(path.relative_to(tmp_path / "kept")) for path in kept) == [
        "._build.sh/suite/a.c.dexrec",
        "._build.sh/suite/a.c/a",
        "gcc/suite/a.c.dexrec",
        "gcc/suite/a.c/a",
        "results.json",
    ]


def test_losses_are_told_for_each_configuration(
    write: Callable[..., Path], lldb: None, dexter: Callable[..., Any]
) -> None:
    write(GOOD.replace("int n", "volatile int n"), "a.c")
    options = ("--debugger", "gdb,lldb", "--cflags", "-O2", "--against", "-O0")
    said = dexter("test", "a.c", *options, "--json", "report.json")
    tests = json.loads(Path("report.json").read_bytes())["tests"]
    assert tests[0]["losses"]["lost"] == tests[1]["losses"]["lost"] != []
    assert said.out.count("lost against -O0") == 1
    assert re.search(r"^PASS        a.c  gdb, lldb$", said.out, re.MULTILINE)


def test_verbose_explains_what_holds_once(suite: None, lldb: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite/a.c", "--debugger", "gdb,lldb", "-v")
    assert said.out.count("holds: at step") == 1
    assert re.search(r"^PASS        suite/a.c  gdb, lldb$", said.out, re.MULTILINE)


def test_interrupted(start: Callable[..., Any], write: Callable[..., Path], mark: str) -> None:
    endless = "int main(void) { volatile unsigned n = 0; for (;;) n++; }\n"
    write(GOOD, "a.c")
    write(f"// DexVerify(Eventually(Expect('n', -1)))\n{endless}", "b.c")
    process = start("test", "a.c", "b.c", "--builder", "gcc,gcc-1")
    assert process.stdout is not None
    assert process.stdout.readline().split() == ["gcc", "gcc-1"]
    assert process.stdout.readline().split() == ["a.c", "PASS", "UNSUPPORTED"]
    process.send_signal(2)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "dexter: interrupted" in err
    assert "2 more tests were not run" in out


def test_documents_tell_the_configurations_apart(suite: None, dexter: Callable[..., Any], tmp_path: Path) -> None:
    compilers = ("gcc", "./build.sh")
    (tmp_path / "build.sh").write_text('#!/bin/sh -e\nout=$1; shift\nexec gcc -g -O0 $CFLAGS -o "$out" "$@"\n')
    (tmp_path / "build.sh").chmod(0o755)
    options = ("--junit", "junit.xml", "--sarif", "results.sarif", "--itf", "traces", "--html", "page.html")
    dexter("test", "suite/b.c", "--builder", ",".join(compilers), *options)
    names = ["b.c (gcc)", "b.c (._build.sh)"]
    junit, page = Path("junit.xml").read_text(), Path("page.html").read_text()
    (run,) = json.loads(Path("results.sarif").read_bytes())["runs"]
    assert [result["properties"]["test"] for result in run["results"]] == [f"suite/{name}" for name in names]
    assert len({result["partialFingerprints"]["proposition/v1"] for result in run["results"]}) == 2
    assert {path.name for path in Path("traces").rglob("*.json")} == {f"{name}.1.itf.json" for name in names}
    assert all(name in junit and name in page for name in names)
    assert len(set(re.findall(r'classname="([^"]*)"', junit))) == 2


def test_one_line_tells_once_what_is_the_same(suite: None, lldb: None, dexter: Callable[..., Any]) -> None:
    said = dexter("test", "suite/b.c", "--debugger", "gdb,lldb", "--one-line")
    assert said.out.count("b.c:1:") == said.out.count(": error: ") == 1
    assert said.out.splitlines()[-1].startswith("1 test in 2 configurations: 2 FAIL  in ")
