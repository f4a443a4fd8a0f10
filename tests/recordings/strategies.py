"""Runs of any kind, as drivers report them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from drivers.recording import Recording
from drivers.state import ABSENT, End, EndKind, Frame, Kind, Sample, Step, Value

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates, too: debuggers print what is there
NUMBERS = st.one_of(
    st.none(), st.integers(-3, 3), st.integers(-(2**127), 2**128), st.integers(2**62, 2**64), st.floats(allow_nan=False)
)
VALUES = st.one_of(
    st.just(ABSENT),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: Value(Kind.INTEGER, str(n), n, type="long")),
    st.builds(Value, st.sampled_from(Kind), TEXT, NUMBERS, st.none() | TEXT, TEXT),
)
FRAMES = st.builds(
    Frame, st.none() | TEXT, st.none() | TEXT, st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 2**64 - 1)
)
SAMPLES = [Sample("x"), Sample("x", 1), Sample("a->b[2]"), Sample("state")]
ENDS = st.builds(
    End,
    st.sampled_from(EndKind),
    st.none() | st.integers(0, 255),
    st.none() | st.just("SIGSEGV"),
    st.text(max_size=20),
    st.lists(st.builds(Frame, st.text(max_size=5), st.text(max_size=5), st.integers(0, 99)), max_size=2).map(tuple),
    st.text(max_size=20),
)


def _steps(stacks: Sequence[tuple[Frame, ...]], values: Sequence[Value]) -> st.SearchStrategy[list[Step]]:
    return st.lists(
        st.builds(
            Step,
            st.just(0),
            st.integers(-(2**31), 2**31 - 1),
            st.sampled_from(stacks),
            st.dictionaries(st.sampled_from(SAMPLES), st.sampled_from(values), max_size=len(SAMPLES)),
            st.booleans(),
            st.integers(0, 2**16 - 1),
            st.integers(0, 2**64 - 1),
        ),
        max_size=60,
    )


def _recording(steps: list[Step], end: End) -> Recording:
    recording = Recording(tuple(SAMPLES[:2]))
    for step in steps:
        recording.append(step)
    recording.end = end
    return recording


RECORDINGS: st.SearchStrategy[Recording] = st.tuples(
    st.lists(st.lists(FRAMES, min_size=1, max_size=4).map(tuple), min_size=1, max_size=6),
    st.lists(VALUES, min_size=1, max_size=12),
).flatmap(lambda parts: st.builds(_recording, _steps(*parts), ENDS))
