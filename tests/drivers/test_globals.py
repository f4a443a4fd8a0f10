"""Global variables that are not in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drivers.binary.globals import globals_outside_memory
from drivers.binary.lines import LineTable

SOURCE = """
register int *current asm("rbx");
static int folded = 3;
int here = 4;
extern int elsewhere;
int elsewhere = 5;
int main(void) { int local = folded + here; return local - 7 + !current; }
"""


def test_registers_and_what_was_optimised_out(build: Callable[..., tuple[Path, Path]]) -> None:
    _, binary = build(SOURCE, "-O2")
    names = {"current", "folded", "here", "elsewhere", "local", "missing"}
    assert globals_outside_memory(LineTable.read(binary), names) == {"current": 3, "folded": None}
    assert globals_outside_memory(LineTable.read(binary), ()) == {}
