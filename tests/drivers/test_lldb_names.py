"""Names as gdb spells them, from lldb's."""

from __future__ import annotations

import pytest

from drivers.lldb.names import function_name, type_name


@pytest.mark.parametrize(
    ("lldb", "gdb"),
    [
        ("main", "main"),
        ("main(int, char **)", "main"),
        ("::main()", "main"),
        ("int ns::twice<int>(int)", "ns::twice<int>"),
        ("void f<void (*)(int, char)>(void (*)(int, char))", "f<void (*)(int, char)>"),
        ("Square::area() const", "Square::area"),
        ("ns::Thing<a::b, 3>::get() const &", "ns::Thing<a::b, 3>::get"),
        ("std::vector<int, std::allocator<int> >::size() const", "std::vector<int, std::allocator<int> >::size"),
        ("S::operator()(int) const", "S::operator()"),
        ("S::operator<<(int)", "S::operator<<"),
        ("bool ns::operator==(ns::S const&, ns::S const&)", "ns::operator=="),
        ("S::operator bool() const", "S::operator bool"),
        ("(anonymous namespace)::hidden(int)", "(anonymous namespace)::hidden"),
        ("operator_of_mine(int)", "operator_of_mine"),
        ("größe", "größe"),
        ("___lldb_unnamed_symbol42$$program", None),
        ("", None),
        (None, None),
    ],
)
def test_functions(lldb, gdb):
    assert function_name(lldb) == gdb


@pytest.mark.parametrize(
    ("lldb", "keywords", "gdb"),
    [
        ("int", {}, "int"),
        ("int[4]", {}, "int [4]"),
        ("int[2][3]", {}, "int [2][3]"),
        ("char *[7]", {}, "char *[7]"),
        ("const const char[9]", {}, "const char [9]"),
        ("point *", {"point": "struct"}, "struct point *"),
        ("const point[2]", {"point": "struct"}, "const struct point [2]"),
        ("struct point", {"point": "struct"}, "struct point"),
        ("const char *const const[2]", {}, "const char * const[2]"),
        ("int (*[3])(int)", {}, "int (*[3])(int)"),
        ("int ()", {}, "int (void)"),
        ("void (*const const[4])()", {}, "void (* const[4])(void)"),
        ("point *[2]", {"point": "struct"}, "struct point *[2]"),
        (
            "point *(const point *, color)",
            {"point": "struct", "color": "enum"},
            "struct point *(const struct point *, enum color)",
        ),
        ("char *volatile", {}, "char * volatile"),
        ("color", {"color": "enum"}, "enum color"),
        ("ns::point", {}, "ns::point"),
        ("points", {"point": "struct"}, "points"),
    ],
)
def test_types(lldb, keywords, gdb):
    assert type_name(lldb, keywords) == gdb
