"""The script builder, the prebuilt one, and the choice of a builder by name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dexverify.builders import BuildRequest, PrebuiltBuilder, builder_for
from dexverify.errors import BuildError, ConfigError


def script(tmp_path: Path, body: str, *, first: str = "#!/bin/sh\n") -> str:
    path = tmp_path / "build it"
    path.write_text(first + body)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def request_(tmp_path: Path) -> BuildRequest:
    source = tmp_path / "my main.c"
    source.write_text("int main(void) { return VALUE; }\n")
    header = tmp_path / "main.h"
    header.touch()
    cflags = ("-DVALUE=3", "-DSPACED=a b")
    return BuildRequest((source, header), tmp_path / "out", cflags, ("-lm",), "program")


def test_the_script_gets_the_output_the_sources_and_the_flags(tmp_path, request_):
    build = script(
        tmp_path,
        'output=$1; shift\nprintf "%s|" "$@" "$CFLAGS" "$LDFLAGS" > "$(dirname "$output")/seen"\n'
        'eval "set -- $CFLAGS \\"\\$@\\" $LDFLAGS"\nexec gcc -o "$output" "$@"\n',
    )
    binary = builder_for(build).build(request_)
    assert subprocess.run([binary], check=False, timeout=20).returncode == 3
    seen = (tmp_path / "out" / "seen").read_text().split("|")
    assert seen == [str(request_.sources[0]), "-DVALUE=3 '-DSPACED=a b'", "-lm", ""]


def test_a_script_that_fails_shows_what_it_printed(tmp_path, request_):
    build = script(tmp_path, "echo to standard output; echo to standard error >&2; exit 9\n")
    with pytest.raises(BuildError) as caught:
        builder_for(build).build(request_)
    assert "exit status 9" in str(caught.value)
    assert str(caught.value).endswith("to standard output\nto standard error")


def test_a_script_that_leaves_no_binary_has_failed_even_if_an_old_one_is_there(tmp_path, request_):
    request_.output().write_text("from an earlier run")
    with pytest.raises(BuildError, match=r"left no .*/program"):
        builder_for(script(tmp_path, "true\n")).build(request_)


def test_a_script_over_its_deadline_is_cut(tmp_path, request_):
    slow = BuildRequest(request_.sources, request_.directory, (), (), "program", deadline_s=0.5)
    with pytest.raises(BuildError, match=r"longer than 0\.5 s"):
        builder_for(script(tmp_path, "sleep 60\n")).build(slow)


def test_a_script_that_is_killed_says_so(tmp_path, request_):
    with pytest.raises(BuildError, match="killed by signal 9"):
        builder_for(script(tmp_path, "kill -KILL $$\n")).build(request_)


def test_a_script_that_cannot_be_run_is_told(tmp_path, request_):
    with pytest.raises(ConfigError, match=r"--builder nowhere: no such file"):
        builder_for("./nowhere").build(request_)
    build = script(tmp_path, "", first="no interpreter line\n")
    with pytest.raises(BuildError, match="Exec format error"):
        builder_for(build).build(request_)
    os.chmod(build, 0o644)  # noqa: PTH101 - a str on purpose: it is what the command line gives
    with pytest.raises(ConfigError, match=r"not executable \(chmod \+x"):
        builder_for(build).build(request_)


def test_a_prebuilt_binary_is_handed_out_as_it_is(tmp_path, request_):
    assert PrebuiltBuilder(Path("/bin/true")).build(request_) == Path("/bin/true")
    with pytest.raises(ConfigError, match="no such file"):
        PrebuiltBuilder(tmp_path / "absent").build(request_)
    with pytest.raises(ConfigError, match="not executable"):
        PrebuiltBuilder(request_.sources[0]).build(request_)


@pytest.mark.parametrize("name", ["gccc", "make", "", "g++"])
def test_an_unknown_builder_names_those_that_there_are(name):
    with pytest.raises(ConfigError, match=r"there are gcc, clang, os161, .*build script"):
        builder_for(name)


def test_a_misspelt_builder_gets_a_suggestion():
    with pytest.raises(ConfigError, match=r"did you mean clang\?"):
        builder_for("clnag")
