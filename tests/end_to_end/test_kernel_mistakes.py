"""What can be wrong with a kernel, its tree or the tools is told in words that say what to do."""

import subprocess
from pathlib import Path

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER, LOCK

pytestmark = pytest.mark.usefixtures("mark")

COUNTED = "DexVerify(Eventually(Expect('total', 3)), name='the total gets to 3')"
TAKEN = "DexVerify(Eventually(In('acquire')))"


@pytest.fixture
def built(tree, verify):
    """The kernel, which was built and verified once."""
    tree.annotate(COUNTER, COUNTED, "DexCommandLine(['c;q'])")
    assert verify(COUNTER).outcomes == ["PASS"]
    return tree.kernel()


def error_of(verified):
    """The one line that is said, by which nothing was run."""
    assert (verified.said.status, verified.said.out, verified.tests) == (2, "", [])
    (line,) = verified.said.err.splitlines()
    return line.removeprefix("dexter: error: ")


@needs_machine
def test_a_kernel_that_is_built_already(tree, verify, built, tmp_path):
    kernel = built.rename(tmp_path / "elsewhere")
    (tree.root / "kern/conf/config").write_text("#!/bin/sh\nexit 1\n")
    assert verify(COUNTER, "--kernel", kernel).outcomes == ["PASS"]
    assert not built.exists()


@needs_machine
def test_a_kernel_without_debug_information(verify, built, tmp_path):
    for flag in ("-s", "-g"):
        subprocess.run(["mips-linux-gnu-strip", flag, "-o", tmp_path / "stripped", built], check=True, timeout=20)
        (test,) = verify(COUNTER, "--kernel", tmp_path / "stripped").tests
        assert test["outcome"] == "ERROR"
        assert "has no debug information: build it with -g, and do not strip it" in test["reason"]


@needs_machine
def test_a_kernel_of_other_sources(tree, verify, built):
    other = tree.annotate("kern/main/main.c", "DexVerify(Eventually(In('kmain')))").rename(tree.root / "kern/other.c")
    (test,) = verify("kern/other.c", "--kernel", built).tests
    assert test["outcome"] == "ERROR"
    assert f"was not built from {other}: its debug information names counter.c, lock.c, main.c" in test["reason"]


@pytest.mark.parametrize(
    ("compiler", "told"),
    [
        (None, "no such file"),
        ("cat", "is not an ELF file: name the file that the kernel's build linked"),
        ("gcc", "is not built for a 32-bit big-endian MIPS processor: use the kernel's own cross compiler"),
        pytest.param(
            "mips-linux-gnu-gcc -EL",
            "is not built for a 32-bit big-endian MIPS processor: use the kernel's own cross compiler",
            marks=needs_machine,
        ),
        pytest.param(
            "mips-linux-gnu-gcc", "is not linked to an executable: name the kernel, not an object file of it",
            marks=needs_machine,
        ),
    ],
)  # fmt: skip
def test_no_kernel_at_all(tree, verify, tmp_path, compiler, told):
    tree.annotate(LOCK, TAKEN)
    kernel = tmp_path / "kernel"
    if compiler == "cat":
        kernel.write_text("hello\n")
    elif compiler is not None:
        flags = ["-g", "-c", "-ffreestanding", "-o", kernel]
        subprocess.run([*compiler.split(), *flags, tree.root / LOCK], check=True, timeout=20)
    said = error_of(verify(LOCK, "--kernel", kernel))
    assert said in (f"--kernel {kernel}: {told}", f"--kernel {kernel} {told}")


@needs_machine
@pytest.mark.parametrize("agent", ["yes", "no"])
def test_a_gdb_that_does_not_know_mips(verify, built, agent):
    gdb = "/usr/bin/gdb"
    if not Path(gdb).exists():
        pytest.skip(f"{gdb} is not installed")
    command = [gdb, "-nx", "-batch", "-ex", "set architecture mips"]
    if "Undefined item" not in subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stderr:
        pytest.skip(f"{gdb} knows MIPS here")
    (test,) = verify(COUNTER, "--gdb", gdb, "--gdb-agent", agent).tests
    assert test["outcome"] == "ERROR"
    assert (
        f"{gdb} does not know MIPS: install one (apt install gdb-multiarch), or name one with --gdb" in test["reason"]
    )


@needs_machine
def test_an_error_in_an_annotated_file(tree, verify, boots):
    """The compiler's message is shown, once."""
    tree.annotate(LOCK, TAKEN)
    counter = tree.annotate(COUNTER, COUNTED)
    counter.write_text(counter.read_text().replace("total = 0;", "total = nothing;"))
    line = counter.read_text().splitlines().index("\ttotal = nothing;") + 1
    found = verify("kern")
    assert (found.said.status, found.outcomes, boots()) == (1, ["ERROR", "ERROR"], [])
    told = [row for row in found.said.out.splitlines() if "error: " in row and "undeclared" in row]
    assert [row.strip().startswith(f"{counter}:{line}:") for row in told] == [True]
    assert f"$ cd {tree.kernel().parent} && bmake -s" in found.said.out
    assert [test["reason"] for test in found.tests] == ["the build failed", f"the build failed: see {COUNTER}"]


def test_an_error_in_an_annotation(tree, verify):
    counter = tree.annotate(COUNTER, "DexVerify(Henceforth(Expect(total, 0)))")
    lock = tree.annotate(LOCK, "DexVerfy(Henceforth(In('release')))")
    found = verify("kern")
    assert (found.said.status, found.said.out) == (2, "")
    lines = [len(path.read_text().splitlines()) for path in (counter, lock)]
    assert f"{counter}:{lines[0]}:32: error: the expression must be a string, not the name total" in found.said.err
    assert "hint: a C expression stands in quotes: 'total'" in found.said.err
    assert f"{lock}:{lines[1]}:4: error: " in found.said.err
    assert "DexVerify" in found.said.err


@needs_machine
def test_a_name_that_the_kernel_has_not(tree, verify):
    """What is wrong with one test leaves the others of the same boot alone."""
    tree.annotate(COUNTER, COUNTED, "DexVerify(Eventually(In('cuont')))", "DexCommandLine(['c;l;q'])")
    tree.annotate(LOCK, TAKEN, "DexCommandLine(['c;l;q'])")
    found = verify("kern")
    assert found.outcomes[1] == "PASS"
    assert found.outcomes[0] != "PASS"
    assert "cuont" in found.said.out
    assert "count" in found.said.out


def test_no_such_configuration(tree, verify):
    tree.annotate(LOCK, TAKEN)
    said = error_of(verify(LOCK, "--kernel-config", "NEGATVE"))
    place = tree.root / "kern/conf"
    assert said.startswith(f"no kernel configuration 'NEGATVE' in {place}: there are DUMBVM, NEGATIVE, UNRELEASED")
    assert "did you mean 'NEGATIVE'?" in said


def test_without_the_tools(tree, verify, monkeypatch, tmp_path):
    """A machine that lacks something is no failure: the suite passes, and says what to install."""
    tree.annotate(LOCK, TAKEN)
    tree.annotate(COUNTER, COUNTED)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = verify("kern", "--machine", "qemu")
    assert (found.said.status, found.outcomes) == (0, ["UNSUPPORTED", "UNSUPPORTED"])
    for test in found.tests:
        assert test["reason"].startswith("kernels cannot be verified here: ")
        assert "bmake not found" in test["reason"]
        assert "qemu-system-mips not found" in test["reason"]
        line = "sudo apt-get install gdb-multiarch bmake gcc-mips-linux-gnu qemu-system-mips"
        assert test["reason"].endswith(f"; {line}")
        assert test["reason"] in found.said.out
