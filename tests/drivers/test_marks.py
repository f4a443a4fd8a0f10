"""Which marks are needless: by the rule on small compiled functions, and by recordings that must not change for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers import probes
from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.binary.lines import LineTable
from drivers.gdb.driver import GdbDriver
from drivers.inside.steps import STEP
from drivers.machines.qemu import Qemu
from drivers.probes import plan_probes
from drivers.process import run
from drivers.state import End, EndKind, Sample, Step
from tests.drivers.kernels import FOLDER, needs_machine

COMPILER = "mips-linux-gnu-gcc"
_FLAGS = ["-march=mips32", "-mabi=32", "-msoft-float", "-G", "0", "-ffreestanding", "-nostdlib", "-static", "-g"]
_OUTSIDE = "int f(int); int g(int); int setjmp(void *);\n"

#: Makes marks (source, watched line) -> lines of the marks that are left, without the entries.
Marks = Callable[..., list[int]]


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    """The lines of the marks that are set where one line of a C source is watched; entries do not count."""

    def left(body: str, line: int, *flags: str) -> list[int]:
        source, binary = tmp_path / "source.c", tmp_path / "source"
        source.write_text(body + _OUTSIDE + "int f(int n) { return n; } int setjmp(void *p) { return p != 0; }\n")
        compiler = [COMPILER, *_FLAGS, *(flags or ("-O0", "-mno-abicalls", "-fno-pic"))]
        completed = run([*compiler, "-Wl,-e,0", source, "-o", binary], deadline_s=60)
        assert completed.status == 0, completed.output
        plan = StopPlan((LineRange(str(source), line, line),))
        return [probe.line for probe in plan_probes(LineTable.read(binary), plan).probes if not probe.role]

    return left


@needs_machine
class TestTheRule:
    def test_a_line_that_is_not_come_back_to_needs_none(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n += 1;\n    n = f(n);\n    n -= 2;\n    return n;\n}\n"
        assert [marks(body, line) for line in (4, 5, 6, 7)] == [[], [], [], []]

    def test_a_loop_needs_those_within_it(self, marks: Marks) -> None:
        body = (
            _OUTSIDE
            + "int g(int n)\n{\n    n++;\n    do {\n        f(n);\n        n--;\n    } while (n);\n    return n;\n}\n"
        )
        assert marks(body, 6) == [7, 8]
        assert marks(body, 7) == [6, 8]
        assert marks(body, 4) == []
        assert marks(body, 9) == []

    def test_a_loop_around_a_loop_counts(self, marks: Marks) -> None:
        body = _OUTSIDE + (
            "int g(int n)\n{\n    n++;\n    while (n > 0) {\n        n--;\n        while (f(n))\n            n -= 3;\n"
            "        n++;\n    }\n    return n;\n}\n"
        )
        assert sorted(set(marks(body, 8))) == [5, 6, 7, 9]
        assert marks(body, 11) == []

    def test_a_backward_goto_is_a_loop(self, marks: Marks) -> None:
        body = _OUTSIDE + (
            "int g(int n)\n{\n    n++;\nagain:\n    n = f(n);\n    if (n > 3)\n        goto again;\n    n++;\n"
            "    return n;\n}\n"
        )
        assert set(marks(body, 6)) == {7, 8}
        assert marks(body, 9) == []

    def test_a_line_in_two_parts_needs_what_is_between_them(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    n = (n > 3) +\n        (n * 3 << 2) / n;\n    return n;\n}\n"
        assert set(marks(body, 5)) == {6}
        assert marks(body, 6) == []

    def test_a_loop_on_one_line_needs_none_outside(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    while (n) n -= 2;\n    n++;\n    return n;\n}\n"
        assert marks(body, 5) == []

    def test_recursion_is_another_activation(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    n = g(n - 2);\n    n--;\n    return n;\n}\n"
        assert marks(body, 5) == []

    def test_a_jump_table_keeps_all(self, marks: Marks) -> None:
        cases = "".join(f"    case {n}:\n        n += {n * n};\n        break;\n" for n in range(8))
        body = _OUTSIDE + f"int g(int n)\n{{\n    n++;\n    switch (n) {{\n{cases}    }}\n    return n;\n}}\n"
        assert len(set(marks(body, 4))) > 8
        assert marks(body, 4, "-O0", "-mno-abicalls", "-fno-pic", "-fno-jump-tables") == []

    def test_what_returns_twice_keeps_all(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    setjmp(0);\n    n--;\n    return n;\n}\n"
        assert marks(body, 4) == [5, 6, 7, 8]
        # By its address, which is how a call goes further than an instruction's own reach.
        assert marks(body, 4, "-O0", "-mno-abicalls", "-fno-pic", "-mlong-calls") == [5, 6, 7, 8]

    def test_a_return_to_the_line_of_the_call_keeps_all(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    f(1); f(2);\n    n--;\n    return n;\n}\n"
        assert marks(body, 5) == [4, 6, 7, 8]
        assert marks(body, 6) == []

    def test_inlined_code_keeps_all(self, marks: Marks) -> None:
        body = _OUTSIDE + (
            "static inline __attribute__((always_inline)) int h(int n)\n{\n    n += 2;\n    return n;\n}\n"
            "int g(int n)\n{\n    n++;\n    n = h(n);\n    n--;\n    return n;\n}\n"
        )
        assert {4, 5, 10, 11, 12, 13} - set(marks(body, 9)) <= {9}
        assert len(marks(body, 9)) >= 5

    def test_code_that_is_independent_of_its_place_keeps_all(self, marks: Marks) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    n = f(n);\n    n--;\n    return n;\n}\n"
        assert marks(body, 4, "-O0", "-mabicalls", "-fPIC") == [5, 6, 7, 8]

    @pytest.mark.parametrize("flags", [("-mips16",), ("-mmicromips",)])
    def test_other_instructions_keep_all(self, marks: Marks, flags: tuple[str, ...]) -> None:
        body = _OUTSIDE + "int g(int n)\n{\n    n++;\n    n = f(n);\n    n--;\n    return n;\n}\n"
        assert marks(body, 4, "-O0", "-march=mips32r2", "-mno-abicalls", "-fno-pic", *flags)[-4:] == [5, 6, 7, 8]


TWISTED = r"""
static int depth, hits;
static int next(int n) { hits++; return n + hits % 3; }
static void note(void) { hits += 2; }
static int one_line(int n) { while (n > 0) { n -= next(1) > 0 ? 2 : 1; hits += n & 1; } return n * 2; }
static void calls(int n)
{
    note(); note(); if (n > 1) note(); note();
    hits ^= n; note();
    note();
}
static int nested(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += i;
        for (int k = i; k > 0; k--)
            if (k & 1)
                sum += next(k)
                    + next(sum);
            else
                continue;
        if (sum > 40)
            break;
    }
    return sum;
}
static int turns(int n)
{
again:
    n -= next(0) > 0
        ? 2
        : 1;
    if (n > 2)
        goto again;
    do {
        note();
        n++;
    } while (n < 3);
    return n;
}
static int fold(int n)
{
    if (n < 2)
        return n;
    depth++;
    n = fold(n - 1)
        + fold(n - 2);
    depth--;
    return n;
}
static int cases(int n)
{
    switch (n) {
    case 0: note(); n = 4; break;
    case 1: n += 2;
    case 2: n *= 3; break;
    case 3: n = next(n); break;
    case 4: n--; break;
    case 5: n ^= 3; break;
    case 6: note();
    }
    return n;
}
static int (*const table[])(int) = { next, one_line, nested, turns, fold, cases };
void exit_machine(int status);
void panic(const char *why) { exit_machine(why != 0); }
void kmain(const char *boot)
{
    int total = boot[0] - 't';
    for (int i = 0; i < 7; i++) {
        total += table[i % 6](i);
        total ^= cases(i);
        calls(i & 3);
    }
    for (int i = 0; i < 3; i++) total += table[i](i) + nested(i + 2);
    *(volatile unsigned *)0xbf000500 = total < -1000 ? 0 : 0x42;
    for (;;)
        ;
}
"""
_SAMPLES = {Sample(name): None for name in ("hits", "n", "total")}


@needs_machine
@pytest.mark.parametrize("flags", ["-O0", "-O2"])
def test_the_recording_is_that_of_all_marks(
    flags: str, tmp_path: Path, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, kernel = tmp_path / "twisted.c", tmp_path / "twisted"
    source.write_text(TWISTED)
    options: list[str | Path] = [flags, "-mno-abicalls", "-fno-pic", "-T", FOLDER / "kernel.ld"]
    completed = run([COMPILER, *_FLAGS, *options, FOLDER / "start.S", source, "-o", kernel], deadline_s=60)
    assert completed.status == 0, completed.output
    table = LineTable.read(kernel)
    everywhere = plan_probes(table, StopPlan((LineRange(str(source), 1, 1000),))).probes
    lines = sorted({probe.line for probe in everywhere if probe.role & STEP})
    chosen = random.Random(1)  # noqa: S311 - no secret

    def take(plan: StopPlan) -> tuple[list[Step], End]:
        with GdbDriver(use_agent=True).launch(Launch(kernel, ("t",), machine=Qemu()), plan, Limits()) as session:
            return list(session), session.end

    counts = [0, 0, 0]
    for _ in range(10):
        plan = StopPlan(
            tuple(
                LineRange(str(source), line, line) for line in sorted(chosen.sample(lines, chosen.choice([1, 2, 3, 5])))
            ),
            _SAMPLES,
        )
        ours = take(plan)
        counts[0] += len(plan_probes(table, plan).probes)
        with monkeypatch.context() as patch:
            patch.setattr(probes, "_drop_needless", lambda *_: None)
            theirs = take(plan)
            counts[1] += len(plan_probes(table, plan).probes)
        assert ours == theirs, plan.ranges
        assert ours[1].kind is EndKind.POWEROFF
        counts[2] += len(ours[0])
    assert counts[2] > 60
    assert counts[0] < counts[1] * (0.8 if flags == "-O0" else 1.1)
