"""Which probes are spared: by made-up machine code, and by recordings that must not change for it."""

from __future__ import annotations

import dataclasses

import pytest

from drivers import probes
from drivers.gdb.driver import GdbDriver
from drivers.inside.flow import find_framed, thin_out
from drivers.inside.steps import BODY, ENTRY, STEP


def thin(code: str, *probes: tuple[int, int, int], inlined: tuple[int, ...] = (), low: int = 0x1000) -> dict[int, int]:
    """The roles that are left, by number of the instruction: one of four bytes in each line of `code`.

    `probes`: number of the instruction, role, source line. `@3` in the code is the address of instruction 3.
    """
    texts = [line.strip() for line in code.strip().splitlines()]
    for number in reversed(range(len(texts))):
        texts = [text.replace(f"@{number}", f"{low + 4 * number:#x} <f+{4 * number}>") for text in texts]
    instructions = [(low + 4 * number, 4, text) for number, text in enumerate(texts)]
    rows = [[low + 4 * number, role, "f.c", line, []] for number, role, line in probes]
    left = thin_out(
        rows,
        [[instructions]],
        lambda address: (address - low) // 4 not in inlined,
    )
    return {(address - low) // 4: role for address, role in left.items()}


def test_a_row_that_only_goes_on_with_its_line_needs_no_probe():
    code = "mov a,b\n mov b,c\n jle @4\n add $0x1,d\n mov d,e"
    assert thin(code, (0, STEP, 7), (1, STEP, 7), (3, STEP, 7)) == {0: STEP}
    # The branch leads to the last one, past the others.
    assert thin(code, (0, STEP, 7), (1, STEP, 7), (4, STEP, 7)) == {0: STEP, 4: STEP}
    assert thin(code, (0, STEP, 7), (1, STEP, 8), (3, STEP, 7)) == {0: STEP, 1: STEP, 3: STEP}
    # The same line in another file is another one; a line that is not watched goes on as well.
    assert thin(code, (0, 0, 7), (1, 0, 7), (3, STEP, 8)) == {0: 0, 3: STEP}


@pytest.mark.parametrize(
    "between",
    [
        "call 0x2000 <setjmp@plt>",
        "callq *%rax",
        "notrack jmp 0x2000 <g>",
        "ret",
        "repz ret",
        "hlt",
        "ud2",
        "syscall",
        "int3",
        "(bad)",
        "bnd jmp 0x3000",
        "data16 rex.W call 0x3000",
    ],
)
def test_what_comes_after_a_break_is_kept(between):
    code = f"mov a,b\n {between}\n mov b,c\n mov c,d"
    assert thin(code, (0, STEP, 7), (2, STEP, 7), (3, STEP, 7)) == {0: STEP, 2: STEP}
    assert thin(code, (0, ENTRY, 6), (2, STEP, 7)) == {0: ENTRY, 2: STEP}


@pytest.mark.parametrize("jump", ["jmp *%rax", "notrack jmp *%rax", "jmpq *0x2000(,%rax,8)"])
def test_a_function_with_a_computed_jump_keeps_all(jump):
    code = f"push a\n mov a,b\n mov b,c\n {jump}"
    assert thin(code, (0, ENTRY, 6), (1, STEP, 7), (2, STEP, 7)) == {0: ENTRY, 1: STEP, 2: STEP}


@pytest.mark.parametrize("text", ["lea 0x20(%rip),%rax  # @2", "movq $@2,-0x8(%rbp)", "jne @2", "loop @2", "xbegin @2"])
def test_an_address_that_an_instruction_names_may_be_jumped_to(text):
    assert thin(f"mov a,b\n {text}\n mov b,c", (0, STEP, 7), (2, STEP, 7)) == {0: STEP, 2: STEP}


def test_the_first_line_stands_for_the_entry():
    code = "push a\n mov a,b\n mov b,c\n mov c,d\n jne @3"
    assert thin(code, (0, ENTRY, 6), (2, STEP, 7)) == {2: STEP | BODY}
    assert thin(code, (0, ENTRY, 6), (2, STEP, 6), (3, STEP, 6)) == {2: STEP | BODY, 3: STEP}
    assert thin(code, (0, ENTRY, 6), (2, 0, 7)) == {2: BODY}
    # A loop begins there; a function whose first line has no prologue is entered by that line's own probe.
    assert thin(code, (0, ENTRY, 6), (3, STEP, 7)) == {0: ENTRY, 3: STEP}
    assert thin(code, (0, ENTRY | STEP, 6), (2, STEP, 6)) == {0: ENTRY | STEP}


def test_inlined_code_has_activations_of_its_own():
    code = "push a\n mov a,b\n mov b,c\n mov c,d"
    assert thin(code, (0, ENTRY, 6), (1, STEP, 7), (2, STEP, 7), inlined=(1,)) == {0: ENTRY, 1: STEP, 2: STEP}
    assert thin(code, (0, STEP, 7), (1, STEP, 7), (2, STEP, 7), inlined=(1,)) == {0: STEP, 1: STEP, 2: STEP}


def test_a_gap_in_the_code_is_a_break():
    code = [(0x1000, 4, "mov a,b"), (0x1008, 4, "mov b,c")]
    rows = [[0x1000, STEP, "f.c", 7, []], [0x1008, STEP, "f.c", 7, []]]
    assert thin_out(rows, [[code]], lambda _: True) == {0x1000: STEP, 0x1008: STEP}


def framed(code: str) -> list[int]:
    texts = [line.strip() for line in code.strip().splitlines()]
    return sorted(find_framed([[[(number, 1, text) for number, text in enumerate(texts)]]]))


def test_the_base_register_holds_the_frame_between_prologue_and_epilogue():
    assert framed("push   %rbp\n mov    %rsp,%rbp\n mov %edi,-0x14(%rbp)\n pop    %rbp\n ret") == [2, 3]
    assert framed("endbr64\n push %rbp\n mov %rsp,%rbp\n leave\n ret\n mov a,(%rbp,%rax,4)\n leave\n repz ret") == [
        3,
        5,
        6,
    ]


@pytest.mark.parametrize(
    "code",
    [
        "sub $8,%rsp\n push %rbp\n mov %rsp,%rbp\n ret",
        "push %rbp\n mov %rsp,%rbp\n mov %rax,%rbp\n pop %rbp\n ret",
        "push %rbp\n mov %rsp,%rbp\n xchg %rbp,%rax\n pop %rbp\n ret",
        "push %rbp\n mov %rsp,%rbp\n mov $1,%ebp\n pop %rbp\n ret",
        "push %rbp\n mov %rsp,%rbp\n leave\n jmp 0x2000",
        "push %rbp\n mov %rsp,%rbp\n pop %rbp\n mov a,b\n ret",
        "push %rbp\n mov %rsp,%rbp\n jne 0x4\n leave\n ret",
        "push %rbp\n mov %rsp,%rbp\n jne 0x1\n leave\n ret",
        "push %rbp\n mov %rsp,%rbp\n nop\n leave",
        "push %rbp",
    ],
)
def test_a_function_that_uses_the_base_register_otherwise_is_left_to_gdb(code):
    assert framed(code) == []


TWISTED = r"""
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
static jmp_buf place;
static ucontext_t here;
static volatile int count, hits;
static int next(int n) { return n + count * 2 - count; }
static inline __attribute__((always_inline)) int twice(int n) { return n + n; }
#define BOTH(a, b) (next(a) + twice(b) + next(b) * (a))
static int one_line(int n) { while (n > 0) { n -= next(1) > 0 ? 2 : 1; count += n & 1; } return n * 2 + count; }
static int cases(int n)
{
    switch (n) { case 0: return 1; case 1: n += 2; case 2: n *= 3; break; case 3: n = next(n); case 4: n--; break;
                 case 5: n = twice(n) + 1; break; case 6: n += count; default: n ^= 5; }
    return n + (n > 3 ? next(n) : n < 0 ? 2 : 4) + (n & 1 && next(2) || count);
}
static int computed(int n)
{
    static const void *const labels[] = { &&first, &&second, &&third };
    goto *labels[n % 3];
    first: n += 1; second: n += 2; third: n += next(n); count += n;
    return n;
}
static void handler(int number) { hits += number * 2 - number; count++; }
static void raising(int n) { do { raise(SIGUSR1); count += n; if (count % 3 == 0) continue; hits--; } while (n--); }
static void leap(int n) { if (n > 2) longjmp(place, n + count * 0); leap(n + 1); }
static int landing(void)
{
    int code = setjmp(place) * 2 + count * 0 + 1; if (code == 1) leap(0); code += 2;
    volatile int again = 0; getcontext(&here); if (again++ < 2) setcontext(&here); count += again;
    return code + again;
}
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b + count - count; }
static int fold(int n) { return n < 2 ? n : fold(n - 1) + fold(n - 2); }
int main(void)
{
    int total = 0, values[4] = { 3, 1, 2, 0 };
    signal(SIGUSR1, handler);
    for (int i = 0; i < 8; i++) { total += cases(i) + computed(i); total ^= BOTH(i, total & 7); }
    for (;;) { total += one_line(5); if (total & 1 || ++count > 40) break; }
    raising(3); total += landing();
    qsort(values, 4, sizeof values[0], compare); total += values[0] + fold(4)
        + next(total);
    return (total + hits) & 63;
}
"""


@pytest.mark.parametrize(
    "flags", [("-O0",), ("-Og",), ("-O2",), ("-O0", "-fcf-protection=full", "-no-pie"), ("-O0", "-pg")]
)
def test_the_recording_is_that_of_all_probes(build, record, mark, monkeypatch, tmp_path, flags):
    monkeypatch.chdir(tmp_path)  # where -pg leaves its file
    source, binary = build(TWISTED, "-D_GNU_SOURCE", *flags)

    def take():
        recorded = record(GdbDriver(use_agent=True), source, binary, "count", "hits", "n", "total")
        return [dataclasses.astuple(step) for step in recorded.steps], recorded.end

    ours, our_end = take()
    plan_probes = probes.plan_probes
    monkeypatch.setattr(probes, "plan_probes", lambda *a: dataclasses.replace(plan_probes(*a), functions=[]))
    theirs, their_end = take()
    assert len(ours) > 60
    assert ours == theirs
    assert our_end == their_end


def mips(*texts: str) -> list[list[list[tuple[int, int, str]]]]:
    """One function of MIPS code at 0xffffffff80100000."""
    return [[[(MIPS + 4 * i, 4, text) for i, text in enumerate(texts)]]]


MIPS = 0xFFFFFFFF80100000


def thin_out_mips(texts: list[str], *rows: tuple[int, int, int]) -> dict[int, int]:
    """`rows`: number of the instruction, role, line. Returns the roles by the instructions' numbers."""
    probes = [[MIPS + 4 * i, role, "a.c", line] for i, role, line in rows]
    roles = thin_out(probes, mips(*texts), lambda _: True, is_mips=True)
    return {(address - MIPS) // 4: role for address, role in roles.items()}


def test_mips_the_first_line_stands_for_the_entry():
    body = ["addiu\tsp,sp,-16", "sw\ts8,12(sp)", "move\ts8,sp", "sw\tzero,0(s8)", "jr\tra", "nop"]
    assert thin_out_mips(body, (0, ENTRY, 1), (3, STEP, 2)) == {3: STEP | BODY}


def test_mips_a_call_and_what_follows_it_are_kept():
    body = ["li\ta0,1", "jal\t0x80200000 <f>", "nop", "sw\tv0,0(s8)", "li\ta0,2", "jr\tra", "nop"]
    rows = [(0, STEP, 5), (3, STEP, 5), (4, STEP, 5)]
    assert thin_out_mips(body, *rows) == {0: STEP, 3: STEP}
    # In the delay slot, too, it is not known what comes next.
    assert thin_out_mips(body, (0, STEP, 5), (2, STEP, 5), (3, STEP, 5)) == {0: STEP, 2: STEP, 3: STEP}


def test_mips_a_target_of_a_branch_is_kept():
    body = ["li\tv0,1", "nop", "bnez\tv0,0x80100004 <f+4>", "nop", "jr\tra", "nop"]
    assert thin_out_mips(body, (0, STEP, 5), (1, STEP, 5)) == {0: STEP, 1: STEP}


def test_mips_a_computed_jump_keeps_every_probe():
    body = ["li\tv0,1", "nop", "jr\tv0", "nop", "jr\tra", "nop"]
    assert thin_out_mips(body, (0, STEP, 5), (1, STEP, 5)) == {0: STEP, 1: STEP}
    assert thin_out_mips(["li\tv0,1", "nop", "jr\tra", "nop"], (0, STEP, 5), (1, STEP, 5)) == {0: STEP}
