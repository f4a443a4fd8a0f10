"""From verdicts and the end of a run to the outcome of a test."""

from __future__ import annotations

import pytest

from dexverify.annotations.commands import ExpectEnd
from dexverify.errors import Span
from dexverify.outcome import Decided, Outcome, describe_end, describe_stack, marked, outcome_of
from drivers.state import End, EndKind, Frame
from ltd.verdict import Verdict

SPAN = Span("/a.c", 1, 1, 1, 2)
EXIT = End(EndKind.EXIT, code=0)
CRASH = End(EndKind.SIGNAL, signal="SIGSEGV", frames=(Frame(None, None, 0), Frame("f", "/src/a.c", 3)))


def outcome(verdict: Verdict, end: End, expected: ExpectEnd | None = None) -> Outcome:
    return outcome_of([("p", verdict)], end, expected, was_released=False).outcome


@pytest.mark.parametrize(
    ("verdict", "end", "result"),
    [
        (Verdict.HOLDS, EXIT, Outcome.PASS),
        (Verdict.HOLDS, End(EndKind.EXIT, code=3), Outcome.PASS),
        (Verdict.HOLDS, End(EndKind.FINISHED), Outcome.PASS),
        (Verdict.HOLDS, CRASH, Outcome.FAIL),
        (Verdict.HOLDS, End(EndKind.PANIC, message="oops"), Outcome.FAIL),
        (Verdict.HOLDS, End(EndKind.TIME_LIMIT), Outcome.TIMEOUT),
        (Verdict.HOLDS, End(EndKind.STEP_LIMIT), Outcome.UNRESOLVED),
        (Verdict.HOLDS, End(EndKind.LOST), Outcome.UNRESOLVED),
        (Verdict.FAILS, EXIT, Outcome.FAIL),
        (Verdict.FAILS, End(EndKind.TIME_LIMIT), Outcome.FAIL),
        (Verdict.FAILS, End(EndKind.LOST), Outcome.FAIL),
        (Verdict.UNKNOWN, EXIT, Outcome.UNRESOLVED),
        (Verdict.PRESUMABLY_HOLDS, End(EndKind.TIME_LIMIT), Outcome.TIMEOUT),
        (Verdict.PRESUMABLY_FAILS, End(EndKind.STEP_LIMIT), Outcome.UNRESOLVED),
        (Verdict.PRESUMABLY_HOLDS, EXIT, Outcome.UNRESOLVED),
    ],
)
def test_outcomes(verdict: Verdict, end: End, result: Outcome) -> None:
    assert outcome(verdict, end) is result


def test_one_failure_is_a_failure_whatever_else_is_unknown() -> None:
    verdicts = [("p", Verdict.UNKNOWN), ("q", Verdict.FAILS), ("r", Verdict.HOLDS)]
    decided = outcome_of(verdicts, EXIT, None, was_released=False)
    assert decided == Decided(Outcome.FAIL, "q fails")


@pytest.mark.parametrize(
    ("expected", "end", "result"),
    [
        (ExpectEnd("exit", 3, SPAN), End(EndKind.EXIT, code=3), Outcome.PASS),
        (ExpectEnd("exit", 3, SPAN), EXIT, Outcome.FAIL),
        (ExpectEnd("exit", None, SPAN), End(EndKind.EXIT, code=7), Outcome.PASS),
        (ExpectEnd("signal", "SIGSEGV", SPAN), CRASH, Outcome.PASS),
        (ExpectEnd("signal", "SIGABRT", SPAN), CRASH, Outcome.FAIL),
        (ExpectEnd("signal", None, SPAN), EXIT, Outcome.FAIL),
        (ExpectEnd("exit", 0, SPAN), End(EndKind.FINISHED), Outcome.FAIL),
        (ExpectEnd("exit", 0, SPAN), End(EndKind.TIME_LIMIT), Outcome.TIMEOUT),
    ],
)
def test_the_end_that_is_expected(expected: ExpectEnd, end: End, result: Outcome) -> None:
    assert outcome(Verdict.HOLDS, end, expected) is result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Outcome.FAIL, Outcome.XFAIL),
        (Outcome.PASS, Outcome.XPASS),
        (Outcome.UNRESOLVED, Outcome.UNRESOLVED),
        (Outcome.TIMEOUT, Outcome.TIMEOUT),
        (Outcome.ERROR, Outcome.ERROR),
    ],
)
def test_only_a_failure_is_the_expected_failure(before: Outcome, after: Outcome) -> None:
    assert marked(Decided(before), "known bug").outcome is after


def test_a_crash_says_where() -> None:
    assert describe_end(CRASH) == "SIGSEGV in f (a.c:3)"


def test_a_panic_says_who_panicked_and_by_which_way() -> None:
    stack = (
        Frame("panic", "/k/lib/kprintf.c", 87),
        Frame("badassert", "/k/lib/kprintf.c", 103),
        Frame("P", "/k/thread/synch.c", 40),
        Frame("common_exception", None, 0),
        Frame("menu", "/k/main/menu.c", 126),
    )
    end = End(EndKind.PANIC, message="Assertion failed: x", frames=stack)
    assert describe_end(end) == "panic: Assertion failed: x in P (synch.c:40)"
    assert describe_stack(end).splitlines() == [
        "the stack at the panic:",
        "  panic (kprintf.c:87)",
        "  badassert (kprintf.c:103)",
        "  P (synch.c:40)",
        "  menu (menu.c:126)",
    ]
    assert describe_end(End(EndKind.PANIC, message="m", frames=stack[:1])) == "panic: m in panic (kprintf.c:87)"
    assert describe_stack(CRASH) == ""


def test_what_exits_with_0() -> None:
    good = {outcome for outcome in Outcome if outcome.is_good}
    assert good == {Outcome.PASS, Outcome.XFAIL, Outcome.UNSUPPORTED}
