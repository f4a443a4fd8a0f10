"""What the debug information says of local variables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from drivers.binary.lines import LineTable
from drivers.binary.scopes import uninitialised_names
from drivers.process import run

PROGRAM = """\
static int global;
static int f(int parameter)
{
    int plain;
    int given = parameter;
    static int kept;
    int one, two = 2;
    struct { int x; } record;
    for (int i = 0; i < 2; i++) {
        int inner;
        int fresh = i;
        inner = fresh;
        record.x = inner;
    }
    plain = one = kept;
    return plain + given + two + one + record.x;
}
int main(void)
{
    return f(global) * 0;
}
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_locals_that_may_have_no_value_after_their_declaration(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    source, binary = tmp_path / "a.c", tmp_path / "a"
    source.write_text(PROGRAM)
    done = run([compiler, "-g", "-O0", str(source), "-o", str(binary)], deadline_s=60)
    assert done.status == 0, done.output
    names = uninitialised_names(LineTable.read(binary), str(source))
    assert names == {"plain", "one", "two", "record", "inner"}
