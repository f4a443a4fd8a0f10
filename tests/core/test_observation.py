"""Atoms over recordings: the columns of a whole recording and the watcher of a running one say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.columns import Columns, key_of
from dexverify.observation import MAX_FRAMES, Status, reads_of, unknown_reason
from dexverify.propositions import (
    Address,
    At,
    Entered,
    Expect,
    ExpectState,
    Expression,
    FramePattern,
    In,
    Line,
    OnStack,
    Predicate,
    Returned,
    Thread,
    WatchPattern,
)
from dexverify.watcher import Watcher
from drivers.recording import Recording
from drivers.state import ABSENT, Frame, Kind, Sample, Step, Value
from ltd.formula import Atom, Formula, Or
from ltd.verdict import judge

PATH = "/a.c"
X, Y = Sample("x"), Sample("y")
OPTIMISED_OUT = Value(Kind.UNREADABLE, "optimized out")


def number(n: int) -> Value:
    return Value(Kind.INTEGER, str(n), n, type="int")


def recording_of(*steps: tuple[str, int, dict[Sample, Value]]) -> Recording:
    """Steps as (innermost function, line, changes), called from main."""
    recording = Recording((X, Y))
    for index, (function, line, changes) in enumerate(steps):
        frames = (Frame(function, PATH, line, address=900), Frame("main", PATH, 50, address=1000))
        recording.append(Step(index, 1, frames, changes, entered=index == 0))
    return recording


def statuses(
    recording: Recording, predicate: Predicate, addresses: dict[str, int | None] | None = None
) -> list[Status]:
    return [Status(code) for code in Columns(recording, addresses or {}).statuses(predicate)]


def test_a_value_is_observable_where_it_is_in_scope_and_unknown_where_it_cannot_be_read() -> None:
    recording = recording_of(
        ("f", 1, {}), ("f", 2, {X: number(3)}), ("f", 3, {}), ("f", 4, {X: OPTIMISED_OUT}), ("f", 5, {X: ABSENT})
    )
    predicate = Expect(Expression("x"), "==", 3)
    assert statuses(recording, predicate) == [
        Status.UNOBSERVABLE, Status.TRUE, Status.TRUE, Status.UNKNOWN, Status.UNOBSERVABLE,
    ]  # fmt: skip
    assert unknown_reason(predicate, [OPTIMISED_OUT], {}) == "'x': optimized out"


def test_the_trace_of_a_formula_has_the_steps_at_which_an_atom_is_observable() -> None:
    recording = recording_of(("f", 1, {}), ("f", 2, {X: number(3)}), ("f", 3, {X: ABSENT}), ("f", 4, {Y: number(1)}))
    x, y = Atom(Expect(Expression("x"), "==", 3)), Atom(Expect(Expression("y"), "==", 1))
    trace, steps = Columns(recording, {}).trace(Or((x, y)))
    assert list(steps) == [1, 3]
    assert judge(x, trace, complete=True).verdict.value == "holds"
    _, all_steps = Columns(recording, {}).trace(Or((x, Atom(In("f")))))
    assert list(all_steps) == [0, 1, 2, 3]


def test_a_state_needs_all_its_frames_and_watches() -> None:
    recording = recording_of(("f", 1, {X: number(3)}), ("g", 2, {}), ("f", 3, {X: number(4)}))
    state = ExpectState((FramePattern("f", watches=(WatchPattern(Expression("x"), 3),)), FramePattern("main")))
    assert statuses(recording, state) == [Status.TRUE, Status.FALSE, Status.FALSE]
    deeper = ExpectState((FramePattern(), FramePattern(), FramePattern()))
    assert statuses(recording, deeper) == [Status.FALSE] * 3


def test_a_state_can_name_the_column() -> None:
    recording = Recording()
    for index, column in enumerate((5, 9)):
        recording.append(Step(index, 1, (Frame("f", PATH, 1),), {}, column=column))
    assert statuses(recording, ExpectState((FramePattern("f", column=9),))) == [Status.FALSE, Status.TRUE]


def test_an_address_is_compared_once_it_is_bound() -> None:
    recording = recording_of(("f", 1, {X: Value(Kind.POINTER, "0x1010", 0x1010, type="int *")}))
    predicate = Expect(Expression("x"), "==", Address("base", 16))
    assert statuses(recording, predicate, {"base": 0x1000}) == [Status.TRUE]
    assert statuses(recording, predicate, {"base": None}) == [Status.UNKNOWN]


PREDICATES: list[Predicate] = [
    Expect(Expression("x"), "==", 1),
    Expect(Expression("x"), "<", Expression("y")),
    Expect(Expression("y")),
    At(Line(PATH, 2)),
    In("f"),
    OnStack("main"),
    Entered("g"),
    Returned("f"),
    Thread(2),
    Thread(Expression("x")),
    ExpectState((FramePattern("f", watches=(WatchPattern(Expression("y"), 1),)),)),
    ExpectState((FramePattern("f", column=1, watches=(WatchPattern(Expression("y"), 1),)),)),
]
VALUES = st.sampled_from([number(0), number(1), number(2), OPTIMISED_OUT, ABSENT])
STEPS = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.sampled_from(["f", "g", "main"]),
        st.integers(1, 3),
        st.dictionaries(st.sampled_from([X, Y]), VALUES),
        st.booleans(),
    ),
    max_size=12,
)


@given(STEPS)
def test_watching_a_run_and_judging_its_recording_agree(
    shape: list[tuple[int, str, int, dict[Sample, Value], bool]],
) -> None:
    recording = Recording((X, Y))
    formulas: list[Formula] = [Atom(predicate) for predicate in PREDICATES]
    watcher = Watcher(formulas)
    values: dict[Sample, Value] = {}
    seen: list[dict[Predicate, Status]] = []
    for index, (thread, function, line, changes, entered) in enumerate(shape):
        frames = (Frame(function, PATH, line, address=900), Frame("start", PATH, 50, address=1000))
        step = Step(index, thread, frames, changes, entered, column=line % 2)
        recording.append(step)
        values.update(changes)
        watcher.advance(step, values)
        seen.append({predicate: watcher.status_of(predicate) for predicate in PREDICATES})
    columns = Columns(recording, {})
    for predicate in PREDICATES:
        assert list(columns.statuses(predicate)) == [status[predicate] for status in seen]
        trace, _ = columns.trace(Atom(predicate))
        certain = watcher.verdicts[PREDICATES.index(predicate)]
        if certain is not None:
            assert judge(Atom(predicate), trace, complete=True).verdict is certain


@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
def test_an_empty_recording_has_no_status(predicate: Predicate) -> None:
    assert Columns(Recording(), {}).statuses(predicate) == b""
    assert isinstance(reads_of(predicate), tuple)


def test_what_is_further_out_on_a_stack_than_was_read_is_unknown() -> None:
    recording = Recording(())
    for index, depth in enumerate((3, MAX_FRAMES)):
        frames = tuple(Frame("f", PATH, 1, address=900 + i) for i in range(depth))
        recording.append(Step(index, 1, frames, {}))
    assert statuses(recording, OnStack("main")) == [Status.FALSE, Status.UNKNOWN]
    assert statuses(recording, OnStack("f")) == [Status.TRUE, Status.TRUE]
    assert str(MAX_FRAMES) in unknown_reason(OnStack("main"), (), {})


def test_the_type_of_a_watch_that_cannot_be_read_is_unknown() -> None:
    pattern = WatchPattern(Expression("x"), type_name="int")
    state = ExpectState((FramePattern(watches=(pattern,)),))
    recording = recording_of(("f", 1, {X: Value(Kind.UNREADABLE, "Cannot access memory")}))
    assert statuses(recording, state) == [Status.UNKNOWN]


def test_an_array_of_characters_is_sliced_by_its_string_alone():
    one = Value(Kind.STRING, '"tt1\\000x"', content="tt1")
    other = Value(Kind.STRING, '"tt1\\000y"', content="tt1")
    assert key_of(one) == key_of(other)
    assert str(key_of(one)) == '"tt1"'
