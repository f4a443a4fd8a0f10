"""Line tables, functions and scopes, read from what gcc really writes."""

from __future__ import annotations

import pytest

from drivers.base import DriverError, LineRange, StopPlan
from drivers.gdb.agent import ENTRY, STEP
from drivers.gdb.lines import LineTable
from drivers.gdb.probes import leading_names, plan_probes
from drivers.gdb.scopes import read_functions
from drivers.state import Sample

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
