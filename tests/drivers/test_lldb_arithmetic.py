"""What is computed for lldb, which cannot: by the rules of C, and with gdb's types."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lldb.arithmetic import (
    CHAR,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    UNSIGNED,
    UNSIGNED_LONG,
    Impossible,
    NotHere,
    Type,
    Typed,
    compute,
)
from drivers.state import ABSENT
from tests.drivers.conftest import make_driver

SOURCE = """\
#include <stdint.h>
typedef unsigned long word_t;
typedef float real_t;
typedef unsigned char small_t;
typedef int shadow;
typedef _Bool flag_t;
typedef char *place_t;
enum color { RED, GREEN = 5 };
struct s { int a; unsigned char c; double d; float f; struct s *n; uint64_t big; short sh; };
static int global = 41;
int main(int argc, char **argv)
{
    struct s v = { -7, 250, 0.25, 1.5f, 0, 1ULL << 63, -3 };
    struct s *p = &v, *q = 0;
    enum color color = GREEN;
    char letter = 'a';
    _Bool yes = 1;
    double tenth = 0.1;
    float third = 1.0f / 3;
    unsigned u = 3;
    long l = -5;
    word_t last = 6;
    flag_t set = 1;
    small_t few = 2;
    real_t half = 0.5f;
    place_t place = 0;
    int shadow = 7;
    return 0;
}
"""
EXPRESSIONS = """
tenth*2 | tenth+1 | third*2 | third+tenth | third/3 | third/0 | tenth/0 | -tenth | tenth>0.05 | (int)tenth
(float)tenth | (int)(tenth*25) | u-4
l*u | l/2 | l%3 | -7/2 | -7%2 | v.a+v.c | v.c*v.c | v.sh-1 | p->a+p->n->a | q->a+1 | *argv == 0
p == q | p != 0 | !p | !yes | yes && u | yes || q->a | q && q->a | q->c + 1 | v.big*2 | v.big+1 | color==GREEN | color+1
GREEN*2 | letter+1 | letter=='a' | ~u | ~v.c | -v.c | u<<2 | l>>1 | 1<<31 | u/0 | l%0 | 0x7fffffff+1 | 4294967295+1
1.5f*2 | 1e3 | (char)98 | (unsigned char)v.a | (long)u | u==-1 | v.a<u | u>l | yes?u:4 | yes?1:2 | missing+1 | u+missing
v.d*v.f | 3 | 'b' | 2.5 | l ^ 3 | (u+1)*2 - -1 | v.f==1.5 | 0xffffffff | 1L | 1u+1 | 5000000000 | 10 % 3 * 2
1 ? 2 : 3 | u>2 ? l : 5L | - -3 | yes+1 | &v == p | global*2 | global+u | (v.a) | *p | (short)v.big
1 - 1 - 1 | 2 + 3 * 4 | u & 1 | 6 & 3 == 3 | 1 < 2 == 1 | !u + 1 | -u/2 | ~0u | (unsigned long)-1 | 017 | 'a'*2
l*l*l | -(long)u % 2 | (unsigned)&global % 4096 | (long)&global | (short)&global
(unsigned char)&global | (unsigned long)q + 1 | (word_t)&global | (word_t)&global % 64 | (small_t)v.big
(word_t) -1 >> 8 | (real_t)l / 2 | (small_t)u - 5 | (u) - 1 | (u)-(word_t)1 | (uint64_t)v.sh | (flag_t)l
(shadow) - 1 | (place_t)&global | (char *)p + 1 < (char *)q | p + 1 > p || p | q + 1 == 0 || !q
(struct s *)p == q | (struct s *)p != q && yes
"""


def test_it_is_what_gdb_says(build, record, mark):
    ours, theirs = make_driver("lldb"), make_driver("agent")
    source, binary = build(SOURCE)
    # A bar between blanks separates them.
    expressions = [each.strip() for line in EXPRESSIONS.splitlines() for each in line.split(" | ") if each.strip()]
    ours, theirs = (record(driver, source, binary, *expressions) for driver in (ours, theirs))
    at = next(step.index for step in theirs.steps if step.frames[0].line == 28)
    assert len(expressions) > 90
    assert theirs.value(at, "tenth*2").number == 0.2
    for expression in expressions:
        assert (expression, ours.value(at, expression)) == (expression, theirs.value(at, expression))
    assert theirs.value(at, "missing+1") == ABSENT


def test_references_of_cplusplus_and_its_truth(build, record, mark):
    source, binary = build(
        "template <typename T> static int less(const T &a, const T &b)\n{\n    return a < b;\n}\n"
        "int main()\n{\n    return less(0.5, 1.5) - less(2, 3);\n}\n",
        compiler="g++",
        name="program.cpp",
    )
    expressions = ("a*2", "a<b", "a < b && 1 < b", "(a+b)/2")
    ours, theirs = (record(make_driver(way), source, binary, *expressions) for way in ("lldb", "agent"))
    assert [step.frames[0].line for step in ours.steps] == [step.frames[0].line for step in theirs.steps]
    for our, their in zip(ours.values, theirs.values, strict=True):
        # gdb's results are as `const` as their operands.
        assert our == {name: replace(value, type=value.type.removeprefix("const ")) for name, value in their.items()}
    assert any(
        values["a*2"].number == 1.0 and values["a<b"].type == "bool" for values in ours.values if "a*2" in values
    )


VARIABLES = {"i": (INT, -7), "u": (UNSIGNED, 3), "l": (LONG, 1 << 40), "d": (DOUBLE, 0.5), "f": (FLOAT, 0.25)}


def leaf(path: str) -> Typed:
    if path == "p":
        return Typed(Type("", 8, is_signed=False, is_pointer=True), lambda _: 0x1000)
    if path not in VARIABLES:
        raise NotHere
    kind, value = VARIABLES[path]
    return Typed(kind, lambda _: value)


def value(expression: str) -> object:
    return compute(expression, leaf).read(None)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "f(1)",
            "i[u]",
            "p + 1",
            "p * 2",
            "-p",
            "i = 2",
            "i +",
            "(i",
            "i)",
            "i ? 1 : 2L",
            "i ? 1",
            "x + 1",
            "1 +* 2",
        ),
        *("(size_t)i", "sizeof(i)", "sizeof i", "i u", "d % 2", "d << 1", "~d", "u << l", "1.5L", "p->f(1)", "p.g[i]"),
        *(
            "'ab'",
            '"a"',
            "0x",
            "99999999999999999999",
            "i ++ 1 +",
            "(char *)p == 0",
            "&1",
            "* 3",
            "08",
            "i @ 2",
        ),
    ],
)
def test_what_is_left_to_lldb(expression):
    with pytest.raises(NotHere):
        compute(expression, leaf)


@pytest.mark.parametrize("expression", ["1 / 0", "i % 0", "i / (u - 3)", "(int)(d / 0)", "(long)(0.0 / 0)"])
def test_what_has_no_value(expression):
    with pytest.raises(Impossible):
        value(expression)


def test_what_is_not_needed_is_not_read():
    assert (value("0 && 1 / 0"), value("1 || 1 / 0"), value("1 ? 2 : 1 / 0"), value("0 ? 1 / 0 : 2")) == (0, 1, 2, 2)


KINDS = [INT, UNSIGNED, LONG, UNSIGNED_LONG, CHAR]
numbers = st.integers(-(1 << 70), 1 << 70)


@given(numbers, st.sampled_from(KINDS), numbers, st.sampled_from(KINDS))
def test_division_and_remainder_belong_together(a, left, b, right):
    names = {"a": Typed(left, lambda _: left.wrap(a)), "b": Typed(right, lambda _: right.wrap(b))}
    if right.wrap(b) == 0:
        return
    whole = compute("a / b * b + a % b", names.__getitem__)
    assert whole.read(None) == whole.type.wrap(left.wrap(a))


@given(numbers, st.sampled_from(KINDS))
def test_a_type_holds_what_fits(number, kind):
    bits = 8 * kind.size
    held = kind.wrap(number)
    assert (held - number) % (1 << bits) == 0
    assert -(1 << bits - 1) * kind.is_signed <= held < 1 << bits - kind.is_signed


@given(st.floats(width=32), st.floats(width=32))
def test_a_float_is_rounded_to_what_it_can_hold(a, b):
    names = {"a": Typed(FLOAT, lambda _: a), "b": Typed(FLOAT, lambda _: b)}
    total = compute("a + b", names.__getitem__).read(None)
    assert math.isnan(total) or FLOAT.wrap(total) == total
