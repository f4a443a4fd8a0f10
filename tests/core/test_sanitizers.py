"""REQUIRES: not_asan and its like, by the tools that are on the PATH."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dexverify import doctor
from dexverify.features import SANITIZERS
from dexverify.sanitizers import unmet

PROGRAM = "int main(int count, char **names) { return count + count > names[0][0]; }\n"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def build(path: Path, *flags: str, path_of_gcc: str | None = shutil.which("gcc")) -> None:
    assert path_of_gcc is not None
    source = path.parent.parent / "tool.c"
    source.write_text(PROGRAM)
    command = [path_of_gcc, *flags, str(source), "-o", str(path)]
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin"}, timeout=60)


@pytest.mark.parametrize(("name", "flag"), [("asan", "address"), ("ubsan", "undefined")])
@pytest.mark.parametrize("tool", ["clang", "lldb"])
def test_a_tool_that_was_built_with_a_sanitizer_is_recognised(tools: Path, name: str, flag: str, tool: str) -> None:
    build(tools / tool, f"-fsanitize={flag}")
    assert unmet(name) is None
    assert unmet(f"not_{name}") == f"not_{name} is required, and {tools / tool} was built with that sanitizer"
    assert unmet("not_msan") is None


def test_tools_without_one_scripts_and_none_at_all(tools: Path) -> None:
    for _ in range(3):
        assert [feature for feature in SANITIZERS if unmet(feature) is None] == ["not_asan", "not_msan", "not_ubsan"]
        if not (tools / "clang").exists():
            build(tools / "clang")
        else:
            (tools / "lldb").write_text("#!/bin/sh\n")
            (tools / "lldb").chmod(0o755)
    assert unmet("asan") == "asan is required, and neither clang nor lldb was built with that sanitizer"


def test_they_can_be_required_and_excluded(tools: Path) -> None:
    assert doctor.missing(["not_asan", "not_ubsan"]) is None
    assert doctor.excluded(["asan", "msan"]) is None
    assert doctor.excluded(["asan", "not_asan"]) == "it is marked as unsupported with not_asan"
