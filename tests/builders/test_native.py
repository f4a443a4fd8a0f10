"""The gcc and clang builders, with real compilers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from dexverify.builders import BuildRequest, builder_for
from dexverify.builders.base import MESSAGE_LINES
from dexverify.errors import BuildError, ConfigError


def request(tmp_path: Path, **files: str) -> BuildRequest:
    """A request for sources named by keyword: `main_c="…"` is `main.c`."""
    sources = []
    for key, text in files.items():
        stem, _, suffix = key.rpartition("_")
        source = tmp_path / f"{stem}.{suffix}"
        source.write_text(text)
        sources.append(source)
    return BuildRequest(tuple(sources), tmp_path / "out", (), (), "program")


def with_flags(request: BuildRequest, *cflags: str, ldflags: tuple[str, ...] = ()) -> BuildRequest:
    return BuildRequest(request.sources, request.directory, cflags, ldflags, request.name, request.deadline_s)


def status_of(binary: Path) -> int:
    return subprocess.run([binary], check=False, timeout=20).returncode


def has_debug_information(binary: Path) -> bool:
    with binary.open("rb") as file:
        return bool(ELFFile(file).has_dwarf_info(strict=True))


def producer_file_names(binary: Path) -> set[str]:
    """The names under which the compilation units were compiled."""
    with binary.open("rb") as file:
        dwarf = ELFFile(file).get_dwarf_info()
        units = [unit.get_top_DIE() for unit in dwarf.iter_CUs()]
    return {unit.attributes["DW_AT_name"].value.decode() for unit in units}


@pytest.fixture(params=["gcc", "clang"])
def builder(request: pytest.FixtureRequest):
    return builder_for(request.param)


OPTIMISED = """
int main(void) {
#ifdef __OPTIMIZE__
    return 2;
#else
    return 0;
#endif
}
"""


def test_the_default_is_unoptimised_with_debug_information(builder, tmp_path):
    binary = builder.build(request(tmp_path, main_c=OPTIMISED))
    assert binary == tmp_path / "out" / "program"
    assert status_of(binary) == 0
    assert has_debug_information(binary)


def test_the_users_own_optimisation_wins(builder, tmp_path):
    binary = builder.build(with_flags(request(tmp_path, main_c=OPTIMISED), "-O2"))
    assert status_of(binary) == 2
    assert has_debug_information(binary)


def test_the_users_own_debug_level_wins(builder, tmp_path):
    binary = builder.build(with_flags(request(tmp_path, main_c=OPTIMISED), "-g0"))
    assert status_of(binary) == 0
    assert not has_debug_information(binary)


def test_debug_information_names_the_source_by_its_absolute_path(builder, tmp_path, monkeypatch):
    whole = request(tmp_path, main_c="int main(void) { return 0; }\n")
    monkeypatch.chdir(tmp_path)
    relative = BuildRequest((Path("main.c"),), Path("out"), (), (), "program")
    binary = builder.build(relative)
    assert binary.is_absolute()
    assert str(whole.sources[0]) in producer_file_names(binary)


def test_several_sources_make_one_program_and_headers_are_not_compiled(builder, tmp_path):
    sources = request(
        tmp_path,
        main_c='#include "seven.h"\nint main(void) { return seven(); }\n',
        seven_h="int seven(void);\n",
        seven_c="int seven(void) { return 7; }\n",
    )
    assert status_of(builder.build(sources)) == 7


def test_assembly_is_preprocessed_and_compiled(builder, tmp_path):
    sources = request(
        tmp_path,
        main_c="extern int nine; int main(void) { return nine; }\n",
        nine_S="#define VALUE 9\n.data\n.globl nine\nnine: .long VALUE\n.section .note.GNU-stack\n",
    )
    assert status_of(builder.build(sources)) == 9


def test_cpp_sources_use_the_cpp_compiler_and_c_files_among_them_stay_c(builder, tmp_path):
    sources = request(
        tmp_path,
        main_cpp='extern "C" int value(void);\nstruct S { ~S() {} };\nint main() { S s; return value(); }\n',
        # No C++ compiler takes a variable called `class`.
        value_c="int value(void) { int class = 5; return class; }\n",
    )
    assert status_of(builder.build(sources)) == 5


def test_flags_reach_the_compiler_and_the_linker_and_spaces_survive(builder, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    sources = request(folder, main_c="#include <math.h>\nint main(int c, char **v) { return N + (int)cos(c - 1); }\n")
    binary = builder.build(with_flags(sources, "-DN=40 + 1", ldflags=("-lm",)))
    assert status_of(binary) == 42


def test_a_failure_shows_the_command_and_the_compilers_own_message(builder, tmp_path):
    broken = request(tmp_path, broken_c="int main(void) { return undeclared_name; }\n")
    with pytest.raises(BuildError) as caught:
        builder.build(broken)
    message = str(caught.value)
    assert message.startswith("the build failed with exit status 1\n$ ")
    assert f"{broken.sources[0]}:1:" in message
    assert "undeclared_name" in message
    assert " -O0 -g " in message.splitlines()[1]


def test_a_long_message_is_capped_at_its_beginning(builder, tmp_path):
    lines = "".join(f'#pragma GCC warning "number {n}"\n' for n in range(300))
    broken = request(tmp_path, broken_c=f"{lines}#error done\n")
    with pytest.raises(BuildError) as caught:
        builder.build(with_flags(broken, "-ferror-limit=0") if builder.name == "clang" else broken)
    message = str(caught.value).splitlines()
    assert "number 0" in "\n".join(message)
    assert len(message) == MESSAGE_LINES + 3
    assert message[-1].endswith("more lines")


def test_a_missing_compiler_names_the_line_that_installs_it(builder, tmp_path, monkeypatch):
    sources = request(tmp_path, main_cpp="int main() { return 0; }\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    package = {"gcc": r"g\+\+", "clang": "clang"}[builder.name]
    with pytest.raises(ConfigError, match=rf"is not installed: sudo apt-get install {package}$"):
        builder.build(sources)


def test_a_version_is_a_compiler_of_its_own():
    versioned = builder_for("clang-1")
    assert (versioned.c_compiler, versioned.cpp_compiler) == ("clang-1", "clang++-1")


def test_headers_alone_are_nothing_to_compile(builder, tmp_path):
    with pytest.raises(ConfigError, match=r"nothing to compile \(.*only\.h\)"):
        builder.build(request(tmp_path, only_h="int x;\n"))


def test_a_source_that_does_not_exist_is_told(builder, tmp_path):
    with pytest.raises(ConfigError, match=r"no such source file: .*/missing\.c"):
        builder.build(BuildRequest((tmp_path / "missing.c",), tmp_path, (), (), "program"))
