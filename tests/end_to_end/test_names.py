"""Files and folders whose names are not UTF-8: gdb cannot be told them."""

from __future__ import annotations

import os
from pathlib import Path

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
