"""Values from gdb's text, for a gdb without Python."""

import math

import pytest

from drivers.gdb.values import classify, is_text_pointer, read_value
from drivers.state import Kind


@pytest.mark.parametrize(
    ("resolved", "kind"),
    [
        ("int", Kind.INTEGER),
        ("volatile unsigned long", Kind.INTEGER),
        ("__int128", Kind.INTEGER),
        ("char", Kind.CHARACTER),
        ("const unsigned char", Kind.CHARACTER),
        ("_Bool", Kind.BOOLEAN),
        ("bool", Kind.BOOLEAN),
        ("enum color {RED, GREEN = 4}", Kind.ENUM),
        ("enum color : unsigned char {RED}", Kind.ENUM),
        ("long double", Kind.FLOAT),
        ("_Float128", Kind.FLOAT),
        ("complex double", Kind.AGGREGATE),
        ("struct node {\n    int *value;\n    struct node *next;\n}", Kind.AGGREGATE),
        ("struct node {\n    int *value;\n    struct node *next;\n} *", Kind.POINTER),
        ("union {\n    int a[3];\n    struct {...} b;\n} [2]", Kind.AGGREGATE),
        ("char *", Kind.POINTER),
        ("const char * const", Kind.POINTER),
        ("void (*)(int, char *)", Kind.POINTER),
        ("char (*)[10]", Kind.POINTER),
        ("void (*[4])(void)", Kind.AGGREGATE),
        ("int (void)", Kind.POINTER),
        ("char *(int)", Kind.POINTER),
        ("char [10]", Kind.STRING),
        ("const unsigned char [1]", Kind.STRING),
        ("char [2][3]", Kind.AGGREGATE),
        ("char *[4]", Kind.AGGREGATE),
        ("int [4]", Kind.AGGREGATE),
        ("void", Kind.AGGREGATE),
    ],
)
def test_kinds(resolved, kind):
    assert classify(resolved) is kind


def test_pointers_to_text():
    assert is_text_pointer("const char * const")
    assert is_text_pointer("unsigned char *")
    assert not is_text_pointer("char **")
    assert not is_text_pointer("char (*)[3]")


@pytest.mark.parametrize(
    ("text", "resolved", "number", "content"),
    [
        ("-5", "int", -5, None),
        ("97 'a'", "char", 97, None),
        ("-1 '\\377'", "signed char", -1, None),
        ("true", "_Bool", 1, None),
        ("false", "_Bool", 0, None),
        ("0.10000000000000001", "double", 0.1, None),
        ("0.100000001", "float", 0.10000000149011612, None),
        ("-inf", "double", -math.inf, None),
        ("0x0", "char *", 0, None),
        ('0x5555 "caf\\303\\251 \\"x\\"\\n\\t\\\\"', "char *", 0x5555, 'café "x"\n\t\\'),
        ('0x5555 "caf\\351"', "char *", 0x5555, "caf\\xe9"),
        ("0x1 <error: Cannot access memory at address 0x1>", "char *", 1, None),
        ('0x7f "<error: no>"', "char *", 0x7F, "<error: no>"),
        ("0x5555 <node>", "struct node *", 0x5555, None),
        ('"ab\\000c\\000\\000"', "char [6]", None, "ab"),
        ('"\\0012"', "char [3]", None, "\x012"),
        ("{1, 2}", "int [2]", None, None),
    ],
)
def test_numbers_and_content(text, resolved, number, content):
    value = read_value(text, classify(resolved), "some type", resolved)
    assert (value.number, value.content, value.type) == (number, content, "some type")


def test_a_function_is_its_address():
    value = read_value("{int (char)} 0x1139 <main>", classify("int (char)"), "int (char)", "int (char)")
    assert (value.kind, value.number, value.text) == (Kind.POINTER, 0x1139, "0x1139 <main>")


def test_not_a_number():
    assert math.isnan(read_value("-nan(0x8000000000000)", Kind.FLOAT, "double", "double").number)


def test_optimised_out():
    value = read_value("<optimized out>", Kind.INTEGER, "int", "int")
    assert (value.kind, value.text) == (Kind.UNREADABLE, "optimized out")
