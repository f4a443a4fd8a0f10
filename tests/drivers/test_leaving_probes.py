"""A thread that leaves a probe does so as if nothing were there: what faults, what interrupts, and who else runs."""

from __future__ import annotations

from drivers.base import Limits
from drivers.state import EndKind


def test_a_stack_that_overflows_at_a_probe_has_its_place(watcher, build, record):
    source, binary = build(
        "static int count;\n"
        "static int deep(void)\n{\n"
        "    volatile char big[100000];\n"
        "    big[0] = 1;\n"  # 5: the first to touch the new frame
        "    count++;\n"
        "    return deep() + big[0];\n"
        "}\n"
        "int main(void)\n{\n    return deep();\n}\n"
    )
    recorded = record(watcher, source, binary, "count")
    assert (recorded.end.kind, recorded.end.signal) == (EndKind.SIGNAL, "SIGSEGV")
    assert [(frame.function, frame.line) for frame in recorded.end.frames][:2] == [("deep", 5), ("deep", 7)]
    assert recorded.lines()[-1] == 5
    assert recorded.value(-1, "count").number > 50


def test_handlers_of_timers_find_the_program_where_it_is(watcher, build, record):
    source, binary = build(
        "#include <signal.h>\n#include <sys/time.h>\n"
        "static volatile int ticks, work;\n"
        "static void tick(int number)\n{\n    ticks += number == SIGALRM;\n}\n"  # 6
        "static void busy(void)\n{\n"
        "    work = 1;\n"  # 10
        "    work = 2;\n"
        "}\n"
        "int main(void)\n{\n"
        "    struct itimerval every = { { 0, 3000 }, { 0, 3000 } };\n"
        "    signal(SIGALRM, tick);\n"
        "    setitimer(ITIMER_REAL, &every, 0);\n"
        "    while (ticks < 30)\n"
        "        busy();\n"
        "    return 5;\n}\n"
    )
    recorded = record(watcher, source, binary)
    assert (recorded.end.kind, recorded.end.code) == (EndKind.EXIT, 5)
    stacks = [[frame.function for frame in step.frames] for step in recorded.steps if step.frames[0].line == 6]
    assert len(stacks) >= 30
    if watcher.name == "lldb":  # lldb 14 finds nobody before a function that was interrupted at its first instruction
        lost = [stack for stack in stacks if stack[-1] != "main"]
        assert {tuple(stack[2:3]) for stack in lost} <= {(), ("busy",)}
        stacks = [stack for stack in stacks if stack[-1] == "main"]
        assert len(stacks) > len(lost)
    for stack in stacks:
        # Through the frame that the system makes, to what was interrupted.
        assert (stack[0], stack[1], stack[-1]) == ("tick", None, "main")
        assert set(stack[2:]) <= {"busy", "main", None}


def test_128_threads_are_all_seen(watcher, build, record):
    source, binary = build(
        "#include <pthread.h>\n"
        "static int count;\n"
        "static void *work(void *argument)\n{\n"
        "    __sync_fetch_and_add(&count, 1);\n"
        "    return argument;\n}\n"
        "int main(void)\n{\n"
        "    static pthread_t threads[128];\n"
        "    for (int i = 0; i < 128; i++) pthread_create(&threads[i], 0, work, 0);\n"
        "    for (int i = 0; i < 128; i++) pthread_join(threads[i], 0);\n"
        "    return count == 128 ? 4 : 1;\n}\n",
        "-pthread",
    )
    recorded = record(watcher, source, binary, limits=Limits(total_s=120))
    assert (recorded.end.kind, recorded.end.code) == (EndKind.EXIT, 4)
    work = [step for step in recorded.steps if step.frames[0].function == "work"]
    by_thread = {thread: [step.frames[0].line for step in work if step.thread == thread] for thread in range(2, 130)}
    assert set(map(tuple, by_thread.values())) == {(5, 6, 7)}
    assert sum(step.entered for step in work) == 128
