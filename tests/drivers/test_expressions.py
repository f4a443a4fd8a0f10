"""What an expression means is the same however it is read: gdb, by its Python, is the oracle for the others."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest

from drivers.state import ABSENT, EndKind, Kind, Value
from tests.drivers.conftest import make_driver

C = """\
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
extern int in_the_library;
typedef enum { COLD = -1, HOT = 3 } heat;
enum color { RED, GREEN = 5, BLUE };
struct inner { signed char a; unsigned short b; int c : 5; };
struct outer {
    struct inner in, arr[2]; struct outer *next; int (*fn)(int);
    union { int i; float f; unsigned char by[4]; } u; enum color col; const char *name;
};
static int twice(int n) { return 2 * n; }
static int thrice(int n) { return 3 * n; }
static struct outer first, second;
int total = -7, matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
unsigned most = 4000000000u; long long big = -5000000000LL; uint64_t huge = 0xfedcba9876543210ull;
float fl = 1.25f; double db = -0.5; _Bool flag = 1; char ch = 'x'; unsigned char uc = 250; short sh = -300;
heat h = COLD; enum color col = BLUE; int *ip = &matrix[1][2]; char *cp = 0; const char *word = "word";
int (*fp)(int) = twice, (*table[2])(int) = { twice, thrice }; struct outer *op = &first;
int main(int argc, char **argv)
{
    first = (struct outer){ .in = { -4, 60000, -3 }, .next = &second, .fn = thrice, .col = GREEN, .name = "first" };
    int local = 41, arr[4] = { 9, 8, 7, 6 }, n = 2; static int stat = 6; register int reg = 3;
    first.u.f = 1.0f;
    local += argc;
    return local + stat + reg + arr[n] + twice(n) + (argv != 0) == 0;
}
"""
CPP = """\
enum color { RED, GREEN = 5 };
enum class mood : unsigned char { GLAD = 1, SAD = 2 };
namespace space { int inside = 4; struct thing { static int shared; }; int thing::shared = 11; }
struct base { int b0; };
struct derived : base { int d0; const char *name; int mem[3]; static const int K = 3; int own(int n); };
template <class T> struct box { T v; T *p; };
static int twice(int n) { return 2 * n; }
int total = -7; bool flag = true; char ch = 'x'; double db = -0.5; color col = GREEN; mood md = mood::SAD;
int (*fp)(int) = twice; derived object; base *bp = &object; derived *dp = &object; box<int> bi = { 5, &total };
int &ref = total; int arr[3] = { 1, 2, 3 };
int derived::own(int n)
{
    int local = n; static int stat = 6; int &lr = local; const char *word = "word";
    local += stat;
    return local + lr + b0 + d0 + mem[1] + (int)md + space::inside + K + (word == nullptr);
}
int main()
{
    object.d0 = 4; object.mem[1] = 77; object.name = "obj";
    return object.own(3) + bi.v + *bi.p + twice(2) + space::thing::shared == 0;
}
"""
OWN = """\
typedef enum { false, true } bool;
enum { nil = 9 } least = nil;
int YES = 4;
int main(void)
{
    bool is_set = true; int n = 1, arr[] = { 7, 8, 9 };
    n++;
    return n != 2;
}
"""
CHOICE = """\
enum color { RED, BLUE = 7 };
int main(void)
{
    float fl = 1.5f; enum color col = BLUE; const char *word = "w"; int n = 0;
    for (int i = 0; i < 4; i++)
        n += i;
    return n != 6;
}
"""
NAMED = {
    "c": """
        fp == twice|table[1] == thrice && n|op->fn == thrice|first.fn == op->fn|!main|main == 0|fp == 0|main ? local : n
        NULL|cp == NULL|op != NULL|true|local == true|(bool)n|false|nullptr|(size_t)n|(uint64_t)n|(ptrdiff_t)n|(int8_t)n
        (_Bool)2|(_Bool)cp|(_Bool)(char *)huge|(heat)3|h == COLD|(int)h|col > GREEN|missing == 1|first.missing + 1
        in_the_library|in_the_library == 3|(int *)in_the_library|missing
        missing && n|op->missing|*op|*ip|&first|&arr[1]|&first.in.b
        &reg|&reg == 0|(long)&reg|*&reg|local & reg|(n)&reg|reg && &local|word[1] == 'o'|huge >> 60|big / 1000 % 7
    """,
    "cpp": """
        space::inside|space::thing::shared|space::thing::shared == 11|derived::K|derived::K + n|K|total|::total
        fp == twice|b0|this->b0 + d0|mem[1] == 77|dp->mem[1] - lr|ref|&ref == &total|bi.v * 2|*bi.p|(int)mood::SAD
        mood::SAD == mood::GLAD|SAD|SAD + 1|NULL|name == NULL|true|flag == true|(size_t)n|arr[2]|stat|word[0]|*dp
    """,
}
LEAVES = {
    "c": """
        total matrix most big huge fl db flag ch uc sh h col ip cp word fp table op local stat reg arr n first argc argv
        twice main RED BLUE COLD first.in.a first.in.b first.in.c first.arr[1].b first.next first.next->col
        op->next->next op->fn op->u.f op->u.by op->u.by[3] op->name arr[1] arr[n] matrix[1] matrix[1][2] word[2]
        table[1] argv[0] missing op->missing cp[0] *op *ip *word *fp &first &arr &main &reg NULL true uint8_t size_t
        color in_the_library
    """,
    "cpp": """
        total flag ch db col md fp object bp dp bi bi.v bi.p ref arr local stat lr word n this b0 this->b0 d0 mem mem[1]
        name *this space::inside space::thing::shared derived::K RED mood::SAD SAD K object.b0 dp->name bp->b0 *bp
        &object &ref &local &b0 twice main derived missing true NULL
    """,
}
CONSTANTS = "0 1 2 -1 7 31 63 255 0x10 010 1u 2l 3ul 1.5 2.0f 1e3 'a' 4000000000 0xffffffff"
TYPES = "int|unsigned|long|unsigned long|short|char|unsigned char|float|double|uint64_t|heat|char *|void *|_Bool"
BINARY = "+ - * / % << >> & | ^ && || == != < > <= >="


def invented(chance: random.Random, leaves: list[str], depth: int) -> str:
    """An expression, which need not make sense."""

    def part() -> str:
        text = invented(chance, leaves, depth - 1)
        return text if text.isidentifier() else f"({text})"

    if depth == 0 or (kind := chance.random()) < 0.2:
        return chance.choice(leaves if chance.random() < 0.8 else CONSTANTS.split())
    if kind < 0.65:
        return f"{part()} {chance.choice(BINARY.split())} {part()}"
    if kind < 0.8:
        return f"{chance.choice('!~-*&')}{part()}"
    if kind < 0.93:
        return f"({chance.choice(TYPES.split('|'))}){part()}"
    return f"{part()} ? {part()} : {part()}"


@pytest.fixture
def read_by_both(build, record, mark):
    """Each expression with the values that are read in the middle of a program, by gdb's agent and in another way."""

    def read(way: str, language: str, expressions: list[str]) -> Iterator[tuple[str, Value, Value]]:
        library, _ = build("int in_the_library = 3;\n", "-shared", "-fPIC", "-g0", name="library.c")
        (library.parent / "library").rename(library.parent / "liblibrary.so")
        text, compiler = (C, "gcc") if language == "c" else (CPP, "g++")
        flags = [f"-L{library.parent}", "-Wl,--no-as-needed", "-llibrary", f"-Wl,-rpath={library.parent}", "-w"]
        source, binary = build(text, *flags, compiler=compiler, name=f"program.{language}")
        runs = [record(make_driver(each), source, binary, *expressions) for each in ("agent", way)]
        assert [run.end.kind for run in runs] == [EndKind.EXIT] * 2
        line = 1 + next(i for i, line in enumerate(text.splitlines()) if line.lstrip().startswith("local +="))
        ours, theirs = (run.values[run.lines().index(line)] for run in runs)
        for expression in expressions:
            yield expression, ours.get(expression, ABSENT), theirs.get(expression, ABSENT)

    return read


@pytest.mark.parametrize("way", ["lldb", "plain"])
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_an_expression_means_the_same(read_by_both, language, way):
    expressions = [
        expression for line in NAMED[language].split("\n") for expression in line.strip().split("|") if expression
    ]
    assert len(expressions) >= 30
    for expression, gdb, other in read_by_both(way, language, expressions):
        if gdb.kind is Kind.UNREADABLE:  # in other words
            assert (expression, other.kind) == (expression, Kind.UNREADABLE)
        else:
            assert (expression, other) == (expression, gdb)


@pytest.mark.parametrize("way", ["agent", "plain", "lldb"])
def test_a_program_may_give_names_that_the_compiler_knows(build, record, mark, way):
    source, binary = build(OWN, "-std=c99")
    same = {
        "is_set == true": 1,
        "true": 1,
        "arr[n] + true": 9,
        "arr[nil - 8]-false": 8,
        "arr[n]>nil": 0,
        "YES": 4,
        "YES + n": 5,
    }
    clashing = {"(bool)n": 1, "YES + arr[n]": 12}
    missing = ["NULL", "NULL == arr[n]"]
    run = record(make_driver(way), source, binary, *same, *clashing, *missing)
    values = run.values[run.lines().index(7)]
    assert {expression: values[expression].number for expression in same} == same
    if way == "lldb":
        assert {values[expression].kind for expression in clashing} == {Kind.UNREADABLE}
    else:
        assert {expression: values[expression].number for expression in clashing} == clashing
    assert values.keys().isdisjoint(missing)


@pytest.mark.parametrize("way", ["agent", "plain"])
def test_to_gdb_a_choice_has_the_type_of_what_is_chosen_this_time(build, record, mark, way):
    source, binary = build(CHOICE)
    choices = ["i % 2 ? fl : n", "i % 2 ? n : col", "i % 2 ? word : n"]
    run = record(make_driver(way), source, binary, *choices)
    turns = [values for values, line in zip(run.values, run.lines(), strict=True) if line == 6]
    read = [[(values[choice].kind, values[choice].text) for choice in choices] for values in turns]
    word = read[1][2][1]
    assert word.endswith('"w"')
    even = [(Kind.INTEGER, "{}"), (Kind.ENUM, "BLUE"), (Kind.INTEGER, "{}")]
    odd = [(Kind.FLOAT, "1.5"), (Kind.INTEGER, "{}"), (Kind.POINTER, word)]
    told = [[(kind, text.format(n)) for kind, text in turn] for turn, n in ((even, 0), (odd, 0), (even, 1), (odd, 3))]
    assert read == told


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("way", ["lldb", "plain"])
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_whatever_is_asked_there_is_no_other_number(read_by_both, language, way, seed):
    """lldb's compiler refuses more than gdb does; but where both tell a value, it is the same."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    leaves = LEAVES[language].split()
    wanted = {invented(chance, leaves, chance.choice((1, 1, 2, 2, 3))): None for _ in range(250)}
    agreed = 0
    for expression, gdb, other in read_by_both(way, language, list(wanted)):
        # To gdb the type of a choice is that of what is chosen.
        if gdb.number is None or other.number is None or (way == "lldb" and "?" in expression):
            continue
        one, two = (number if not math.isnan(number) else None for number in (gdb.number, other.number))
        assert (expression, two) == (expression, one)
        agreed += 1
    assert agreed > 60
