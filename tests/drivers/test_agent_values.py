"""What the agent reads: every kind of value, scopes, outer frames, and what cannot be read."""

from __future__ import annotations

import math

import pytest

from drivers.base import DriverError, Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.state import ABSENT, EndKind, Kind, Sample, Value
from tests.drivers.conftest import make_driver

KINDS = """\
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
enum color { RED, GREEN = 5 };
struct point { int x, y; };
struct node { struct point at; struct node *next; unsigned bits : 3; char label[8]; };
static uint64_t big = UINT64_MAX;
static long calls = -3;
static int twice(int n)
{
    return 2 * n;
}
int main(int argc, char **argv)
{
    char letter = 'a';
    unsigned char byte = 200;
    bool yes = true;
    enum color color = GREEN;
    enum color odd = (enum color)3;
    float third = 1.0f / 3;
    double tenth = 0.1, none = NAN, far = -INFINITY;
    long double wide = 2.5L;
    int v[3] = { 1, 2, 3 };
    char text[] = "h\\303\\251llo";
    char *words = text + 1, *null = NULL, *wild = (char *)8;
    const char *literal = "tab\\there";
    int *p = &v[1];
    int (*f)(int) = twice;
    struct node tail = { { 3, 4 }, NULL, 5, "tail" }, head = { { 1, 2 }, &tail, 0, "" };
    void *nothing = &head;
    return argc + (argv[0] == NULL) + (p == NULL) + f(0) + (int)calls - argc;
}
"""
EXPRESSIONS = """
letter byte yes color odd third tenth none far wide v text words null wild literal p f head tail nothing big calls
argc argv head.next->at.y head.next->bits head.label v[2] *p &v twice p[1]+argc *null tenth*2 color==GREEN sizeof(v)
(short)calls head.at missing head.missing main
"""


def test_every_kind_of_value(watcher, build, record):
    expressions = EXPRESSIONS.split()
    source, binary = build(KINDS, "-lm")
    recorded = record(watcher, source, binary, *expressions)
    last = next(step.index for step in recorded.steps if step.frames[0].line == 32)
    value = {expression: recorded.value(last, expression) for expression in expressions}

    assert value["argc"] == Value(Kind.INTEGER, "1", 1, None, "int")
    assert value["calls"] == Value(Kind.INTEGER, "-3", -3, None, "long")
    assert value["big"] == Value(Kind.INTEGER, str(2**64 - 1), 2**64 - 1, None, "uint64_t")
    assert value["head.next->at.y"] == Value(Kind.INTEGER, "4", 4, None, "int")
    assert value["head.next->bits"].number == 5
    assert (value["v[2]"].number, value["*p"].number, value["p[1]+argc"].number) == (3, 2, 4)
    assert value["sizeof(v)"].number == 12
    assert (value["(short)calls"].number, value["(short)calls"].type) == (-3, "short")
    assert value["letter"] == Value(Kind.CHARACTER, "97 'a'", 97, None, "char")
    assert value["byte"] == Value(Kind.CHARACTER, "200 '\\310'", 200, None, "unsigned char")
    assert value["yes"] == Value(Kind.BOOLEAN, "true", 1, None, "_Bool")
    assert value["color==GREEN"].number == 1
    assert value["color"] == Value(Kind.ENUM, "GREEN", 5, None, "enum color")
    assert (value["odd"].kind, value["odd"].number) == (Kind.ENUM, 3)
    assert (value["third"].kind, value["third"].text) == (Kind.FLOAT, "0.333333343")
    assert value["tenth"] == Value(Kind.FLOAT, "0.10000000000000001", 0.1, None, "double")
    assert (value["tenth*2"].number, value["far"].number, value["wide"].number) == (0.2, -math.inf, 2.5)
    assert math.isnan(value["none"].number)
    assert value["v"] == Value(Kind.AGGREGATE, "{1, 2, 3}", None, None, "int [3]")
    assert value["head.at"] == Value(Kind.AGGREGATE, "{x = 1, y = 2}", None, None, "struct point")
    assert (value["text"].kind, value["text"].content, value["text"].type) == (Kind.STRING, "héllo", "char [7]")
    assert (value["head.label"].kind, value["head.label"].content) == (Kind.STRING, "")
    assert (value["words"].kind, value["words"].content) == (Kind.POINTER, "éllo")
    assert value["literal"].content == "tab\there"
    assert (value["null"].kind, value["null"].number, value["null"].content) == (Kind.POINTER, 0, None)
    assert (value["wild"].number, value["wild"].content) == (8, None)
    assert (value["p"].kind, value["p"].type) == (Kind.POINTER, "int *")
    assert value["p"].number == value["&v"].number + 4
    assert (value["nothing"].kind, value["nothing"].type) == (Kind.POINTER, "void *")
    assert value["f"].number == value["twice"].number != 0
    assert "main" in value["main"].text
    assert value["argv"].type == "char **"
    assert (value["*null"].kind, value["*null"].text) == (
        Kind.UNREADABLE,
        "Cannot access memory at address 0x0",
    )
    assert value["missing"] == ABSENT
    assert (value["head.missing"].kind, value["head.missing"].text) == (
        Kind.UNREADABLE,
        "There is no member named missing.",
    )
    # NaN does not differ from itself: it comes into scope, leaves it for twice(), and comes back.
    assert sum(Sample("none") in step.changes for step in recorded.steps) == 3


def test_only_changes_are_told(watcher, build, record):
    source, binary = build("int n;\nint main(void)\n{\n    n = 1;\n    n = 1;\n    n = 2;\n    return 0;\n}\n")
    recorded = record(watcher, source, binary, "n")
    told = {step.frames[0].line: step.changes[Sample("n")].number for step in recorded.steps if step.changes}
    assert told == {4: 0, 5: 1, 7: 2}


def test_a_local_is_absent_until_its_declaration_is_over(watcher, build, record):
    source, binary = build(
        "static int half(int n)\n{\n    int h = n / 2;\n    return h;\n}\n"
        "int main(void)\n{\n"
        "    int before = 8;\n"  # 8
        "    for (int i = 0; i < 2; i++) {\n"
        "        int now = half(before);\n"  # 10
        "        before = now;\n"
        "    }\n"
        "    return before;\n"  # 13
        "}\n"
    )
    recorded = record(watcher, source, binary, "before", "now", "h", "n", "i")
    found = [
        (step.frames[0].line, {name: value.number for name, value in values.items() if value is not ABSENT})
        for step, values in zip(recorded.steps, recorded.values, strict=True)
    ]
    assert found == [
        (8, {}),
        (9, {"before": 8}),
        (10, {"before": 8, "i": 0}),
        (3, {"n": 8}),
        (4, {"n": 8, "h": 4}),
        (5, {"n": 8, "h": 4}),
        (11, {"before": 8, "i": 0, "now": 4}),
        (9, {"before": 4, "i": 0}),
        (10, {"before": 4, "i": 1}),
        (3, {"n": 4}),
        (4, {"n": 4, "h": 2}),
        (5, {"n": 4, "h": 2}),
        (11, {"before": 4, "i": 1, "now": 2}),
        (9, {"before": 2, "i": 1}),
        (13, {"before": 2}),
        (14, {"before": 2}),
    ]


def test_samples_of_outer_frames_and_of_chosen_lines(watcher, build):
    source, binary = build(
        "static int f(int n)\n{\n    return n + 1;\n}\n"
        "int main(void)\n{\n"
        "    int a = 5;\n"
        "    int b = f(a);\n"  # 8
        "    return b - 6;\n"
        "}\n"
    )
    outer, hidden, deepest, here = Sample("a", 1), Sample("b", 1), Sample("a", 2), Sample("n")
    only_line_4 = (LineRange(str(source), 4, 4),)
    plan = StopPlan((LineRange(str(source), 1, 99),), {outer: None, hidden: None, deepest: None, here: only_line_4})
    with watcher.launch(Launch(binary), plan, Limits()) as session:
        steps = list(session)
    told = [(step.frames[0].line, {s: v.number for s, v in step.changes.items()}) for step in steps if step.changes]
    assert told == [(3, {outer: 5}), (4, {here: 5}), (9, {outer: None, here: None})]


def test_optimised_out_values_say_so(watcher, build, record):
    source, binary = build(
        "#include <stdlib.h>\n"
        "int main(int argc, char **argv)\n{\n"
        "    int gone = argc * 3;\n"
        "    int kept = atoi(argv[0]);\n"
        "    abs(kept);\n"
        "    return kept + (argc > 100 ? gone : 0);\n}\n",
        "-O2",
    )
    recorded = record(watcher, source, binary, "gone", "argc")
    kinds = {values["gone"].kind for values in recorded.values if "gone" in values}
    unreadable = {
        values["gone"].text for values in recorded.values if values.get("gone", ABSENT).kind is Kind.UNREADABLE
    }
    assert kinds <= {Kind.UNREADABLE, Kind.INTEGER, Kind.ABSENT}
    assert unreadable <= {"optimized out"}
    assert recorded.end.code == 0


def test_a_variable_without_any_location_is_optimised_out(watcher, build, record):
    source, binary = build(
        "#include <stdio.h>\n"
        "int main(void)\n{\n"
        "    int x = getchar();\n"
        "    int y = x * 2;\n"
        '    puts("one");\n'
        '    puts("two");\n'
        "    return 0;\n}\n",
        "-O2",
    )
    recorded = record(watcher, source, binary, "y", "x+y")
    last = recorded.values[-1]
    assert (last["y"].kind, last["y"].text) == (Kind.UNREADABLE, "optimized out")
    assert (last["x+y"].kind, last["x+y"].text) == (Kind.UNREADABLE, "optimized out")


def test_a_long_string_and_one_at_the_edge_of_memory(watcher, build, record):
    source, binary = build(
        "#include <string.h>\n#include <sys/mman.h>\n"
        "static char buffer[10000];\n"
        "int main(void)\n{\n"
        "    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
        "    munmap(page + 4096, 4096);\n"
        "    char *edge = page + 4096 - 6;\n"
        '    memcpy(edge, "edge!", 6);\n'
        "    char *cut = edge + 1;\n"
        "    memset(buffer, 'x', sizeof buffer - 1);\n"
        "    char *all = buffer;\n"
        "    edge[5] = '!';\n"
        "    return 0;\n}\n"
    )
    recorded = record(watcher, source, binary, "edge", "cut", "all", "buffer")
    before, after = (
        values for step, values in zip(recorded.steps, recorded.values, strict=True) if step.frames[0].line in (13, 14)
    )
    assert (before["edge"].content, before["cut"].content) == ("edge!", "dge!")
    assert before["all"].content == before["buffer"].content == "x" * 4096
    assert after["edge"].content is None  # it runs over the edge of the last page


def test_nothing_that_is_read_runs_code_of_the_program(watcher, build, record):
    source, binary = build(
        "int calls;\nint touch(void)\n{\n    return ++calls;\n}\n"
        "int main(void)\n{\n    touch();\n    return calls;\n}\n"
    )
    recorded = record(watcher, source, binary, "touch()")
    assert recorded.end.code == 1
    assert {value.kind for values in recorded.values for value in values.values()} == {Kind.UNREADABLE}


def test_limits_keep_what_there_is(watcher, build, record):
    source, binary = build(
        "int main(void)\n{\n    for (int i = 0;; i++) {\n        i += 2;\n        i -= 1;\n    }\n}\n"
    )
    recorded = record(watcher, source, binary, "i", limits=Limits(steps=50))
    assert (recorded.end.kind, len(recorded.steps)) == (EndKind.STEP_LIMIT, 50)
    assert recorded.end.frames == recorded.steps[-1].frames


def test_a_run_of_just_the_allowed_length_is_complete(watcher, build, record):
    source, binary = build("int main(void)\n{\n    return 0;\n}\n")
    recorded = record(watcher, source, binary, limits=Limits(steps=2))
    assert (recorded.end.kind, recorded.lines()) == (EndKind.EXIT, [3, 4])


def test_fatal_signals_tell_where(watcher, build, record):
    source, binary = build(
        "#include <signal.h>\n#include <stdlib.h>\n"
        "static volatile int caught;\n"
        "static void handler(int number)\n{\n    caught = number;\n}\n"
        "int main(void)\n{\n"
        "    signal(SIGFPE, handler);\n"
        "    raise(SIGFPE);\n"  # handled: no end
        "    abort();\n"  # 12
        "}\n"
    )
    recorded = record(watcher, source, binary)
    assert 6 in recorded.lines()
    assert (recorded.end.kind, recorded.end.signal) == (EndKind.SIGNAL, "SIGABRT")
    assert [(f.function, f.line) for f in recorded.end.frames][-1] == ("main", 12)


@pytest.mark.parametrize("code", ["nop; int3", "int3; nop", "int3"])
def test_a_breakpoint_instruction_of_the_program_is_its_own_signal(watcher, build, record, code):
    if watcher.name == "gdb" and code != "nop; int3":
        pytest.skip("gdb steps over an int3 at which, or before which, it has a breakpoint, and keeps the signal")
    source, binary = build(f'int main(void)\n{{\n    __asm__("{code}");\n    return 0;\n}}\n')
    recorded = record(watcher, source, binary)
    assert (recorded.end.kind, recorded.end.signal) == (EndKind.SIGNAL, "SIGTRAP")
    assert recorded.lines() == [3]
    assert [(frame.function, frame.line) for frame in recorded.end.frames] == [("main", recorded.end.frames[0].line)]


@pytest.mark.parametrize("watcher", ["lldb"], indirect=True)  # not by gdb, see above
def test_a_breakpoint_instruction_whose_signal_is_handled(watcher, build, record):
    source, binary = build(
        "#include <signal.h>\n"
        "static volatile int hits;\n"
        "static void on(int number)\n{\n    hits += number;\n}\n"  # 5
        "int main(void)\n{\n"
        # A probe in the handler is a SIGTRAP, too.
        "    struct sigaction action = { .sa_handler = on, .sa_flags = SA_NODEFER };\n"
        "    sigaction(SIGTRAP, &action, 0);\n"
        "    for (int i = 0; i < 2; i++)\n"  # 11
        '        __asm__("int3");\n'
        "    return hits;\n}\n"
    )
    recorded = record(watcher, source, binary, "hits")
    assert (recorded.end.kind, recorded.end.code) == (EndKind.EXIT, 10)
    assert recorded.lines() == [9, 10, *[11, 12, 5, 6] * 2, 11, 13, 14]


def test_errors_before_the_run(watcher, build, tmp_path):
    source, binary = build("int main(void)\n{\n    return 0;\n}\n")
    plan = StopPlan((LineRange(str(source), 1, 9),))
    with pytest.raises(DriverError, match="there is no such file"):
        watcher.launch(Launch(tmp_path / "missing"), plan, Limits())
    with pytest.raises(DriverError, match="no-such-gdb"):
        GdbDriver("no-such-gdb").launch(Launch(binary), plan, Limits())
    with pytest.raises(DriverError, match="no-such-gdb"):
        GdbDriver("no-such-gdb").version()
    with pytest.raises(DriverError, match="no watched line has code"):
        watcher.launch(Launch(binary), StopPlan((LineRange(str(source), 1, 1),)), Limits())


def test_a_gdb_without_python_is_found_out(build, tmp_path, mark):
    source, binary = build("int main(void)\n{\n    return 0;\n}\n")
    # What such a gdb does with our command line: an error for the script, an error for the command, and the end.
    fake = tmp_path / "gdb"
    fake.write_text(
        "#!/bin/sh\necho 'Scripting in the \"Python\" language is not supported in this copy of GDB.' >&2\n"
    )
    fake.chmod(0o755)
    with pytest.raises(DriverError, match="has no Python"):
        GdbDriver(str(fake), use_agent=True).launch(Launch(binary), StopPlan((LineRange(str(source), 1, 9),)), Limits())


CHANGING = """\
#include <stdbool.h>
#include <stdint.h>
enum color { RED, GREEN, BLUE };
struct part { short low; unsigned bits : 5; signed char one; };
struct whole { struct part parts[3]; struct part *link; union { int i; unsigned char bytes[4]; } u; };
static struct whole fixed;
static __thread int own;
static uint64_t big = UINT64_MAX - 3;
static int64_t negative;
static const char *word;
static int deep(int n)
{
    struct whole local = fixed;
    volatile int m = n * 100000;
    int sized[n + 1];
    sized[n] = m;
    local.parts[1].low = (short)-n;
    local.u.i = -n;
    {
        unsigned char m = (unsigned char)(n + 250);
        fixed.parts[2].one = (signed char)m;
    }
    return n == 0 ? sized[0] : deep(n - 1) + local.parts[1].low;
}
int main(void)
{
    static const char text[] = "abcdefgh";
    double real = 0.0;
    bool flag = false;
    enum color color = RED;
    register int fast = 7;
    int *where = 0;
    for (int i = 0; i < 6; i++) {
        real = i % 2 ? -0.0 : 0.0 / (i - 2);
        flag = !flag;
        color = (enum color)(i % 4);
        fast += i;
        where = i % 2 ? &fixed.u.i : where + i;
        word = text + i;
        big++;
        negative -= 1LL << 40;
        own += i;
        fixed.parts[0].low--;
        fixed.parts[0].bits += 3;
        fixed.link = &fixed.parts[i % 3];
        fixed.link->low++;
        deep(i % 3);
    }
    return 0;
}
"""


READ_AGAIN = """
fixed fixed.parts[0] fixed.parts[0].low fixed.parts[0].bits fixed.parts[2].one fixed.link fixed.link->low fixed.u.i
fixed.u.bytes[1] own big negative word local local.parts[1].low local.parts[1].bits local.u.i m n sized sized[n] real
flag color fast where i text text[2] missing fixed.missing fixed.parts[7].low
"""


@pytest.mark.parametrize("way", ["agent", "lldb"])
def test_what_is_read_again_and_again_is_what_is_there(build, record, mark, way):
    """A value that is read by its bytes is the one that gdb itself gives, as the plain session takes it."""
    source, binary = build(CHANGING)
    expressions = READ_AGAIN.split()
    is_set = 1 + CHANGING.splitlines().index("    sized[n] = m;")
    ours, theirs = (record(make_driver(each), source, binary, *expressions) for each in (way, "plain"))
    assert len(ours.steps) > 150
    assert [step.frames for step in ours.steps] == [step.frames for step in theirs.steps]
    for step, our, their in zip(ours.steps, ours.values, theirs.values, strict=True):
        for expression in expressions:
            one, other = (values.get(expression, ABSENT) for values in (our, their))
            if way == "lldb" and expression == "own":  # lldb 14 cannot tell where a thread has its own variables
                assert one == Value(Kind.UNREADABLE, "No TLS data currently exists for this thread.", None, None, "")
                continue
            if way == "lldb" and expression == "sized":  # of a variable-length array, lldb 14 keeps the first length
                assert one.kind is other.kind
                continue
            if way == "lldb" and expression == "sized[n]" and step.frames[0].line <= is_set:
                continue  # until then it is what the stack held: the environment, say, which has another order there
            if one.kind is Kind.FLOAT and math.isnan(one.number):
                one, other = (Value(value.kind, value.text, None, None, value.type) for value in (one, other))
            assert (step.index, expression, one) == (step.index, expression, other)
