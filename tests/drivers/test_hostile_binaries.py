"""What cannot be run is said in plain words; what only looks odd runs."""

import subprocess

import pytest

from drivers.base import DriverError, Launch, Limits
from drivers.state import EndKind, Kind

SMALL = "int n;\nint main(void) {\n  n = 1;\n  return n + 1;\n}\n"


def refusal(driver, binary, plan):
    with pytest.raises(DriverError) as caught, driver.launch(Launch(binary), plan, Limits(total_s=10)):
        pass
    return str(caught.value)


def test_missing_file(driver, tmp_path, plan_for):
    message = refusal(driver, tmp_path / "nothing", plan_for(tmp_path / "a.c"))
    assert str(tmp_path / "nothing") in message
    assert "no such file" in message.lower()


def test_directory(driver, tmp_path, plan_for):
    assert "directory" in refusal(driver, tmp_path, plan_for(tmp_path / "a.c")).lower()


def test_not_an_elf_file(driver, tmp_path, plan_for):
    script = tmp_path / "script.sh"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    assert "not an ELF" in refusal(driver, script, plan_for(tmp_path / "a.c"))


def test_truncated_elf_file(driver, build, plan_for):
    source, binary = build(SMALL)
    binary.write_bytes(binary.read_bytes()[:300])
    assert str(binary) in refusal(driver, binary, plan_for(source))


def test_not_executable(driver, build, plan_for):
    source, binary = build(SMALL)
    binary.chmod(0o644)
    assert "chmod" in refusal(driver, binary, plan_for(source))


def test_stripped(driver, build, plan_for):
    source, binary = build(SMALL)
    subprocess.run(["strip", str(binary)], check=True)
    message = refusal(driver, binary, plan_for(source))
    assert "debug" in message
    assert "-g" in message


def test_without_debug_information(driver, build, plan_for):
    source, binary = build(SMALL, "-g0")
    assert "-g" in refusal(driver, binary, plan_for(source))


def test_path_with_spaces_and_letters_beyond_ascii(driver, build, record):
    source, binary = build(SMALL, folder="a \"b\" $c 'd' é ünï", name="größe 1.c")
    run = record(driver, source, binary, "n")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 2)
    assert run.lines() == [3, 4, 5]
    assert run.steps[0].frames[0].path == str(source)


def test_latin_1_source(driver, build, record):
    source, binary = build(
        'char *s = "caf\xe9"; // \xe9\xe8\nint main(void) {\n  return 3; // \xe9\n}\n'.encode("latin-1")
    )
    run = record(driver, source, binary, "s")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 3)
    assert run.lines() == [3, 4]
    assert run.value(0, "s").kind is Kind.POINTER
    assert run.value(0, "s").text.startswith("0x")


def test_optimised_out_values_are_unreadable(driver, build, record):
    source, binary = build(
        """
        volatile int sink;
        __attribute__((noinline)) static int work(int a) {
            int unused = a * 3 + sink;
            sink = a;
            sink = a + 1;
            return sink;
        }
        int main(void) {
            return work(4);
        }""",
        "-O2",
    )
    run = record(driver, source, binary, "unused")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 5)
    unreadable = [values["unused"] for values in run.values if values.get("unused") is not None]
    assert any(value.kind is Kind.UNREADABLE and "optimized out" in value.text for value in unreadable)


def test_shared_library_without_debug_information(driver, build, record, tmp_path):
    library = tmp_path / "library.c"
    library.write_text("int apply(int (*f)(int), int n) { return f(n) + 1; }\n")
    shared = tmp_path / "libapply.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-g0", str(library), "-o", str(shared)], check=True)
    source, binary = build(
        "int apply(int (*f)(int), int n);\nstatic int twice(int n) {\n  return 2 * n;\n}\n"
        "int main(void) {\n  return apply(twice, 4);\n}\n",
        str(shared),
        f"-Wl,-rpath,{tmp_path}",
    )
    run = record(driver, source, binary, "n")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 9)
    assert run.lines() == [6, 3, 4, 7]
    frames = run.steps[1].frames
    assert [frame.function for frame in frames] == ["twice", "apply", "main"]
    assert (frames[1].path, frames[1].line) == (None, 0)


@pytest.mark.parametrize("flags", [("-static",), ("-no-pie",), ("-gdwarf-4",), ("-g3", "-gz")])
def test_ways_of_linking(driver, build, record, flags):
    source, binary = build(SMALL, *flags)
    run = record(driver, source, binary, "n")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 2)
    assert run.lines() == [3, 4, 5]
    assert [run.value(index, "n").number for index in range(3)] == [0, 1, 1]
