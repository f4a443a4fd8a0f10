"""What DExTer, with its branch for temporal properties, was measured to be slow at: a test for each row."""

import pytest

# The rows about speed. The limits are a small part of what DExTer takes, and many times what is needed here, so
# that they tell the order of growth and not the load of the machine.


@pytest.mark.timeout(60)
def test_speed_of_response(check):
    """G(p → F q), p always, q last, 10,000 steps.

    DExTer: 24.5 s (quadratic).
    """
    judged = check("""
        int main(void) {
            int x = 0;
            while (x < 5000)
                x++;
            return 0;
        }
        // DexVerify(Henceforth(Implies(Expect('x', '>=', 0), Eventually(Expect('x', 5000)))))
        // DexLimitSteps(from_line=3, to_line=5)
    """, "--time-report")  # fmt: skip
    assert judged.test["steps"] >= 10_000
    assert (judged.outcome, judged.verdicts) == ("PASS", ["holds"])
    assert _judging_seconds(judged.said.out) < 2


@pytest.mark.timeout(60)
def test_speed_of_nested_until(check):
    """p U (q U (r U s)), s never, 400 steps.

    DExTer: 8.3 s (cubic).
    """
    judged = check("""
        int main(void) {
            int x = 0;
            while (x < 200)
                x++;
            return 0;
        }
        // DexVerify(Until(Expect('x', '>=', 0), Until(Expect('x', '<', 999),
        //           Until(Expect('x', '!=', -1), Expect('x', 999)))))
    """, "--time-report")  # fmt: skip
    assert judged.test["steps"] >= 400
    assert (judged.outcome, judged.verdicts) == ("FAIL", ["fails"])
    assert _judging_seconds(judged.said.out) < 1


@pytest.mark.timeout(60)
def test_speed_of_ordered(check):
    """F Ordered(5), last never, 320 steps.

    DExTer: 69.7 s (fifth power).
    """
    judged = check("""
        int main(void) {
            int x = 0;
            while (x < 160)
                x++;
            return 0;
        }
        // DexVerify(Eventually(Ordered(Expect('x'), Expect('x', '>', 1), Expect('x', '>', 2),
        //           Expect('x', '<', 200), Expect('x', 999))))
    """, "--time-report")  # fmt: skip
    assert judged.test["steps"] >= 320
    assert (judged.outcome, judged.verdicts) == ("FAIL", ["fails"])
    assert _judging_seconds(judged.said.out) < 1


@pytest.mark.timeout(60)
def test_speed_of_a_loop_with_three_watches(check):
    """A loop of 2,005 steps with 3 watches, lldb.

    DExTer: 81–230 steps/s; a 7-step test takes 1.7 s.
    """
    judged = check("""
        int main(void) {
            int a = 0, b = 0, c = 0;
            for (int i = 0; i < 500; i++) {
                a++;
                b += a;
                c ^= b;
            }
            return 0;
        }
        // DexWatch('a', 'b', 'c', from_line=1, to_line=8)
        // DexVerify(Henceforth(Implies(Expect('a', 500), Eventually(Expect('b', 125250)))))
    """, "--time-report")  # fmt: skip
    assert judged.test["steps"] == 2003  # without the closing brace, which no DexWatch names
    assert judged.outcome == "PASS"
    # At DExTer's best rate these steps take 8.7 s.
    assert _stage_seconds(judged.said.out, "record") < 8.7


def _judging_seconds(out: str) -> float:
    return _stage_seconds(out, "judge")


def _stage_seconds(out: str, stage: str) -> float:
    (line,) = (line for line in out.splitlines() if line.split()[:1] == [stage])
    return float(line.split()[1])
