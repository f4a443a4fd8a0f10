"""Two runs side by side: what is said to be lost, and what is not said because it is not certain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf, nan

import pytest

from dexverify.losses import Side, compare_runs
from dexverify.report.losses import render_losses
from dexverify.report.model import Loss, Losses, LossKind
from drivers.base import LineRange, StopPlan
from drivers.recording import Recording
from drivers.state import ABSENT, End, EndKind, Frame, Kind, Sample, Step, Value

X = Sample("x")
GONE = Value(Kind.UNREADABLE, "optimized out", type="int")
WHOLE = StopPlan((LineRange("/a.c", 1, 99),), {X: None})

Visit = tuple[int, "int | Value"]


def integer(number: int) -> Value:
    return Value(Kind.INTEGER, str(number), number, type="int")


def run(visits: Sequence[Visit], *, end: EndKind = EndKind.EXIT, threads: int = 1, sample: Sample = X) -> Recording:
    """A step at each of these lines, with this value of x."""
    recording = Recording((sample,))
    before = ABSENT
    for index, (line, given) in enumerate(visits):
        value = integer(given) if isinstance(given, int) else given
        frames = (Frame("f", "/a.c", line, address=16), Frame("main", "/a.c", 90, address=32))
        changes = {sample: value} if value != before else {}
        recording.append(Step(index, 1 + index % threads, frames, changes, entered=index == 0))
        before = value
    recording.end = End(end, 0)
    return recording


def losses(
    before: Recording,
    after: Recording,
    *,
    plan: StopPlan = WHOLE,
    uninitialised: Collection[str] = (),
    is_asked: bool = True,
) -> Losses:
    sides = (Side(before, lambda _step, _sample: True), Side(after, lambda _step, _sample: is_asked))
    return compare_runs(*sides, plan, uninitialised, "-O0")


def said(*arguments: Recording, **options: object) -> list[str]:
    """`line kind visits/of`, with what is shown and what is the reference's."""
    return [
        f"{loss.line} {loss.kind.value} {loss.visits}/{loss.of} {loss.shown} {loss.reference}"
        for loss in losses(*arguments, **options).lost  # type: ignore[arg-type]
    ]


def test_equal_runs_lose_nothing() -> None:
    visits = [(1, 0), (2, 1), (2, 2), (3, GONE)]
    found = losses(run(visits), run(visits))
    assert (found.lost, found.compared) == ((), 2)


def test_visits_are_paired_in_their_order() -> None:
    before, after = run([(2, 1), (2, 2), (3, 2)]), run([(2, 1), (3, 2), (2, 1)])
    assert said(before, after) == ["2 wrong 1/2 1 2"]


def test_unreadable_is_what_could_be_read_in_the_reference() -> None:
    before, after = run([(2, 1), (2, GONE), (2, 3)]), run([(2, GONE), (2, GONE), (2, 3)])
    assert said(before, after) == ["2 unreadable 1/3 <optimized out> 1"]


def test_out_of_scope_counts_where_it_was_looked_for() -> None:
    before, after = run([(2, 1)]), run([(2, ABSENT)])
    assert said(before, after) == ["2 unreadable 1/1 not in scope 1"]
    assert said(before, after, is_asked=False) == []


def test_an_outer_frame_may_be_another_function() -> None:
    sample = Sample("x", 1)
    before, after = run([(2, 1)], sample=sample), run([(2, ABSENT)], sample=sample)
    assert said(before, after, plan=StopPlan(WHOLE.ranges, {sample: None})) == []


def test_a_line_without_visits_is_unreachable_whatever_is_read_there() -> None:
    before, after = run([(1, 1), (2, 1), (2, GONE), (9, 1)]), run([(1, 1), (9, 1), (7, 1)])
    assert said(before, after) == ["2 unreachable 2/2  None"]


def test_of_a_line_that_is_visited_more_or_less_often_no_value_is_wrong() -> None:
    assert said(run([(2, 1), (2, 2)]), run([(2, 7)])) == []
    assert said(run([(2, 1)]), run([(2, 7), (2, 8)])) == []
    assert losses(run([(2, 1), (2, 2)]), run([(2, 7)])).compared == 1


def test_of_a_line_that_is_visited_more_or_less_often_unreadable_is_what_never_is_in_the_reference() -> None:
    assert said(run([(2, 1), (2, 2), (2, 3)]), run([(2, GONE), (2, 3)])) == ["2 unreadable 1/2 <optimized out> None"]
    found = losses(run([(2, 1), (2, GONE), (2, 3)]), run([(2, GONE), (2, 3)]))
    assert (found.lost, found.compared) == ((), 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (run([(2, 1), (2, 2)], threads=2), run([(2, 2), (2, 1)], threads=2)),
        (run([(2, 1), (2, 2)]), run([(2, 2), (2, 1)], threads=2)),
        (run([(2, 1), (2, 2)], end=EndKind.FINISHED), run([(2, 2), (2, 1)], end=EndKind.FINISHED)),
    ],
)
def test_where_the_order_or_number_of_visits_means_nothing_no_value_is_wrong(
    before: Recording, after: Recording
) -> None:
    assert said(before, after) == []


def test_only_what_the_test_reads_is_compared() -> None:
    before, after = run([(2, 1), (3, 1), (50, 1)]), run([(2, 5), (3, 5)])
    lines = (LineRange("/a.c", 3, 4),)
    assert said(before, after, plan=StopPlan((LineRange("/a.c", 1, 9),), {X: lines})) == ["3 wrong 1/1 5 1"]


def test_a_variable_counts_from_its_first_value_on() -> None:
    before = run([(1, 77), (2, 77), (3, 5), (4, 5)])
    after = run([(1, 13), (2, GONE), (3, GONE), (4, 6)])
    assert said(before, after, uninitialised={"x"}) == ["3 unreadable 1/1 <optimized out> 5", "4 wrong 1/1 6 5"]
    assert len(said(before, after, uninitialised={"y"})) == 4


def test_each_activation_has_its_own_variable() -> None:
    before = run([(1, 77), (2, 5)])
    again = Step(2, 1, (Frame("f", "/a.c", 3, address=16),), {}, entered=True)
    before.append(again)
    after = run([(1, 77), (2, 5)])
    after.append(Step(2, 1, again.frames, {X: GONE}, entered=True))
    assert said(before, after, uninitialised={"x"}) == []
    assert said(before, after) == ["3 unreadable 1/1 <optimized out> 5"]


def test_a_member_is_no_variable() -> None:
    sample = Sample("p->x")
    plan = StopPlan(WHOLE.ranges, {sample: None})
    before, after = run([(1, 77)], sample=sample), run([(1, 78)], sample=sample)
    assert said(before, after, plan=plan, uninitialised={"x"}) == ["1 wrong 1/1 78 77"]
    assert said(before, after, plan=plan, uninitialised={"p"}) == []


def test_a_structure_that_is_given_its_values_one_by_one_never_counts() -> None:
    def point(x: int, y: int) -> Value:
        return Value(Kind.AGGREGATE, f"{{x = {x}, y = {y}}}", type="struct point")

    before, after = run([(1, point(7, 7)), (2, point(1, 7))]), run([(1, point(8, 8)), (2, point(1, 8))])
    assert said(before, after, uninitialised={"x"}) == []
    assert len(said(before, after)) == 2


def pointer(number: int, content: str | None = None) -> Value:
    return Value(Kind.POINTER, hex(number), number, content, "char *" if content is not None else "int *")


def aggregate(text: str) -> Value:
    return Value(Kind.AGGREGATE, text, type="struct s")


def floating(number: float) -> Value:
    return Value(Kind.FLOAT, str(number), number, type="double")


@pytest.mark.parametrize(
    ("before", "after", "is_wrong"),
    [
        (pointer(0x1000), pointer(0x2000), False),
        (pointer(0), pointer(0x2000), True),
        (pointer(0x1000), pointer(0), True),
        (pointer(0), pointer(0), False),
        (pointer(0x1000, "a"), pointer(0x2000, "a"), False),
        (pointer(0x1000, "a"), pointer(0x2000, "b"), True),
        (aggregate("{p = 0x5555aa, n = 1}"), aggregate("{p = 0x401020, n = 1}"), False),
        (aggregate("{p = 0x5555aa, n = 1}"), aggregate("{p = 0x401020, n = 2}"), True),
        (aggregate("{p = 0x5555aa, n = 1}"), aggregate("{p = 0x0, n = 1}"), True),
        (aggregate("{f = 0x5555aa <go>, n = 1}"), aggregate("{f = 0x401020 <go+4>, n = 1}"), False),
        (floating(nan), floating(nan), False),
        (floating(inf), floating(inf), False),
        (floating(0.5), floating(0.25), True),
        (integer(97), Value(Kind.CHARACTER, "97 'a'", 97, type="char"), False),
        (integer(97), aggregate("{n = 97}"), False),
    ],
)
def test_what_is_certainly_another_value(before: Value, after: Value, is_wrong: bool) -> None:
    found = losses(run([(2, before)]), run([(2, after)])).lost
    assert [loss.kind for loss in found] == [LossKind.WRONG] * is_wrong


def test_a_value_of_which_a_part_is_gone_is_unreadable() -> None:
    before, after = aggregate("{x = 1, y = 2}"), aggregate("{x = 1, y = <optimized out>}")
    assert said(run([(2, before)]), run([(2, after)])) == [
        "2 unreadable 1/1 {x = 1, y = <optimized out>} {x = 1, y = 2}"
    ]
    assert said(run([(2, after)]), run([(2, before)])) == []


def test_the_table_tells_neighbouring_lines_as_one() -> None:
    lost = (
        Loss("/a.c", 3, LossKind.UNREACHABLE, 1, 1),
        Loss("/a.c", 4, LossKind.UNREACHABLE, 1_999, 1_999),
        Loss("/a.c", 5, LossKind.WRONG, 1, 2, "x", "7", "8"),
        Loss("/a.c", 6, LossKind.UNREACHABLE, 1, 1),
        Loss("/b.c", 7, LossKind.UNREACHABLE, 2, 2),
        Loss("/b.c", 9, LossKind.UNREADABLE, 3, 3, "y + 1", "<optimized out>"),
    )
    assert list(render_losses(Losses("-O0", 2, lost))) == [
        "  lost against -O0 (2 expressions on lines compared):",
        "    a.c:3-4         unreachable  2,000 visits   in the reference",
        "    a.c:5    x      wrong        1 of 2 visits  7 where it is 8",
        "    a.c:6           unreachable  1 visit        in the reference",
        "    b.c:7           unreachable  2 visits       in the reference",
        "    b.c:9    y + 1  unreadable   3 of 3 visits  <optimized out>",
    ]
