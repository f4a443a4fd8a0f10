"""Which steps the agent records: compared with gdb's own `step`, and told apart where `step` goes wrong."""

from __future__ import annotations

import pytest

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.inside.steps import StepFilter
from drivers.state import EndKind, Sample
from tests.stepper import steps_of_gdb

STRAIGHT = """\
static int total;
typedef int (*operation)(int, int);
static int add(int a, int b) { return a + b; }
static int multiply(int a, int b)
{
    int r = 0;
    while (b--)
        r = add(r, a);
    return r;
}
static int fibonacci(int n)
{
    if (n < 2)
        return n;
    return fibonacci(n - 1) + fibonacci(n - 2);
}
static const char *name(int color)
{
    switch (color) {
    case 0:
        return "red";
    case 5:
        return "green";
    default:
        break;
    }
    return "?";
}
int main(void)
{
    operation operations[2] = { add, multiply };
    int s = 0;
    for (int i = 0; i < 4; i++)
        s += operations[i % 2](i, 3);
    for (int i = 0; i < 5; i++) s += i;
    do {
        s -= multiply(2, add(1, 1));
    } while (s > 0);
    s = fibonacci(5) + add(fibonacci(2),
                           fibonacci(3));
    if ((s > 3 && add(s, 1)) || multiply(s, 2))
        total = name(5)[0];
    int k = s > 2 ? add(1, 2)
                  : add(3, 4);
    goto out;
out:
    total += k;
    return name(7)[0] == '?' ? 0 : 1;
}
"""


def places(recorded):
    return [(step.frames[0].function, step.frames[0].line, len(step.frames)) for step in recorded.steps]


@pytest.mark.parametrize("flags", [(), ("-fstack-protector-all",), ("-no-pie",), ("-gdwarf-4",)])
def test_same_steps_as_gdb_takes(watcher, build, record, flags):
    source, binary = build(STRAIGHT, *flags)
    recorded = record(watcher, source, binary)
    assert places(recorded) == steps_of_gdb([source], binary)
    assert len(recorded.steps) > 200
    assert (recorded.end.kind, recorded.end.code) == (EndKind.EXIT, 0)


def test_recursion_enters_anew_at_the_same_frame_address(watcher, build, record):
    source, binary = build(
        "static int down(int n)\n"  # 1
        "{\n"
        "    if (n == 0)\n"
        "        return 0;\n"
        "    return down(n - 1);\n"  # 5
        "}\n"
        "int main(void)\n"
        "{\n"
        "    down(1);\n"  # 9
        "    down(1);\n"
        "    return 0;\n"
        "}\n"
    )
    steps = record(watcher, source, binary).steps
    found = [(step.frames[0].line, step.entered) for step in steps]
    call = [(3, True), (5, False), (3, True), (4, False), (6, False), (6, False)]
    # `return down(…)` is the last thing on its line: after it comes the end of the function.
    assert [x for x in found if x[0] < 7 and x != (5, False)] == [x for x in call * 2 if x != (5, False)]
    entries = [step for step in steps if step.entered]
    assert [step.frames[0].function for step in entries] == ["main", *["down"] * 4]
    first, second = entries[1], entries[3]
    assert first.frames[0].address == second.frames[0].address
    assert (first.frames[1].line, second.frames[1].line) == (9, 10)
    assert entries[2].frames[1].address == first.frames[0].address


def test_a_line_that_is_executed_again_is_a_new_step_even_if_the_others_are_not_watched(watcher, build):
    source, binary = build("int main(void)\n{\n    int n = 3;\n    while (n > 0)\n        n--;\n    return n;\n}\n")
    plan = StopPlan((LineRange(str(source), 5, 5),), {Sample("n"): None})
    with watcher.launch(Launch(binary), plan, Limits()) as session:
        values = [step.changes[Sample("n")].number for step in session]
    assert values == [3, 2, 1]


def test_every_thread_is_seen_with_its_own_stack(watcher, build, record):
    source, binary = build(
        "#include <pthread.h>\n"  # 1
        "static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
        "static int counter;\n"
        "static void *work(void *unused)\n"
        "{\n"  # 5
        "    for (int i = 0; i < 4; i++) {\n"
        "        pthread_mutex_lock(&lock);\n"
        "        counter++;\n"  # 8
        "        pthread_mutex_unlock(&lock);\n"
        "    }\n"
        "    return unused;\n"
        "}\n"
        "int main(void)\n"  # 13
        "{\n"
        "    pthread_t t[3];\n"
        "    for (int i = 0; i < 3; i++)\n"
        "        pthread_create(&t[i], 0, work, 0);\n"
        "    for (int i = 0; i < 3; i++)\n"
        "        pthread_join(t[i], 0);\n"
        "    return counter;\n"  # 20
        "}\n",
        "-pthread",
    )
    recorded = record(watcher, source, binary, "counter")
    work = [step for step in recorded.steps if step.frames[0].function == "work"]
    assert {step.thread for step in work} == {2, 3, 4}
    assert {step.thread for step in recorded.steps if step.frames[0].function == "main"} == {1}
    for thread in (2, 3, 4):
        own = [step for step in work if step.thread == thread]
        assert [step.frames[0].line for step in own] == [6, *[7, 8, 9, 6] * 4, 11, 12]
        assert [step.entered for step in own] == [True] + [False] * (len(own) - 1)
        assert all("main" not in [frame.function for frame in step.frames] for step in own)
    assert sorted(recorded.value(step.index, "counter").number for step in work if step.frames[0].line == 8) == list(
        range(12)
    )
    assert recorded.end.code == 12


def test_longjmp_signal_handler_callback_and_coroutine(watcher, build, record):
    source, binary = build(
        "#include <setjmp.h>\n"  # 1
        "#include <signal.h>\n"
        "#include <stdlib.h>\n"
        "#include <ucontext.h>\n"
        "static jmp_buf place;\n"
        "static int hits;\n"
        "static ucontext_t outside, inside;\n"
        "static char stack[65536];\n"
        "static void deep(int n)\n"  # 9
        "{\n"
        "    if (n == 0)\n"
        "        longjmp(place, 7);\n"  # 12
        "    deep(n - 1);\n"
        "}\n"
        "static void handler(int number)\n"  # 15
        "{\n"
        "    hits += number;\n"  # 17
        "}\n"
        "static void coroutine(void)\n"  # 19
        "{\n"
        "    hits++;\n"  # 21
        "    swapcontext(&inside, &outside);\n"
        "    hits++;\n"  # 23
        "}\n"
        "static int compare(const void *x, const void *y)\n"  # 25
        "{\n"
        "    return *(const int *)x - *(const int *)y;\n"  # 27
        "}\n"
        "int main(void)\n"  # 29
        "{\n"
        "    int code = setjmp(place);\n"  # 31
        "    if (code == 0)\n"
        "        deep(2);\n"
        "    signal(SIGUSR1, handler);\n"  # 34
        "    raise(SIGUSR1);\n"
        "    getcontext(&inside);\n"  # 36
        "    inside.uc_stack.ss_sp = stack;\n"
        "    inside.uc_stack.ss_size = sizeof stack;\n"
        "    inside.uc_link = &outside;\n"
        "    makecontext(&inside, coroutine, 0);\n"  # 40
        "    swapcontext(&outside, &inside);\n"
        "    swapcontext(&outside, &inside);\n"
        "    int v[3] = { 3, 1, 2 };\n"  # 43
        "    qsort(v, 3, sizeof v[0], compare);\n"
        "    return v[0] + code + hits - SIGUSR1;\n"  # 45
        "}\n"
    )
    recorded = record(watcher, source, binary, "hits")
    lines = recorded.lines()
    assert lines[: lines.index(43) + 2] == [
        *(31, 32, 33, 11, 13, 11, 13, 11, 12),
        *(32, 34, 35, 17, 18),  # back from longjmp, in the middle of line 31
        *(36, 37, 38, 39, 40, 41, 21, 22, 42, 23, 24, 43, 44),
    ]
    by_line = {step.frames[0].line: [frame.function for frame in step.frames] for step in recorded.steps}
    assert by_line[12] == ["deep", "deep", "deep", "main"]
    assert by_line[34] == ["main"]
    assert (by_line[17][0], by_line[17][-1]) == ("handler", "main")
    assert by_line[23][0] == "coroutine"
    assert "main" not in by_line[23]
    callback = by_line[27]
    assert (callback[0], callback[-1]) == ("compare", "main")
    libc = next(step for step in recorded.steps if step.frames[0].line == 27).frames[1]
    assert (libc.path, libc.line) == (None, 0)
    assert recorded.end.code == 1 + 7 + 2


def test_cplusplus(watcher, build, record):
    source, binary = build(
        "#include <vector>\n"  # 1
        "struct Shape {\n"
        "    virtual ~Shape() {}\n"
        "    virtual int area() const = 0;\n"
        "};\n"
        "struct Square : Shape {\n"
        "    int side;\n"
        "    explicit Square(int n) : side(n) {}\n"  # 8
        "    int area() const override\n"
        "    {\n"
        "        return side * side;\n"  # 11
        "    }\n"
        "};\n"
        "template <typename T> static T larger(const T &a, const T &b)\n"
        "{\n"
        "    return a < b ? b : a;\n"  # 16
        "}\n"
        "int main()\n"
        "{\n"
        "    Square s(3);\n"
        "    const Shape &shape = s;\n"
        "    bool yes = larger(1, 2) == 2 && larger(1.5, 0.5) > 1;\n"  # 22
        "    return yes ? shape.area() : 0;\n"
        "}\n",
        compiler="g++",
        name="program.cpp",
    )
    recorded = record(watcher, source, binary, "side", "a", "yes", "s.side")
    by_line: dict[int, list[int]] = {}
    for step in recorded.steps:
        by_line.setdefault(step.frames[0].line, []).append(step.index)
    assert recorded.steps[by_line[11][0]].frames[0].function == "Square::area"
    assert recorded.value(by_line[11][0], "side").number == 3
    ints, floats = (recorded.value(i, "a") for i in by_line[16])
    assert (ints.number, ints.type, floats.number, floats.type) == (1, "const int &", 1.5, "const double &")
    assert {recorded.steps[i].frames[0].function for i in by_line[16]} == {"larger<int>", "larger<double>"}
    assert recorded.end.code == 9


def test_a_deep_recursion_is_cut_at_the_frame_limit(watcher, build, record):
    source, binary = build(
        "static int down(int n)\n{\n    return n ? down(n - 1) : 0;\n}\nint main(void)\n{\n    return down(299);\n}\n"
    )
    recorded = record(watcher, source, binary)
    depths = [len(step.frames) for step in recorded.steps]
    assert max(depths) == 200
    assert sum(step.entered for step in recorded.steps) == 301
    assert recorded.end.code == 0


def test_a_watched_function_in_a_shared_library_without_debug_information_runs_unseen(watcher, build, record, tmp_path):
    _, library = build(
        "int apply(int (*f)(int), int n)\n{\n    return f(n);\n}\n", "-shared", "-fPIC", "-g0", name="lib.c"
    )
    source, binary = build(
        "int apply(int (*f)(int), int n);\n"
        "static int twice(int n)\n{\n    return 2 * n;\n}\n"
        "int main(void)\n{\n    return apply(twice, 21);\n}\n",
        str(library),
        f"-Wl,-rpath,{tmp_path}",
    )
    recorded = record(watcher, source, binary)
    assert [(s.frames[0].function, s.frames[0].line) for s in recorded.steps] == [
        ("main", 8),
        ("twice", 4),
        ("twice", 5),
        ("main", 9),
    ]
    assert [(f.function, f.path, f.line) for f in recorded.steps[1].frames] == [
        ("twice", str(source), 4),
        ("apply", None, 0),
        ("main", str(source), 8),
    ]


def test_a_program_that_becomes_another_one_runs_on(watcher, build, record):
    source, binary = build(
        "#include <unistd.h>\n"
        "int main(void)\n{\n"
        '    execl("/bin/sh", "sh", "-c", "echo other; exit 6", (char *)0);\n'
        "    return 1;\n}\n"
    )
    recorded = record(watcher, source, binary)
    assert recorded.lines() == [4]
    assert (recorded.end.kind, recorded.end.code, recorded.end.output) == (EndKind.EXIT, 6, "other\n")


def test_names_in_any_language(watcher, build, record):
    source, binary = build(
        "static int größe(int n)\n{\n    return n;\n}\nint main(void)\n{\n    return größe(4);\n}\n",
        folder="Städte und Länder",
    )
    recorded = record(watcher, source, binary, "größe", arguments=("né",))
    assert places(recorded) == [("main", 7, 1), ("größe", 3, 2), ("größe", 4, 2), ("main", 8, 1)]
    assert {frame.path for step in recorded.steps for frame in step.frames} == {str(source)}
    assert recorded.end.code == 4


def test_the_step_filter():
    steps = StepFilter()
    never, always = (lambda *_: False), (lambda *_: True)
    steps.enter("main")
    assert steps.accept(1, "main", 5, never)
    assert steps.is_entered("main")
    assert not steps.is_entered("main")
    assert not steps.accept(1, "main", 5, never)  # the same line, further on
    steps.enter("f")
    assert steps.accept(1, "f", 9, never)
    assert not steps.accept(1, "main", 5, never)  # back in the middle of the line
    steps.enter("f")
    assert steps.accept(1, "f", 9, never)  # a new activation
    assert steps.accept(1, "main", 5, always)  # back where a statement begins
    assert steps.accept(1, "main", 6, never)
    assert steps.accept(1, "main", 5, never)
    assert steps.accept(2, "other", 5, never)
    assert not steps.accept(1, "main", 5, never)  # another thread does not make us leave our line
