"""Typed comparison: language reference, `Expect(expr, value)`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.comparison import Incomparable, compare, is_same_type, is_true, parse_integer
from dexverify.propositions import Tolerance
from drivers.state import Kind, Value


def integer(number: int) -> Value:
    return Value(Kind.INTEGER, str(number), number, type="int")


def character(number: int) -> Value:
    return Value(Kind.CHARACTER, f"{number} {chr(number % 256)!r}", number, type="char")


def floating(number: float, type_name: str = "double") -> Value:
    return Value(Kind.FLOAT, repr(number), number, type=type_name)


def pointer(number: int, content: str | None = None, type_name: str = "char *") -> Value:
    return Value(Kind.POINTER, hex(number), number, content, type_name)


def string(content: str) -> Value:
    return Value(Kind.STRING, f'"{content}"', None, content, "char [8]")


def enum(name: str, number: int) -> Value:
    return Value(Kind.ENUM, name, number, type="enum color")


@pytest.mark.parametrize(
    "spelling", [16, "16", "0x10", "0X10", "020", "0o20", "0b10000", "16u", "+16", "1'6", "'\\x10'"]
)
def test_integers_compare_by_value_however_spelt(spelling: int | str) -> None:
    assert compare(integer(16), "==", spelling) is True
    assert compare(integer(17), "==", spelling) is False


def test_a_leading_zero_does_not_make_a_difference() -> None:
    # DExTer compares strings: there, '01' is not 1.
    assert compare(integer(1), "==", "01") is True
    assert compare(integer(8), "==", "08") is True  # no octal number, so a decimal one


@pytest.mark.parametrize(
    ("value", "expected", "result"),
    [
        (character(97), "'a'", True),
        (character(97), "a", True),
        (character(97), 97, True),
        (character(97), "97 'a'", True),
        (character(97), "'b'", False),
        (character(53), "5", False),  # the number five, not the digit
        (character(53), "'5'", True),
        (character(-1), "'\\xff'", True),
        (character(10), "'\\n'", True),
        (enum("RED", 0), "RED", True),
        (enum("RED", 0), 0, True),
        (enum("RED", 0), "0x0", True),
        (enum("color::RED", 0), "RED", True),
        (Value(Kind.BOOLEAN, "true", 1, type="_Bool"), True, True),
        (Value(Kind.BOOLEAN, "true", 1, type="_Bool"), "false", False),
        (pointer(0), "NULL", True),
        (pointer(0), 0, True),
        (pointer(0x1000), "NULL", False),
        (pointer(0x1000), "0x1000", True),
        (pointer(0x1000, "hello"), "hello", True),
        (pointer(0x1000, "hello"), '"hello"', True),
        (pointer(0x1000, "10"), "10", True),  # the string, not address ten
        (pointer(0), "hello", False),
        (string("abc"), "abc", True),
        (string("abc"), "abd", False),
        (Value(Kind.AGGREGATE, "{a = 1, b = 2}", type="struct s"), "{a=1,b=2}", True),
        (floating(0.1), 0.1, True),
        (floating(0.10000000149011612, "float"), 0.1, True),  # the nearest single
        (floating(0.10000000149011612), 0.1, False),
        (floating(1.5), "1.5f", True),
        (floating(math.nan), "nan", True),
        (floating(3.14), Tolerance(3.0, 0.2), True),
        (floating(3.14), Tolerance(3.0, 0.1), False),
        (floating(math.inf), Tolerance(math.inf, 0.1), True),
    ],
)
def test_equality_by_type(value: Value, expected: int | float | str | Tolerance, result: bool) -> None:
    assert compare(value, "==", expected) is result
    assert compare(value, "!=", expected) is not result


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (integer(5), "five"),
        (enum("RED", 0), "REDD"),
        (Value(Kind.AGGREGATE, "{1, 2}", type="int [2]"), 1),
        (string("abc"), 3),
        (pointer(0x1000, None, "int *"), "hello"),
    ],
)
def test_what_cannot_be_compared_is_never_merely_unequal(value: Value, expected: int | str) -> None:
    for operation in ("==", "!="):
        assert isinstance(compare(value, operation, expected), Incomparable)


def test_an_enum_constant_that_the_debugger_knows_is_unequal_not_incomparable() -> None:
    assert compare(enum("RED", 0), "==", "BLUE", enum("BLUE", 2)) is False
    assert compare(enum("RED", 0), "<", "BLUE", enum("BLUE", 2)) is True


def test_values_compare_with_values() -> None:
    assert compare(integer(3), "<", floating(3.5)) is True
    assert compare(pointer(16, "a"), "==", string("a")) is True
    assert isinstance(compare(integer(3), "==", string("3")), Incomparable)


@given(st.integers(), st.integers(), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
def test_orders_are_those_of_numbers(left: int, right: int, operation: str) -> None:
    import operator

    names = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
    assert compare(integer(left), operation, str(right)) is getattr(operator, names[operation])(left, right)
    assert compare(integer(left), operation, integer(right)) is compare(integer(left), operation, right)


@given(st.integers())
def test_python_and_c_spellings_of_an_integer_agree(number: int) -> None:
    for spelling in (str(number), hex(number), bin(number), oct(number)):
        assert parse_integer(spelling) == number


@given(st.text(max_size=12))
def test_any_text_is_an_integer_or_none(text: str) -> None:
    assert parse_integer(text) is None or isinstance(parse_integer(text), int)


def test_truth_is_as_in_c() -> None:
    assert is_true(integer(-1)) is True
    assert is_true(pointer(0)) is False
    assert is_true(string("")) is True
    assert isinstance(is_true(Value(Kind.AGGREGATE, "{1}", type="struct s")), Incomparable)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("long", "long int"),
        ("unsigned long", "long unsigned int"),
        ("signed int", "int"),
        ("signed", "int"),
        ("const char *", "char const*"),
        ("struct s *[4]", "struct s*[4]"),
        ("unsigned", "unsigned int"),
    ],
)
def test_spellings_of_one_type(name: str, other: str) -> None:
    assert is_same_type(name, other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("long", "int"), ("signed char", "char"), ("int *", "int"), ("unsigned", "int"), ("struct s", "struct t")],
)
def test_different_types(name: str, other: str) -> None:
    assert not is_same_type(name, other)


def aggregate(text: str) -> Value:
    return Value(Kind.AGGREGATE, text, type="struct s")


def unknown(value: Value, operation: str, expected: str | Value) -> bool:
    return isinstance(compare(value, operation, expected), Incomparable)


def test_white_space_counts_within_the_strings_of_a_struct() -> None:
    value = aggregate("{name = \"a b\", c = 32 ' '}")
    assert compare(value, "==", "{name=\"a b\",c=32 ' '}") is True
    assert compare(value, "==", "{name = \"ab\", c = 32 ' '}") is False


@pytest.mark.parametrize("operation", ["==", "!="])
def test_a_value_of_which_a_part_is_optimised_out_is_neither_equal_nor_unequal(operation: str) -> None:
    for text in ("{x = 1, y = <optimized out>}", "{x = 1, y = <synthetic pointer>}"):
        assert unknown(aggregate(text), operation, "{x = 1, y = 2}")
        assert unknown(aggregate("{x = 1, y = 2}"), operation, aggregate(text))
    synthetic = Value(Kind.POINTER, "<synthetic pointer>", 0, None, "char *")
    assert unknown(synthetic, operation, "NULL")
    assert isinstance(is_true(synthetic), Incomparable)
    assert compare(aggregate('{s = "<optimized out>"}'), "==", '{s = "<optimized out>"}') is True


def test_what_was_not_read_in_full_is_not_equal_for_its_beginning() -> None:
    cut, other = string("a" * 4096), string("a" * 4095 + "b")
    assert unknown(cut, "==", cut)
    assert compare(cut, "==", other) is False
    assert unknown(aggregate("{0, 0...}"), "!=", aggregate("{0, 0...}"))
    assert compare(aggregate("{0, 0...}"), "==", aggregate("{0, 1...}")) is False
    assert compare(aggregate('{s = "..."}'), "==", '{s = "..."}') is True


@pytest.mark.parametrize("operation", ["==", "!=", "<"])
def test_a_string_that_cannot_be_read_is_unknown(operation: str) -> None:
    assert unknown(pointer(16), operation, "hello")


def test_long_doubles_differ_in_digits_that_a_double_has_not() -> None:
    one = Value(Kind.FLOAT, "1", 1.0, type="long double")
    more = Value(Kind.FLOAT, "1.00000000000000000098", 1.0, type="long double")
    assert compare(one, "==", more) is False
    assert compare(one, "<", more) is True
    assert compare(more, "==", more) is True
    assert compare(Value(Kind.FLOAT, "0.1", 0.1, type="double"), "==", floating(0.1)) is True


def test_a_constant_of_another_enum_is_not_this_one() -> None:
    value = Value(Kind.ENUM, "Light::Red", 1, type="Light")
    assert compare(value, "==", "Red") is True
    assert compare(value, "==", "ns::Light::Red") is True
    assert unknown(value, "==", "Color::Red")
    assert unknown(value, "!=", "ed")
