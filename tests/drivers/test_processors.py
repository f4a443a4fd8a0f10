"""A debugger and the program share a processor only where the program cannot notice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.binary.processors import cannot_ask
from tests.drivers.conftest import make_driver

PLAIN = '#include <stdio.h>\nint main(void)\n{\n    puts("hello");\n    return 0;\n}\n'
ASKING = """\
#define _GNU_SOURCE
#include <sched.h>
int main(void)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return CPU_COUNT(&set);
}
"""


def test_a_plain_program_cannot_ask(build):
    _, binary = build(PLAIN)
    assert cannot_ask(binary)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (ASKING, ()),
        ("#include <unistd.h>\nint main(void) { return sysconf(_SC_NPROCESSORS_ONLN) > 0; }\n", ()),
        ("#include <pthread.h>\nint main(void) { return pthread_create(0, 0, 0, 0) != 0; }\n", ()),
        ('#include <stdlib.h>\nint main(void) { return system("nproc"); }\n', ()),
        (PLAIN, ("-static",)),
        (PLAIN, ("-fopenmp", "-Wl,--no-as-needed")),
    ],
)
def test_whoever_may_ask_is_not_bound(build, text, flags):
    _, binary = build(text, *flags)
    assert not cannot_ask(binary)


def test_what_is_no_program_is_not_bound(tmp_path):
    (tmp_path / "text").write_text("hello")
    assert not cannot_ask(tmp_path / "text")
    assert not cannot_ask(tmp_path / "missing")


@pytest.mark.parametrize("way", ["agent", "lldb"])
def test_a_program_that_asks_is_told_the_truth(build, mark, way):
    source, binary = build(ASKING)
    plan = StopPlan((LineRange(str(source), 1, 100),))
    with make_driver(way).launch(Launch(Path(binary)), plan, Limits()) as session:
        assert len(list(session)) >= 3
    assert session.end.code == len(os.sched_getaffinity(0))
