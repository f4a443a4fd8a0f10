"""Line tables, functions and scopes, read from what gcc really writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.base import DriverError, Launch, Limits, LineRange, StopPlan
from drivers.binary.lines import LineTable
from drivers.binary.scopes import read_functions
from drivers.gdb.driver import GdbDriver
from drivers.inside.steps import ENTRY, STEP
from drivers.probes import leading_names, plan_probes
from drivers.process import run
from drivers.state import ABSENT, Sample, Value

PROGRAM = """\
#include <stdio.h>

static int twice(int n)
{
    return 2 * n;
}

int main(void)
{
    int a = 1;

    for (int i = 0; i < 3; i++)
        a = twice(a);
    return a != 8;
}
"""


def test_lines_with_code(build):
    source, binary = build(PROGRAM)
    table = LineTable.read(binary)
    assert table.has_debug_info
    assert table.lines_with_code(str(source)) == [4, 5, 6, 9, 10, 12, 13, 14, 15]
    assert str(source) in table.files()
    assert table.lines_with_code("/no/such/file.c") == []


@pytest.mark.parametrize("flag", ["-gdwarf-3", "-gdwarf-4", "-gdwarf-5", "-no-pie", "-static"])
def test_every_dwarf_version_and_linkage(build, flag):
    source, binary = build(PROGRAM, flag)
    assert LineTable.read(binary).lines_with_code(source) == [4, 5, 6, 9, 10, 12, 13, 14, 15]


def test_a_file_is_found_by_another_path_to_it(build, tmp_path):
    _, binary = build(PROGRAM, folder="real place")
    (tmp_path / "link").symlink_to(tmp_path / "real place")
    table = LineTable.read(binary)
    assert table.lines_with_code(tmp_path / "link" / "program.c") == [4, 5, 6, 9, 10, 12, 13, 14, 15]
    assert table.lines_with_code(f"{tmp_path}/link/../real place/./program.c")[0] == 4


def test_functions_that_the_linker_left_out_have_no_lines(build):
    text = "static int x;\nint unused(void)\n{\n    return x;\n}\nint main(void)\n{\n    return x;\n}\n"
    source, binary = build(text, "-ffunction-sections", "-Wl,--gc-sections")
    assert LineTable.read(binary).lines_with_code(source) == [7, 8, 9]


def test_without_debug_information(build):
    source, binary = build(PROGRAM, "-s")
    table = LineTable.read(binary)
    assert not table.has_debug_info
    with pytest.raises(DriverError, match="compile it with -g"):
        plan_probes(table, StopPlan((LineRange(str(source), 1, 20),)))


def test_what_is_no_program(tmp_path):
    text = tmp_path / "text"
    text.write_text("#!/bin/sh\n")
    with pytest.raises(DriverError, match="is not an ELF file"):
        LineTable.read(text)
    with pytest.raises(DriverError, match="No such file"):
        LineTable.read(tmp_path / "missing")
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"\x7fELF" + bytes(100))
    with pytest.raises(DriverError, match="cannot be read"):
        LineTable.read(damaged)


def test_probes_mark_entries_and_begin_steps(build):
    source, binary = build(PROGRAM)
    probes = plan_probes(LineTable.read(binary), StopPlan((LineRange(str(source), 1, 20),))).probes
    assert [(p.line, p.role) for p in probes if p.role & ENTRY] == [(4, ENTRY), (9, ENTRY)]
    # The loop's line has code at its head, its condition and its increment.
    assert [p.line for p in probes if p.role & STEP] == [5, 6, 10, 12, 12, 13, 12, 14, 15]


def test_a_range_inside_a_function_still_sees_its_entry_and_when_a_line_is_left(build):
    source, binary = build(PROGRAM)
    probes = plan_probes(LineTable.read(binary), StopPlan((LineRange(str(source), 13, 13),))).probes
    assert [p.line for p in probes if p.role & STEP] == [13]
    assert [p.line for p in probes if p.role & ENTRY] == [9]
    assert {p.line for p in probes if p.role == 0} == {10, 12, 14, 15}


def test_lines_without_code_are_told_with_the_nearest_ones(build):
    source, binary = build(PROGRAM)
    table = LineTable.read(binary)
    with pytest.raises(DriverError, match="nearest lines that have some: 9, 10, 12"):
        plan_probes(table, StopPlan((LineRange(str(source), 11, 11),)))
    with pytest.raises(DriverError, match=r"mentions none of /other\.c"):
        plan_probes(table, StopPlan((LineRange("/other.c", 1, 11),)))


def test_the_innermost_declaration_decides_where_a_local_is_hidden(build):
    source, binary = build(
        "int main(int argc, char **argv)\n"  # 1
        "{\n"
        "    static int kept = 7;\n"
        "    {\n"
        "        int n = 1;\n"  # 5
        "        argc += n;\n"
        "    }\n"
        "    int n = 2;\n"  # 8
        "    argc += n + kept;\n"
        "    int later;\n"
        "    later = argc;\n"  # 11
        "    return later - 10;\n"
        "}\n"
    )
    samples = {Sample(name): None for name in ("n", "kept", "argc", "later", "n + argc")}
    plan = plan_probes(LineTable.read(binary), StopPlan((LineRange(str(source), 1, 20),), samples))
    read = {p.line: {plan.samples[i].expression for i in p.samples} for p in plan.probes if p.role & STEP}
    both = {"n", "n + argc"}
    always = {"kept", "argc", "later"}
    assert read == {
        5: always,
        6: always | both,
        8: always,
        9: always | both,
        11: always | both,
        12: always | both,
        13: always | both,
    }


def test_hidden_ranges_are_read_for_wanted_names_only(build):
    source, binary = build(PROGRAM)
    ((unit, _),) = LineTable.read(binary).units_of(str(source))
    assert [set(f.hidden) for f in read_functions(unit, {"a"})] in ([{"a"}, set()], [set(), {"a"}])


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("x", ("x",)),
        ("p->next.count[i + 1]", ("p", "i")),
        ("a.b", ("a",)),
        ("*q == 'x' && f2 > 0x1f", ("q", "f2")),
        ('text[0] == "a.b"[n]', ("text", "n")),
        ("1.5e+3 + e", ("e",)),
        ("Shape::total + n", ("Shape", "n")),
        ("$rsp + y", ("y",)),
        ("a . b -> c", ("a",)),
    ],
)
def test_leading_names(expression, names):
    assert leading_names(expression) == names


def test_a_variable_that_is_private_to_another_file_is_not_in_scope(tmp_path):
    texts = {
        "a.c": "static int count = 1;\nint b(void), c(int);\n"
        "int main(void)\n{\n    count++;\n    return b() + c(7);\n}\n",
        "b.c": "static int count = 8;\nint shared;\nint b(void)\n{\n    count++;\n    return count - 9;\n}\n",
        "c.c": "int c(int n)\n{\n    n++;\n    {\n        int count = n;\n"
        "        n = count;\n    }\n    return n - 8;\n}\n",
    }
    sources = [tmp_path / name for name in texts]
    for source in sources:
        source.write_text(texts[source.name])
    run(["gcc", "-O0", "-g", *map(str, sources), "-o", str(tmp_path / "program")], deadline_s=60)
    samples = {Sample("count"): None, Sample("shared"): None}
    plan = StopPlan(tuple(LineRange(str(source), 1, 20) for source in sources), samples)
    for use_agent in (True, False):
        values: dict[Sample, Value] = {}
        seen = []
        with GdbDriver(use_agent=use_agent).launch(Launch(tmp_path / "program"), plan, Limits()) as session:
            for step in session:
                values.update(step.changes)
                count, shared = values.get(Sample("count"), ABSENT), values.get(Sample("shared"), ABSENT)
                seen.append((Path(str(step.frames[0].path)).name, count.number, shared.number))
        assert {number for name, number, _ in seen if name == "a.c"} == {1, 2}
        assert {number for name, number, _ in seen if name == "b.c"} == {8, 9}
        assert {number for name, number, _ in seen if name == "c.c"} == {None, 8}  # its own, in the block
        assert {shared for *_, shared in seen} == {0}
