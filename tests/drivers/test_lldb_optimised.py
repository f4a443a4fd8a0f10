"""What an optimiser leaves of a program is read under lldb as it is under gdb, or not at all: never wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.inside.tokens import OPTIMIZED_OUT
from drivers.state import ABSENT, Kind
from tests.drivers.conftest import make_driver

RING = Path(__file__).parents[2] / "examples" / "LTD" / "program" / "ring_buffer.c"
GONE = """\
static int gone, kept;

static void bump(int by)
{
    gone = by;
    kept += by;
}

int main(int argc, char **argv)
{
    bump(argc);
    bump(argc + 1);
    kept += argv == 0;
    return kept != 3;
}
"""


@pytest.mark.parametrize("way", ["agent", "lldb"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_variable_that_is_gone_and_a_function_that_is_inlined(build, record, mark, way, compiler):
    source, binary = build(GONE, "-O2", compiler=compiler)
    run = record(make_driver(way), source, binary, "gone", "gone + 1", "gone + no_such", "kept", "no_such", "bump")
    assert run.steps
    for step in run.steps:
        for expression in ("gone", "gone + 1"):
            value = run.value(step.index, expression)
            assert (value.kind, value.text) == (Kind.UNREADABLE, OPTIMIZED_OUT)
        assert run.value(step.index, "no_such") == ABSENT
        assert run.value(step.index, "gone + no_such") == ABSENT
        assert run.value(step.index, "kept").kind is Kind.INTEGER
        if way == "lldb":  # its compiler finds the function that it is inlined in; to gdb its address is where that is
            assert run.value(step.index, "bump") == ABSENT


def test_a_part_of_a_register_is_not_the_whole(build, record, mark):
    source, binary = build(RING.read_bytes(), "-O2", compiler="clang")
    run = record(make_driver("lldb"), source, binary, "byte", "byte + 0")
    for name in ("byte", "byte + 0"):
        numbers = [value.number for step in run.steps if (value := run.value(step.index, name)).number is not None]
        assert numbers
        assert all(0 <= number < 256 for number in numbers), numbers
