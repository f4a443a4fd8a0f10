"""A test that shares its run sees the steps and values that it would have seen alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from dexverify.share import Share, joined
from drivers.base import LineRange, StopPlan
from drivers.state import ABSENT, Frame, Kind, Sample, Step, Value

FILES = ("/a.c", "/b.c")
SAMPLES = (Sample("x"), Sample("y"), Sample("z", 1))


@dataclass(frozen=True)
class Stop:
    """What a program does: it is at a line, in an activation, with values."""

    path: str
    line: int
    activation: int
    values: tuple[int, ...]


stops = st.builds(
    Stop, st.sampled_from(FILES), st.integers(1, 4), st.integers(1, 2), st.tuples(*[st.integers(0, 2)] * len(SAMPLES))
)
ranges = st.builds(
    lambda path, first, length: LineRange(path, first, first + length),
    st.sampled_from(FILES),
    st.integers(1, 4),
    st.integers(0, 2),
)
some_ranges = st.lists(ranges, min_size=1, max_size=2).map(tuple)


@st.composite
def plans(draw: st.DrawFn) -> StopPlan:
    places = draw(some_ranges)
    chosen = draw(st.lists(st.sampled_from(SAMPLES), unique=True))
    return StopPlan(places, {sample: draw(st.none() | some_ranges) for sample in chosen})


def drive(program: Sequence[Stop], plan: StopPlan) -> Iterator[Step]:
    """What a driver yields for a plan; a new activation begins wherever the activation's number changes."""
    now: dict[Sample, Value] = {}
    entered, before, index = False, None, 0
    for stop in program:
        entered = entered or (stop.path, stop.activation) != before
        before = (stop.path, stop.activation)
        place = (stop.path, stop.line)
        if not any(place in item for item in plan.ranges):
            continue
        values = {}
        for sample, within in plan.samples.items():
            is_read = within is None or any(place in item for item in within)
            number = stop.values[SAMPLES.index(sample)]
            values[sample] = Value(Kind.INTEGER, str(number), number) if is_read else ABSENT
        changes = {sample: value for sample, value in values.items() if now.get(sample, ABSENT) != value}
        now.update(values)
        frame = Frame(f"f of {stop.path}", stop.path, stop.line, address=stop.activation)
        yield Step(index, 0, (frame,), changes, entered)
        entered, index = False, index + 1


def numbered(steps: Sequence[Step]) -> list[Step]:
    return [replace(step, index=index) for index, step in enumerate(steps)]


def without_entries(steps: Sequence[Step]) -> list[Step]:
    return [replace(step, entered=False) for step in steps]


@given(st.lists(stops, max_size=20), st.lists(plans(), min_size=1, max_size=3))
def test_shared_is_as_alone(program: list[Stop], several: list[StopPlan]) -> None:
    together = list(drive(program, joined(several)))
    for plan in several:
        share = Share(plan)
        mine = numbered([step for whole in together if (step := share.take(whole)) is not None])
        assert without_entries(mine) == without_entries(list(drive(program, plan)))


def frame(line: int, activation: int = 1) -> tuple[Frame, ...]:
    return (Frame("f", "/a.c", line, address=activation),)


def test_an_entry_on_another_tests_line_is_told_at_the_first_line_of_mine() -> None:
    share = Share(StopPlan((LineRange("/a.c", 2, 3),)))
    steps = [
        Step(0, 0, frame(1), entered=True),
        Step(1, 0, frame(2, activation=2)),  # another activation of f
        Step(2, 0, frame(2)),
        Step(3, 0, frame(3)),
    ]
    mine = [step for whole in steps if (step := share.take(whole)) is not None]
    assert [step.entered for step in mine] == [False, True, False]


def test_what_one_test_reads_everywhere_is_read_at_its_own_lines_only() -> None:
    mine, other = LineRange("/a.c", 1, 2), LineRange("/b.c", 1, 9)
    wanted = joined(
        [StopPlan((mine,), {Sample("x"): None}), StopPlan((other,), {Sample("y"): (LineRange("/b.c", 3, 3),)})]
    )
    assert wanted.ranges == (mine, other)
    assert wanted.samples == {Sample("x"): (mine,), Sample("y"): (LineRange("/b.c", 3, 3),)}
