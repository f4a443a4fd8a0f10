"""The doctor: on the real tools, and on made-up ones that misbehave as real ones do."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dexverify import doctor, probes
from dexverify.cli import main
from dexverify.errors import ConfigError
from dexverify.probes import PROBES, Capability
from drivers.lldb import bindings


class Tools:
    """A folder that is the whole PATH, with the programs that a test puts into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Tools:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    # Neither the system's lldb nor its kernel's setting is to be seen by made-up tools.
    monkeypatch.setattr(bindings, "USR", tmp_path / "usr")
    monkeypatch.setattr(probes, "_YAMA", tmp_path / "ptrace_scope")
    return Tools(folder)


def test_the_real_compilers_and_debugger_are_found_with_their_versions():
    found = {capability.name: capability for capability in doctor.capabilities()}
    assert list(found) == list(PROBES)
    for name in ("gcc", "g++", "clang", "clang++", "gdb", "gdb-python"):
        version = found[name].version
        assert version is not None
        assert any(character.isdigit() for character in version), name
    assert doctor.host_is_usable(found.values())
    assert doctor.missing(["gcc", "gdb"]) is None


def test_there_is_one_line_a_capability_and_a_last_one_that_sums_up(tools):
    tools.add("gcc", "echo gcc 12.2.0")
    found = doctor.capabilities()
    *lines, empty, last = doctor.render(found).splitlines()
    assert [line.split()[0] for line in lines] == list(PROBES)
    assert lines[0] == "gcc          gcc 12.2.0"
    assert empty == ""
    assert last.startswith("C programs cannot be verified on this machine; kernels cannot: ")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("gcc", "sudo apt-get install gcc"),
        ("g++", "sudo apt-get install g++"),
        ("clang", "sudo apt-get install clang"),
        ("clang++", "sudo apt-get install clang"),
        ("gdb", "sudo apt-get install gdb"),
        ("gdb-python", "sudo apt-get install gdb"),
        ("ptrace", "sudo apt-get install gdb"),
        ("lldb", "sudo apt-get install lldb"),
        ("lldb-python", "sudo apt-get install lldb"),
        ("mips-gcc", "sudo apt-get install gcc-mips-linux-gnu"),
        ("mips-gdb", "sudo apt-get install gdb-multiarch"),
        ("qemu-mips", "sudo apt-get install qemu-system-mips"),
        ("bmake", "sudo apt-get install bmake"),
    ],
)
def test_what_is_not_there_names_the_line_that_installs_it(tools, name, remedy):
    capability = PROBES[name]()
    assert capability.version is None
    assert capability.remedy == remedy
    assert str(capability).endswith(f"; {remedy}")


@pytest.mark.parametrize("name", ["sys161", "trace161"])
def test_the_os161_simulator_comes_from_the_user(tools, name):
    assert PROBES[name]().remedy.startswith("comes with your OS/161 course")
    tools.add(name, 'echo "Usage: no version told" >&2; exit 1')
    assert PROBES[name]().version == str(tools.folder / name)
    tools.add(name, f'echo "{name}: System/161 2.0.8, compiled today" >&2; exit 1')
    assert PROBES[name]().version == f"{name}: System/161 2.0.8, compiled today"


def test_a_version_without_dots_and_a_line_before_the_version_are_no_obstacle(tools):
    tools.add("bmake", "echo 20200710")
    assert PROBES["bmake"]().version == "bmake: 20200710"
    tools.add("lldb", 'echo "Traceback (most recent call last):"; echo "lldb version 14.0.6"')
    assert PROBES["lldb"]().version == "lldb version 14.0.6"


def test_the_course_toolchain_is_preferred(tools):
    tools.add("mips-linux-gnu-gcc", "echo mips-linux-gnu-gcc 12.2.0")
    assert PROBES["mips-gcc"]().version == "mips-linux-gnu-gcc 12.2.0"
    tools.add("mips-harvard-os161-gcc", "echo mips-harvard-os161-gcc 4.8.3")
    assert PROBES["mips-gcc"]().version == "mips-harvard-os161-gcc 4.8.3"


def test_a_tool_that_hangs_does_not_hang_the_doctor(tools, monkeypatch):
    monkeypatch.setattr(probes, "PROBE_S", 0.3)
    tools.add("gdb", "while :; do :; done")
    assert PROBES["gdb-python"]().version is None
    assert PROBES["ptrace"]().why_not.startswith("gdb cannot run ")


def test_a_gdb_without_python_is_told_and_is_still_usable(tools):
    tools.add("gdb", 'echo "GNU gdb 7.8"; echo "Scripting in the \\"Python\\" language is not supported." >&2')
    assert PROBES["gdb"]().version == "GNU gdb 7.8"
    python = PROBES["gdb-python"]()
    assert python.version is None
    assert f"{tools.folder}/gdb has no usable Python" in python.why_not


@pytest.mark.parametrize(
    ("scope", "remedy"),
    [(None, "--cap-add=SYS_PTRACE"), ("1", "--cap-add=SYS_PTRACE"), ("2", "sudo sysctl"), ("3", "boot with")],
)
def test_forbidden_tracing_is_told_with_what_permits_it(tools, scope, remedy):
    if scope is not None:
        (tools.folder.parent / "ptrace_scope").write_text(f"{scope}\n")
    tools.add("gdb", 'echo "GNU gdb 13.1"; echo "ptrace: Operation not permitted." >&2')
    capability = PROBES["ptrace"]()
    assert capability.version is None
    assert capability.why_not == "ptrace: Operation not permitted."
    assert remedy in capability.remedy
    tools.add("gcc", "echo gcc 12.2.0")
    assert not doctor.host_is_usable(doctor.capabilities())
    assert doctor.debuggers()[0] == Capability("gdb", None, capability.why_not, capability.remedy)


def test_a_gdb_that_knows_no_mips_is_not_taken_for_one_that_does(tools):
    tools.add("gdb", "echo 'Undefined item: \"mips\".'; echo 'GNU gdb 13.1'")
    assert PROBES["mips-gdb"]().version is None
    tools.add("gdb-multiarch", "echo 'The target architecture is set to \"mips\".'; echo 'GNU gdb 13.1'")
    assert PROBES["mips-gdb"]().version == "gdb-multiarch: GNU gdb 13.1"


LLDB = 'if [ "$1" = -P ]; then echo "{folder}"; else echo "lldb version 14.0.6"; fi'


def test_an_empty_lldb_package_is_not_taken_for_the_module(tools, tmp_path):
    (tmp_path / "site" / "lldb").mkdir(parents=True)
    tools.add("lldb", LLDB.format(folder=tmp_path / "site"))
    capability = PROBES["lldb-python"]()
    assert capability.version is None
    assert capability.why_not.endswith(f"({tools.folder}/lldb -P names {tmp_path}/site, where it is not)")
    assert "lldb-python cannot be used: " in (doctor.missing(["lldb"]) or "")


def test_an_lldb_module_that_works_is_found_and_named(tools, tmp_path):
    package = tmp_path / "usr" / "lib" / "llvm-14" / "lib" / "python3" / "dist-packages" / "lldb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "class SBDebugger:\n    @staticmethod\n    def GetVersionString():\n        return 'lldb version 14.0.6'\n"
    )
    tools.add("lldb", LLDB.format(folder=tmp_path / "missing"))
    assert PROBES["lldb-python"]().version == f"lldb version 14.0.6 ({package}, loaded by {sys.executable})"
    assert doctor.missing(["lldb"]) is None


def test_only_what_is_asked_for_is_probed_and_only_once(tools, tmp_path):
    tools.add("gcc", f'echo x >> "{tmp_path}/asked"; echo gcc 12.2.0')
    tools.add("gdb", f'echo gdb >> "{tmp_path}/asked"')
    assert doctor.missing(["gcc"]) is None
    assert doctor.missing(["gcc", "gcc"]) is None
    assert (tmp_path / "asked").read_text() == "x\n"


def test_the_first_missing_requirement_is_told_with_its_remedy(tools):
    tools.add("gcc", "echo gcc 12.2.0")
    assert doctor.missing([]) is None
    reason = doctor.missing(["gcc", "qemu-mips", "sys161"])
    assert reason == ("qemu-mips cannot be used: qemu-system-mips not found; sudo apt-get install qemu-system-mips")


def test_an_unknown_requirement_names_the_nearest():
    with pytest.raises(ConfigError, match=r"no capability called 'sys-161'; did you mean 'sys161'\?"):
        doctor.missing(["gcc", "sys-161"])


def test_list_debuggers_says_what_can_be_used():
    gdb, mips_gdb, lldb = doctor.debuggers()
    assert (gdb.name, mips_gdb.name, lldb.name) == ("gdb", "mips-gdb", "lldb")
    assert mips_gdb == PROBES["mips-gdb"]()
    assert gdb.version is not None
    assert "GNU gdb" in gdb.version
    assert lldb == replace(PROBES["lldb-python"](), name="lldb")


def test_the_command_exits_with_0_only_where_programs_can_be_verified(tools, monkeypatch, capsys):
    assert main(["doctor"]) == 1
    assert "gcc          no: gcc not found; sudo apt-get install gcc\n" in capsys.readouterr().out
    monkeypatch.undo()
    assert main(["doctor"]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("C programs can be verified on this machine; kernels can")
    assert last.endswith(".")


FOR_KERNELS = {
    "gdb-multiarch": "echo 'The target architecture is set to \"mips\".'; echo 'GNU gdb 13.1'",
    "bmake": "echo 20200710",
    "mips-linux-gnu-gcc": "echo mips-linux-gnu-gcc 12.2.0",
}


@pytest.mark.parametrize(
    ("machines", "told"),
    [
        (["qemu-system-mips"], "kernels can, on qemu."),
        (["sys161"], "kernels can, on sys161."),
        (["qemu-system-mips", "sys161"], "kernels can, on sys161 and qemu."),
        ([], "kernels cannot: qemu-system-mips not found; sudo apt-get install qemu-system-mips."),
    ],
)
def test_the_last_line_names_the_machines_that_kernels_can_be_verified_on(tools, machines, told):
    for name, body in FOR_KERNELS.items():
        tools.add(name, body)
    for name in machines:
        tools.add(name, "echo version 7.2")
    assert doctor.render(doctor.capabilities()).splitlines()[-1].endswith(f"; {told}")


def test_lldb_stands_in_for_a_gdb_that_knows_mips():
    found = {name: doctor.Capability(name, "1.0") for name in PROBES}
    found["mips-gdb"] = doctor.Capability("mips-gdb", None, "no gdb for MIPS", "get one")
    last = doctor.render(found.values()).splitlines()[-1]
    assert last.endswith("; kernels can with --debugger lldb, on sys161 and qemu.")
    for name in ("lldb-python", "bmake"):
        lacking = found | {name: doctor.Capability(name, None, f"no {name}", "")}
        assert "; kernels cannot: no gdb for MIPS" in doctor.render(lacking.values()).splitlines()[-1]


def test_one_line_installs_all_that_kernels_lack(tools):
    assert doctor.render(doctor.capabilities()).endswith(
        "kernels cannot: none of mips-harvard-os161-gdb, os161-gdb, gdb-multiarch, gdb is there and knows MIPS, "
        "bmake not found, mips-harvard-os161-gcc or os161-gcc or mips-linux-gnu-gcc not found, "
        "qemu-system-mips not found; "
        "sudo apt-get install gdb-multiarch bmake gcc-mips-linux-gnu qemu-system-mips."
    )


def test_what_is_missing_and_no_package_is_told_after_the_packages(tools):
    shortage = doctor.shortage(["sys161", "bmake", "trace161"])
    assert shortage is not None
    assert shortage.startswith("sys161 not found, bmake not found, trace161 not found; sudo apt-get install bmake; ")
    assert shortage.count("comes with your OS/161 course") == 1
    tools.add("gcc", "echo gcc 12.2.0")
    assert doctor.shortage(["gcc"]) is None


def test_the_command_lists_the_debuggers(tools, capsys):
    assert main(["list-debuggers"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "gdb          no: gdb not found; sudo apt-get install gdb",
        "mips-gdb     no: none of mips-harvard-os161-gdb, os161-gdb, gdb-multiarch, gdb is there and knows MIPS; "
        "sudo apt-get install gdb-multiarch",
        "lldb         no: lldb not found; sudo apt-get install lldb",
    ]
