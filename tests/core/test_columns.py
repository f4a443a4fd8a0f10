"""The fast ways over a recording's columns say what the observer says at each step."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexverify.columns import Columns, key_of
from dexverify.observation import OfValues, observer_of
from dexverify.propositions import Expect, Expression
from drivers.recording import Recording
from drivers.recordings import Track, read_recordings, write_recordings
from drivers.state import ABSENT, Frame, Kind, Sample, Step, Value

PREDICATES = [
    Expect(Expression("x")),
    Expect(Expression("x"), "==", 1),
    Expect(Expression("x"), "<", 0),
    Expect(Expression("x"), ">=", 2**63),
    Expect(Expression("x"), "!=", True),
    Expect(Expression("x"), "<=", Expression("y")),
    Expect(Expression("y"), ">", Expression("x")),
    Expect(Expression("x"), "==", "1"),
    Expect(Expression("never"), "==", 1),
]


def integer(number: int) -> Value:
    return Value(Kind.INTEGER, str(number), number, type="long")


INTEGERS = [*map(integer, (-1, 0, 1, 2, 2**63 - 1, -(2**63)))]
OTHERS = [
    ABSENT, integer(2**63), Value(Kind.UNREADABLE, "optimized out"), Value(Kind.CHARACTER, "97 'a'", 97),
    Value(Kind.FLOAT, "1", 1.0), Value(Kind.POINTER, "0x1", 1), Value(Kind.ABSENT, "another one"),
]  # fmt: skip


def recordings(values: list[Value]) -> st.SearchStrategy[Recording]:
    changes = st.dictionaries(st.sampled_from([Sample("x"), Sample("y")]), st.sampled_from(values))
    return st.lists(changes, max_size=30).map(_recording)


def _recording(all_changes: list[dict[Sample, Value]]) -> Recording:
    recording = Recording((Sample("x"), Sample("y")))
    frames = (Frame("main", "/a.c", 1),)
    for index, changes in enumerate(all_changes):
        recording.append(Step(index, 1, frames, changes))
    return recording


@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
@given(recordings(INTEGERS) | recordings([*INTEGERS, ABSENT]) | recordings([*INTEGERS, *OTHERS]))
@settings(max_examples=60)
def test_a_status_is_what_the_observer_says_of_the_values_there(predicate: Expect, recording: Recording) -> None:
    observer = observer_of(predicate, {})
    assert isinstance(observer, OfValues)
    expected = bytes(
        observer.status([recording.value(sample, step) for sample in observer.reads]) for step in range(len(recording))
    )
    assert Columns(recording, {}).statuses(predicate) == expected
    assert Columns(stored(recording), {}).statuses(predicate) == expected


@given(recordings([*INTEGERS, *OTHERS]))
@settings(max_examples=60)
def test_a_key_is_that_of_the_value_there(recording: Recording) -> None:
    columns = Columns(recording, {})
    values = [recording.value(Sample("x"), step) for step in range(len(recording))]
    assert columns._keys(Expression("x"), range(len(recording))) == [key_of(value) for value in values]
    unreadable = [(step, value) for step, value in enumerate(values) if value.kind is Kind.UNREADABLE]
    assert columns.unreadable_key(Expression("x")) == (unreadable[0] if unreadable else None)
    assert columns.is_never_observable(Expression("x")) == all(value.kind is Kind.ABSENT for value in values)


def stored(recording: Recording) -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        write_recordings(path, b"", [Track(recording)])
        return read_recordings(path).recordings[0]
