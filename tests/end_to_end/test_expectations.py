"""DExTer's commands, with the arguments that DExTer gives them, on both debuggers."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import run
from typing import Any

import pytest

from dexverify import doctor


@pytest.fixture(params=["gdb", "lldb"])
def outcome(request: pytest.FixtureRequest, check: Callable[..., Any]) -> Callable[..., str]:
    """The outcome of one program on the debugger."""
    if reason := doctor.missing([request.param]):
        pytest.skip(reason)

    def outcome(text: str, *options: object, name: str = "program.c") -> str:
        return str(check(text, "--debugger", request.param, *options, name=name).outcome)

    return outcome


@pytest.mark.parametrize(("hit_count", "expected"), [(0, "FAIL"), (1, "FAIL"), (2, "PASS"), (3, "FAIL")])
def test_an_address_is_bound_after_its_line_was_stepped_on_so_often(outcome, hit_count, expected):
    program = f"""
        static char buffer[4];

        // DexDeclareAddress('third', 'at', on_line=ref('inside'), hit_count={hit_count})
        // DexExpectWatchValue('at', address('third', -2), address('third', -1), address('third'), address('third', 1),
        //                     on_line=ref('inside'))
        int main(void)
        {{
            for (char *at = buffer; at < buffer + 4; at++)
                *at = 1; // DexLabel('inside')
            return 0;
        }}
        """
    assert outcome(program) == expected


def test_a_label_alone_is_its_line_as_in_the_first_versions_of_dexter(outcome):
    program = """
        // DexExpectWatchValue('n', 2, on_line='end')
        // DexExpectProgramState({'frames': [{'location': {'lineno': 'end'}, 'watches': {'n': 2}}]})
        int main(void)
        {
            int n = 1;
            n += 1;
            return n; // DexLabel('end')
        }
        """
    assert outcome(program) == "PASS"
    assert outcome(program.replace("'n', 2", "'n', 1").replace("'n': 2", "'n': 1")) == "FAIL"


@pytest.mark.parametrize("system", ["system-windows", "darwin"])
def test_what_is_expected_of_another_system_is_not_expected_here(outcome, system):
    program = "int main(void) { return 0; } // DexVerify(In('main'))\n"
    assert outcome(f"// XFAIL: {system}\n{program}") == "PASS"
    assert outcome(f"// REQUIRES: {system}\n{program}") == "UNSUPPORTED"
    assert outcome(f"// REQUIRES: linux\n// XFAIL: *\n{program}") == "XPASS"


def test_a_dex_file_elsewhere_with_its_prose_behind_hashes(outcome, write, tmp_path):
    source = write("int main(void)\n{\n    int n = 3;\n    return n - 3;\n}\n", "source/main.c")
    binary = tmp_path / "main"
    run(["gcc", "-g", str(source), "-o", str(binary)], check=True)
    commands = """
        # Purpose: it's a test of \\DexDeclareFile's paths.
        ## RUN: nothing
        DexDeclareFile('main.c')
        DexExpectWatchValue('n', 3, on_line=4)  # after its line
        # XFAIL: the number is another one
        """
    assert outcome(commands, "--binary", binary, "--source-root-dir", source.parent, name="dex/a.dex") == "XPASS"
    commands = commands.replace("'main.c'", "'../source/main.c'").replace("'n', 3", "'n', 4")
    assert outcome(commands, "--binary", binary, name="dex/a.dex") == "XFAIL"


@pytest.mark.parametrize("command", ["DexExpectWatchValue('n', 1, 2)", "DexExpectWatchType('n', 'int', on_line=5)"])
def test_an_expectation_reads_on_its_own_lines_wherever_a_watch_stands(outcome, command):
    program = """
        int main(void)
        {
            int n = 1;
            n = 2; // DexWatch('n')
            return n - 2;
        }
        """
    assert outcome(f"{program}// {command}\n") == "PASS"


HOLLOW = """
    static int twice(int n)
    { // DexLabel('begin')
        // DexLabel('comment')
        n *= 2; // DexWatch('n')
        return n; // DexLabel('end')
    } // DexWatch('n')
    int main(void)
    {
        int a = 1; // DexWatch('a')
        if (0)
            a = 7; // DexLabel('never')
        // DexWatch('a')
        return twice(a) - 2;
    }
    """


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("DexExpectWatchValue('n', 1, 2, from_line=ref('begin'), to_line=ref('end'))", "PASS"),
        ("DexExpectWatchValue('n', 1, 2, from_line=ref('comment'), to_line=ref('end'))", "PASS"),
        ("DexExpectWatchValue('n', 1, on_line=ref('comment') + 1)", "PASS"),
        ("DexLimitSteps(from_line=ref('comment'), to_line=ref('end')) DexExpectWatchValue('n', 1, 2)", "PASS"),
        ("DexUnreachable(on_line=ref('never'))", "PASS"),
        ("DexUnreachable(from_line=ref('begin'), to_line=ref('end'))", "FAIL"),
        ("DexExpectWatchValue('n', 1, on_line=ref('comment'))", "FAIL"),
        ("DexExpectWatchType('n', 'int', on_line=ref('comment'))", "FAIL"),
        ("DexExpectStepOrder(1, on_line=ref('comment'))", "FAIL"),
        ("DexExpectProgramState({'frames': [{'location': {'lineno': ref('comment')}}]})", "FAIL"),
        ("DexVerify(Henceforth(Not(At(ref('comment')))))", "ERROR"),
        ("DexVerify(Henceforth(Not(ExpectState({'frames': [{'location': {'lineno': ref('comment')}}]}))))", "ERROR"),
        ("DexVerify(Henceforth(Expect('n', '<', 3))) DexWatch('n + a', on_line=ref('comment'))", "ERROR"),
        ("DexDeclareAddress('x', '&a', on_line=ref('never')) DexVerify(Eventually(Expect('a', 1)))", "ERROR"),
        ("DexUnreachable(on_line=ref('comment'))", "ERROR"),
    ],
)
def test_a_label_on_a_line_without_code(outcome, command, expected):
    assert outcome(f"{HOLLOW}// {command}\n", "--builder", "clang") == expected


def test_an_expectation_of_a_line_without_code_is_told_why_it_fails(check):
    judged = check(f"{HOLLOW}// DexExpectWatchValue('n', 1, on_line=ref('comment'))\n", "--builder", "clang")
    assert [note for note in judged.test["notes"] if ":3 " in note] == [
        "program.c:3 has no code: no step is ever there; the nearest: 4"
    ]


@pytest.mark.parametrize("first", ["ref('body')", "ref('body') - 1"])
@pytest.mark.parametrize(("hit_count", "values"), [(1, "0"), (2, "0, 1"), (3, "0, 1, 2")])
def test_a_limit_s_hits_are_the_steps_on_its_first_line(outcome, first, hit_count, values):
    program = f"""
        static int a;
        int main(void)
        {{
            for (int i = 0; i < 4; i++) {{

                a = i; // DexLabel('body')
            }}
            return 0;
        }}
        // DexLimitSteps(from_line={first}, to_line=ref('body'), hit_count={hit_count})
        // DexExpectWatchValue('i', {values})
        """
    assert outcome(program) == "PASS"


TYPES = """
    template <class T> struct Cell {
        T held;
        T get() const
        {
            return held; // DexLabel('get')
        }
    };
    namespace shop { enum Fruit { apple, pear }; }
    static float half(const float &whole, shop::Fruit &fruit, Cell<int> *const cell, int (&pair)[2], Cell<int> &&moved)
    {
        fruit = shop::pear; // DexLabel('half')
        return whole / cell->held + pair[0] + moved.held;
    }
    int main()
    {
        Cell<int> two = {2};
        Cell<double> three = {3.0};
        shop::Fruit fruit = shop::apple;
        int pair[2] = {0, 1};
        float number = half(0.1f, fruit, &two, pair, Cell<int>{0});
        return two.get() + three.get() + number > 9; // DexLabel('end')
    }
    """


@pytest.mark.parametrize(
    "command",
    [
        "DexExpectWatchType('whole', 'const float &', on_line=ref('half'))",
        "DexExpectWatchValue('whole', 0.1, on_line=ref('half'))",
        "DexExpectWatchType('fruit', 'shop::Fruit &', on_line=ref('half'))",
        "DexExpectWatchType('fruit', 'shop::Fruit', on_line=ref('end'))",
        "DexExpectWatchType('cell', 'Cell<int> *const', on_line=ref('half'))",
        "DexExpectWatchType('moved', 'Cell<int> &&', on_line=ref('half'))",
        "DexExpectWatchValue('moved.held', 0, on_line=ref('half'))",
        "DexExpectWatchType('pair', 'int (&)[2]', on_line=ref('half'))",
        "DexExpectWatchValue('pair[1]', 1, on_line=ref('half'))",
        "DexExpectWatchType('held', 'int', 'double', on_line=ref('get'))",
        "DexExpectWatchType('this->held', 'int', 'double', on_line=ref('get'))",
        "DexExpectWatchType('two', 'Cell<int>', on_line=ref('end'))",
        "DexExpectWatchType('three', 'Cell<double>', on_line=ref('end'))",
    ],
)
def test_types_of_cpp(outcome, command):
    assert outcome(f"{TYPES}// {command}\n", "--builder", "clang", name="program.cpp") == "PASS"


@pytest.mark.parametrize("builder", ["gcc", "clang"])
@pytest.mark.parametrize("flags", ["-O0", "-O2"])
def test_the_first_line_of_an_inlined_function_is_its_own(outcome, builder, flags):
    program = """
        volatile int table[3] = {1, 2, 3};
        __attribute__((always_inline)) static inline int pick(int i)
        {
            table[1] = i;
            return table[0];
        }
        int main(void)
        {
            if (table[2] == pick(3))
                return 1;
            return 0;
        }
        // DexExpectWatchValue('i', 3, on_line=4)
        // DexExpectStepKind('FUNC', 2)
        // DexVerify(Henceforth(Implies(At(4), And(In('pick'), OnStack('main')))))
        // DexExpectProgramState({'frames': [
        //     {'location': {'lineno': 4}, 'function': 'pick', 'is_inlined': True},
        //     {'location': {'lineno': 9}, 'function': 'main', 'is_inlined': False}]})
        """
    assert outcome(program, "--builder", builder, "--cflags", flags) == "PASS"


COUNTING = """
    #include <stdlib.h>
    static int total;
    static double share;
    static void add(int amount)
    {
        total += amount; // DexLabel('add')
        share = total / 4.0; // DexLabel('added')
    }
    int main(int argc, char **argv)
    {
        int count = atoi(argv[argc - 1]);
        for (int i = 1; i <= count; i++) { // DexLabel('loop')
            add(i);                        // DexLabel('call')
        }
        if (total < 0)
            abort(); // DexLabel('never')
        return total - total; // DexLabel('end')
    }
    // DexCommandLine(['3'])
    """


@pytest.mark.parametrize(
    ("met", "unmet"),
    [
        ("DexExpectWatchValue('total', 0, 1, 3, 6)", "DexExpectWatchValue('total', 0, 1, 6)"),
        ("DexExpectWatchValue('i', 1, 2, 3, on_line='call')", "DexExpectWatchValue('i', 1, 2, on_line='call')"),
        (
            "DexExpectWatchValue('amount', 3, '2', 1, require_in_order=False)",
            "DexExpectWatchValue('amount', 3, 2, 1, on_line='add')",
        ),
        (
            "DexExpectWatchValue('share', 0, 0.3, 0.7, 1.5, float_range=0.06)",
            "DexExpectWatchValue('share', 0, 0.3, 0.7, 1.5)",
        ),
        ("DexExpectWatchType('argv', 'char **')", "DexExpectWatchType('argv', 'char *')"),
        ("DexExpectWatchType('amount', 'int', from_line='add', to_line='added')", "DexExpectWatchType('none', 'int')"),
        (
            "DexExpectProgramState({'frames': [{'location': {'lineno': ref('add')}, 'watches': {'amount': '2'}},"
            " {'function': 'main', 'watches': {'i': {'value': '2', 'type_name': 'int'}}}]})",
            "DexExpectProgramState({'frames': [{'location': {'lineno': ref('add')}, 'watches': {'amount': '2'}},"
            " {'watches': {'i': '3'}}]})",
        ),
        (
            "DexExpectProgramState({'frames': [{'function': 'add'}, {'function': 'main'}]}, times=6)",
            "DexExpectProgramState({'frames': [{'function': 'add'}, {'function': 'main'}]}, times=10)",
        ),
        ("DexExpectStepKind('FUNC', 4)", "DexExpectStepKind('FUNC', 3)"),
        ("DexExpectStepKind('VERTICAL_BACKWARD', 3)", "DexExpectStepKind('VERTICAL_BACKWARD', 2)"),
        (
            "DexExpectStepOrder(1, 3, 5, on_line='add') DexExpectStepOrder(2, 4, 6, on_line='added')",
            "DexExpectStepOrder(1, 2, 3, on_line='add') DexExpectStepOrder(4, 5, 6, on_line='added')",
        ),
        ("DexUnreachable(on_line='never')", "DexUnreachable(on_line='added')"),
        (
            "DexUnreachable(from_line=ref('never'), to_line=ref('end') - 1)",
            "DexUnreachable(from_line=ref('never'), to_line=ref('end'))",
        ),
        (
            "DexLimitSteps('amount', 2, from_line='add', to_line='added') DexExpectWatchValue('total', 1, 3)",
            "DexLimitSteps('amount', 3, from_line='add', to_line='added') DexExpectWatchValue('total', 1, 3)",
        ),
        (
            "DexFinishTest('i', 2, on_line='call') DexExpectWatchValue('total', 0, 1)",
            "DexFinishTest('i', 2, on_line='call', hit_count=1) DexExpectWatchValue('total', 0, 1)",
        ),
        (
            "DexContinue(from_line='call', to_line='end', hit_count=1) DexExpectWatchValue('total', 0, 6)",
            "DexContinue(from_line='call', to_line='end', hit_count=0) DexExpectWatchValue('total', 0, 6)",
        ),
        (
            "DexDeclareAddress('it', '&total', on_line='add') DexExpectWatchValue('&total', address('it'))",
            "DexDeclareAddress('it', '&total', on_line='add') DexExpectWatchValue('&total', address('it', 4))",
        ),
        (
            "DexWatch('total', on_line='loop') DexVerify(Henceforth(Expect('total', '!=', 7)))",
            "DexWatch('total', on_line='loop') DexVerify(Henceforth(Expect('total', '!=', 6)))",
        ),
    ],
)
def test_commands(outcome, met, unmet):
    assert (outcome(f"{COUNTING}// {met}\n"), outcome(f"{COUNTING}// {unmet}\n")) == ("PASS", "FAIL")


def test_the_address_of_a_reference_is_that_of_what_it_refers_to(outcome):
    program = """
        struct Pair {
            int own;
            int &other;
        };
        int main()
        {
            int number = 5;
            int &alias = number;
            Pair pair = {1, number};
            return alias - pair.other; // DexLabel('end')
        }
        // DexDeclareAddress('it', '&number', on_line=ref('end'))
        // DexExpectWatchValue('&alias', address('it'), on_line=ref('end'))
        // DexExpectWatchValue('&pair.other', address('it'), on_line=ref('end'))
        // DexExpectWatchValue('*&alias', 5, on_line=ref('end'))
        // DexExpectWatchValue('&pair.own == &alias', 'false', on_line=ref('end'))
        """
    assert outcome(program, name="program.cpp") == "PASS"


@pytest.mark.parametrize(("last", "expected"), [(499, "PASS"), (500, "FAIL")])
def test_as_many_values_as_are_judged_in_order(outcome, last, expected):
    values = ", ".join(map(str, [*range(499), last]))
    program = f"""
        // DexExpectWatchValue('n', {values}, on_line=ref('here'))
        int main(void)
        {{
            int sum = 0;
            for (int n = 0; n < 500; n++)
                sum += n; // DexLabel('here')
            return sum == 0;
        }}
        """
    assert outcome(program) == expected
