"""The set-up scripts on machines that lack something, played by a PATH of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
# The interpreter itself: neither this virtual environment's nor a version manager's shim, which needs more PATH.
PYTHON = Path(sys.executable).resolve()
REQUIRED = ("gcc", "g++", "clang", "gdb")
FOR_KERNELS = ("qemu-system-mips", "gdb-multiarch", "bmake", "mips-linux-gnu-gcc")
OPTIONAL_PACKAGES = "qemu-system-mips gdb-multiarch bmake gcc-mips-linux-gnu lldb"


class Machine:
    """A folder that is the whole PATH: some real tools, some that a test plays, and a log of what was called."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bin"
        self.path.mkdir()
        self.log = folder / "log"
        for name in ("sh", "dirname", "env"):
            (self.path / name).symlink_to(shutil.which(name) or name)
        (self.path / "python3").symlink_to(PYTHON)
        self.add("id", "echo 1000")

    def add(self, name: str, body: str = "") -> None:
        file = self.path / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{body}\n')
        file.chmod(0o755)

    def add_apt(self) -> None:
        """An apt-get whose `install` brings the commands it is asked for."""
        self.add(
            "apt-get",
            f'[ "$1" = install ] && echo "frontend $DEBIAN_FRONTEND" >> "{self.log}"\n'
            f'for word; do case $word in install|update|-*) ;; *) : > "{self.path}/$word";'
            f' /bin/chmod +x "{self.path}/$word" ;; esac; done',
        )

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(SCRIPTS / script), *arguments],
            env={"PATH": str(self.path), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_installed_where_nothing_is_missing(machine):
    machine.add("gcc")
    machine.add("apt-get", "exit 9")
    done = machine.run("system-packages", "gcc")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.calls() == []


def test_root_installs_what_is_missing_and_only_that(machine):
    machine.add("id", "echo 0")
    machine.add("gcc")
    machine.add_apt()
    done = machine.run("system-packages", "gcc", "g++", "gdb")
    assert done.returncode == 0, done.stderr
    assert machine.calls() == [
        "id -u",
        "apt-get update -qq",
        "apt-get install -y -qq g++ gdb",
        "frontend noninteractive",
    ]
    machine.log.unlink()
    assert machine.run("system-packages", "gcc", "g++", "gdb").returncode == 0
    assert machine.calls() == []


def test_a_sudo_without_password_is_used(machine):
    machine.add("sudo", 'shift; exec "$@"')
    machine.add("true")
    machine.add_apt()
    done = machine.run("system-packages", "gdb")
    assert done.returncode == 0, done.stderr
    assert "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq gdb" in machine.calls()


@pytest.mark.parametrize("has_sudo", [True, False])
def test_without_root_and_sudo_the_line_to_run_is_printed_and_nothing_is_done(machine, has_sudo):
    if has_sudo:
        machine.add("sudo", "echo a password is required >&2; exit 1")
    machine.add_apt()
    done = machine.run("system-packages", "gcc", "gdb")
    assert done.returncode == 1
    assert "    sudo apt-get update && sudo apt-get install gcc gdb\n" in done.stderr
    assert done.stdout == ""
    assert not any(call.startswith("apt-get") for call in machine.calls())


def test_another_distribution_is_told_what_is_missing(machine):
    done = machine.run("system-packages", "gcc")
    assert done.returncode == 1
    assert "Missing: gcc. This is not Debian or Ubuntu" in done.stderr


def test_an_installation_that_fails_fails(machine):
    machine.add("id", "echo 0")
    machine.add("apt-get", 'echo "E: no such package" >&2; exit 100')
    done = machine.run("system-packages", "gdb")
    assert done.returncode == 100
    assert "E: no such package" in done.stderr


def test_a_command_can_come_from_a_package_of_another_name(machine):
    machine.add("id", "echo 0")
    machine.add("apt-get")
    machine.add("cc")
    assert machine.run("system-packages", "cc:compiler", "ld:linker").returncode == 0
    assert machine.calls()[-1] == "apt-get install -y -qq linker"


def test_what_is_optional_is_installed_after_the_rest_and_without_what_it_recommends(machine):
    machine.add("id", "echo 0")
    machine.add_apt()
    done = machine.run("system-packages", "gcc", "--optional", "kernels", "bmake", "gdb")
    assert done.returncode == 0, done.stderr
    assert machine.calls() == [
        "id -u",
        "apt-get update -qq",
        "apt-get install -y -qq gcc",
        "frontend noninteractive",
        "apt-get install -y -qq --no-install-recommends bmake gdb",
        "frontend noninteractive",
    ]
    machine.log.unlink()
    assert machine.run("system-packages", "gcc", "--optional", "kernels", "bmake", "gdb").returncode == 0
    assert machine.calls() == []


LINE = "    sudo apt-get update && sudo apt-get install --no-install-recommends bmake x-mips\n"


def test_where_what_is_optional_cannot_be_installed_the_line_is_printed_and_nothing_has_failed(machine):
    machine.add("gcc")
    optional = ("--optional", "kernels", "bmake", "--optional", "games", "x:x-mips")
    done = machine.run("system-packages", "gcc", *optional)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Missing for kernels, games, and for nothing else (Debian's names): bmake x-mips\n"
    machine.add("apt-get", 'case "$*" in *bmake*) echo "E: Unable to locate package bmake" >&2; exit 100;; esac')
    done = machine.run("system-packages", "gcc", *optional)  # without root
    assert (done.returncode, done.stdout) == (0, "")
    assert LINE in done.stderr
    assert not any(call.startswith("apt-get") for call in machine.calls())
    machine.add("id", "echo 0")
    done = machine.run("system-packages", "gcc", *optional)
    assert done.returncode == 0
    assert done.stderr.startswith("E: Unable to locate package bmake\n")
    assert done.stderr.endswith(LINE)


def test_what_is_optional_mends_nothing_that_is_required(machine):
    machine.add("apt-get", "exit 1")
    done = machine.run("system-packages", "gcc", "--optional", "kernels", "bmake", "x:x-mips")
    assert done.returncode == 1
    assert LINE in done.stderr
    assert "    sudo apt-get update && sudo apt-get install gcc\nand then make again.\n" in done.stderr
    machine.add("id", "echo 0")
    assert machine.run("system-packages", "gcc", "--optional", "kernels", "bmake").returncode != 0
    assert "apt-get install -y -qq --no-install-recommends bmake" not in machine.calls()


def test_a_python_that_cannot_make_environments_is_passed_over(machine):
    (machine.path / "python3").unlink()
    machine.add("python3", "exit 127")  # a version manager's shim with no version chosen
    (machine.path / "python3.11").symlink_to(PYTHON)
    done = machine.run("find-python")
    assert done.returncode == 0
    assert done.stdout.strip() in {"/usr/bin/python3", str(machine.path / "python3.11")}


def test_the_interpreter_can_be_chosen(machine):
    assert machine.run("find-python", PYTHON=str(PYTHON)).stdout.strip() == str(PYTHON)


@pytest.fixture
def tree(tmp_path) -> Path:
    """What make needs of a fresh clone."""
    tree = tmp_path / "tree"
    tree.mkdir()
    shutil.copytree(SCRIPTS, tree / "scripts")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    return tree


def make(machine: Machine, tree: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", "-C", str(tree), target],
        env={"PATH": str(machine.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_stops_before_anything_is_made_where_it_may_not_install(machine, tree, target):
    machine.add_apt()
    done = make(machine, tree, target)
    assert done.returncode != 0
    assert "    sudo apt-get update && sudo apt-get install gcc g++ clang gdb\n" in done.stderr
    assert not (tree / ".venv").exists()


def test_a_second_make_goes_straight_to_the_job_and_a_changed_project_does_not(machine, tree):
    for name in (*REQUIRED, *FOR_KERNELS, "lldb", "apt-get", "touch"):
        machine.add(name)
    for name in ("python", "dexter"):
        (tree / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tree / ".venv" / "bin" / name).symlink_to(machine.path / name)
        machine.add(name)
    stamp = tree / ".venv" / "up-to-date"
    stamp.touch()
    os.utime(tree / "pyproject.toml", (1, 1))
    os.utime(tree / "scripts" / "virtualenv", (1, 1))
    assert make(machine, tree, "demo").returncode == 0
    assert machine.calls() == ["dexter test examples/LTD"]
    os.utime(stamp, (0, 0))
    machine.log.unlink()
    assert make(machine, tree, "demo").returncode == 0
    assert any(call.startswith("python -m pip install") for call in machine.calls())
    assert machine.calls()[-1] == "dexter test examples/LTD"


def test_the_exit_status_of_the_job_is_the_one_of_make(machine, tree):
    for name in REQUIRED:
        machine.add(name)
    machine.add("dexter", "exit 1")
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "dexter").symlink_to(machine.path / "dexter")
    (tree / ".venv" / "up-to-date").touch()
    assert make(machine, tree, "demo").returncode != 0


def test_make_goes_on_without_what_is_optional_and_says_how_to_get_it(machine, tree):
    for name in (*REQUIRED, "apt-get", "dexter"):
        machine.add(name)
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "dexter").symlink_to(machine.path / "dexter")
    (tree / ".venv" / "up-to-date").touch()
    done = make(machine, tree, "demo")
    assert done.returncode == 0
    assert machine.calls() == ["id -u", "dexter test examples/LTD"]
    assert done.stderr == (
        f"These packages are missing for kernels, lldb, and for nothing else: {OPTIONAL_PACKAGES}. To install them:\n"
        f"    sudo apt-get update && sudo apt-get install --no-install-recommends {OPTIONAL_PACKAGES}\n"
    )


def test_no_script_needs_more_than_a_posix_shell():
    for script in SCRIPTS.iterdir():
        assert script.read_text().startswith("#!/bin/sh\n"), script
        assert os.access(script, os.X_OK), script
        checked = subprocess.run(["sh", "-n", script], capture_output=True, text=True, timeout=20, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
