"""Names that mislead: files and folders not in UTF-8, which gdb cannot be told; locals called as functions are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dexverify import doctor
from tests.end_to_end.conftest import Said

PROGRAM = "// DexVerify(Eventually(Expect('n', 2)))\nint main(void)\n{\n    int n = 1;\n    n++;\n    return n;\n}\n"


def test_a_source_file_in_latin_1(dexter, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.c"))
    path.write_text(PROGRAM)
    said: Said = dexter("test", str(path))
    assert said.status == 0
    assert said.out.startswith("PASS")


def test_a_working_folder_in_latin_1_is_told(dexter, tmp_path, monkeypatch):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xe9"))
    folder.mkdir()
    (folder / "a.c").write_text(PROGRAM)
    monkeypatch.chdir(folder)
    said: Said = dexter("test", "a.c")
    assert said.status == 1
    assert "gdb takes UTF-8 only" in said.out


@pytest.mark.parametrize("debugger", ["gdb", "lldb"])
@pytest.mark.parametrize("suffix", ["c", "cpp"])
def test_a_local_that_is_called_as_a_function_of_the_library(check, debugger, suffix):
    if reason := doctor.missing([debugger]):
        pytest.skip(reason)
    judged = check(
        """
        enum place { index = 3 } where = index;
        static int twice(int n)
        {
            n *= 2;
            return n;
        }
        int main(void)
        {
            int read = 4;
            read += twice(1);
            return read - 6;
        }
        // DexExpectWatchValue('read', 4, 6)
        // DexVerify(Henceforth(Implies(Expect('read', '>', 4), In('main'))), name='of main alone')
        // DexVerify(Henceforth(Expect('index', 3)), name='no local')
        """,
        "--debugger",
        debugger,
        name=f"program.{suffix}",
    )
    assert judged.outcome == "PASS"
    assert judged.verdicts == ["holds"] * 3
