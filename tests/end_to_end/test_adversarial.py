"""Programs and annotations that once were judged wrongly: nothing that could not be seen, or is not there, may pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import Judged

Check = Callable[..., Judged]

INLINED = """
    // DexVerify({formula})
    volatile int sink;
    static inline __attribute__((always_inline)) int f(int x)
    {
        sink = x;
        return x + 1;
    }
    int main(int argc, char **argv)
    {
        sink = f(argc);
        sink = f(argc + 1);
        return 0;
    }
"""


@pytest.mark.parametrize("options", [[], ["--cflags=-O2"], ["--builder=clang"]])
def test_a_function_that_is_inlined_is_entered(check: Check, options: list[str]) -> None:
    assert check(INLINED.replace("{formula}", "Henceforth(Not(Entered('f')))"), *options).outcome == "FAIL"
    assert check(INLINED.replace("{formula}", "BoundedExistence(Entered('f'), 2)"), *options).outcome == "PASS"


def test_a_misspelt_key_to_slice_by_does_not_pass(check: Check) -> None:
    program = """
        // DexVerify(ForEach(expr('idd'), Henceforth(Expect('count', '<', 1))))
        int count, id;
        int main(void)
        {
            count++;
            return 0;
        }
    """
    judged = check(program)
    assert judged.outcome == "UNRESOLVED"
    assert "'idd', the value to slice by, was in scope at no step" in judged.explanation()["summary"]


def test_a_slice_does_not_fail_for_a_step_whose_key_cannot_be_read(check: Check) -> None:
    program = """
        // DexVerify(ForEach(expr('*p'), Henceforth(Implies(Expect('asked', 1), Eventually(Expect('done', 1))))))
        int one = 1, asked, done, *p = &one;
        int main(void)
        {
            asked = 1;
            p = 0, done = 1;
            asked = 0;
            p = &one, done = 0;
            return 0;
        }
    """
    judged = check(program)
    assert judged.outcome == "UNRESOLVED"
    assert "cannot be read" in judged.explanation()["summary"]


def test_a_function_beyond_the_part_of_the_stack_that_is_read_is_unknown(check: Check) -> None:
    program = """
        // DexVerify(Henceforth(Not(And(OnStack('outer'), Expect('x', 290)))))
        static int x;
        static void again(int n)
        {
            x++;
            if (n)
                again(n - 1);
        }
        static void outer(void)
        {
            again(300);
        }
        int main(void)
        {
            outer();
            return 0;
        }
    """
    assert check(program).outcome == "UNRESOLVED"


def test_a_misspelt_variable_of_a_state_is_warned_of(check: Check) -> None:
    program = """
        // DexVerify(Henceforth(Not(ExpectState({'frames': [{'function': 'main', 'watches': {'cuont': 1}}]}))))
        int count;
        int main(void)
        {
            count++;
            return 0;
        }
    """
    judged = check(program)
    assert "'cuont'" in judged.said.out
    assert "never observable" in judged.said.out
    assert check(program, "--strict").outcome == "FAIL"


STACKS = """
    // DexVerify({formula})
    static int x;
    static void work(void)
    {
        x++;
    }
    int main(void)
    {
        work();
        return 0;
    }
"""


@pytest.mark.parametrize("atom", ["OnStack('wrok')", "ExpectState({'frames': [{'function': 'wrok'}]})"])
def test_a_misspelt_function_on_the_stack_does_not_pass(check: Check, atom: str) -> None:
    judged = check(STACKS.replace("{formula}", f"Henceforth(Not({atom}))"))
    assert judged.outcome == "UNRESOLVED"
    assert "has no function 'wrok'" in judged.explanation()["summary"]


def test_a_function_of_a_library_may_be_named(check: Check) -> None:
    program = """
        // DexVerify(Henceforth(Not(OnStack('exit'))))
        #include <stdlib.h>
        int main(void)
        {
            exit(0);
        }
    """
    assert check(program).outcome == "PASS"


def test_the_instances_of_a_template_have_its_name(check: Check) -> None:
    program = """
        // DexVerify(BoundedExistence(Entered('twice'), 2))
        // DexVerify(Henceforth(Not(In('twice'))))
        template <class T> T twice(T x)
        {
            return x + x;
        }
        int main()
        {
            return twice(2) - (int)twice(2.0);
        }
    """
    judged = check(program, name="program.cpp")
    assert judged.verdicts == ["holds", "fails"]
