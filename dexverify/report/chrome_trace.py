"""`--chrome-trace`: the runs in Chrome's trace event format, which Perfetto, speedscope and chrome://tracing open.

A test is a process, a thread a track. One step is one microsecond: the activations of functions are slices, as far as
the steps show them, and each step is an instant with the values that changed there. Below them is a track for each
proposition and for each atom of it, with a slice wherever it is true. (The format: "Trace Event Format", Google.)
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby, islice, repeat
from operator import itemgetter
from threading import Lock
from typing import Any, TypeAlias

import msgspec

from dexverify.columns import Columns
from dexverify.judged import Judged
from dexverify.judging import Proposition
from dexverify.observation import Status
from dexverify.recorder import Run
from dexverify.report.files import created
from dexverify.report.model import TestResult, place_of
from dexverify.report.outputs import Output
from dexverify.report.text import one_line
from dexverify.table import label, shown
from dexverify.threads import THREAD_NAME, shown_name
from drivers.recording import Recording
from drivers.state import Frame
from ltd.columns import unpack
from ltd.formula import ForEach, Formula, predicates
from ltd.verdict import judge

_Event: TypeAlias = "dict[str, Any]"
_Span: TypeAlias = "tuple[int, int]"  # from one step up to, not including, another
_IS_TRUE = bytes.maketrans(bytes(Status), b"0100")
_BATCH = 10_000  # events


class ChromeTrace(Output):
    """Each test's events go to a temporary file once it is judged: those of all tests may be more than memory holds."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._events = tempfile.TemporaryFile()  # noqa: SIM115 - until `close`
        self._lock = Lock()
        self._tests = 0

    def observe(self, judged: Judged) -> None:
        with self._lock:
            self._tests += 1
            events = events_of(judged, self._tests)
            try:
                while batch := list(islice(events, _BATCH)):
                    self._events.write(b",\n" if self._events.tell() else b"")
                    self._events.write(b",\n".join(map(msgspec.json.encode, batch)))
            except OSError:
                os.ftruncate(self._events.fileno(), 0)  # the disk is full, and the tests to come need it
                raise

    def finish(self, results: Sequence[TestResult]) -> None:  # noqa: ARG002 - of whatever ran
        self._events.seek(0)
        with created(self._path) as stream:
            stream.write(b'{"traceEvents":[\n')
            shutil.copyfileobj(self._events, stream)
            stream.write(b"\n]}\n")

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is still in its buffer
            self._events.close()


def events_of(judged: Judged, process: int) -> Iterator[_Event]:
    """The events of one test."""
    run = judged.run
    yield _named("process_name", process, 0, judged.result.label)
    yield from _steps(run.recording, process)
    columns = Columns(run.recording, run.addresses)
    for number, (category, name, spans) in enumerate(_lanes(run, columns, judged.propositions)):
        same = {"cat": category, "name": one_line(name), "pid": process, "tid": 0, "id": f"{process}.{number}"}
        for begin, end in spans:
            yield {"ph": "b", "ts": begin, **same}
            yield {"ph": "e", "ts": end, **same}


def _named(what: str, process: int, thread: int, name: str) -> _Event:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": one_line(name)}}


@dataclass(slots=True)
class _Track:
    """What is known of one thread: its activations, the outermost first, and its last step."""

    number: int
    open: list[tuple[str, int]] = field(default_factory=list)
    frames: tuple[Frame, ...] = ()
    last: int = 0

    def advance(self, step: int, frames: tuple[Frame, ...], *, entered: bool) -> Iterator[_Event]:
        """Ends the activations that are over, right after this thread's last step, and begins the new ones."""
        if frames is not self.frames or entered:
            shape = [(frame.function or "??", frame.address) for frame in reversed(frames)]
            same = 0
            while same < min(len(shape), len(self.open)) and shape[same] == self.open[same]:
                same += 1
            if entered and same == len(shape):
                same -= 1  # another activation where an earlier one of the same function stood
            yield from self.end(same)
            yield from ({"ph": "B", "name": one_line(name), "ts": step} for name, _ in shape[same:])
            self.open, self.frames = shape, frames
        self.last = step

    def end(self, kept: int = 0) -> Iterator[_Event]:
        yield from ({"ph": "E", "ts": self.last + 1} for _ in self.open[kept:])


def _steps(recording: Recording, process: int) -> Iterator[_Event]:
    tracks: dict[str, _Track] = {}
    places = [one_line(place_of(frames[0].path, frames[0].line)) for frames in recording.stacks]
    thread_name = ""
    for step, values in enumerate(_changes(recording)):
        thread_name = values.get(label(THREAD_NAME), thread_name)
        name = thread_name or f"thread {recording.threads[step]}"
        track = tracks.get(name)
        if track is None:
            track = tracks[name] = _Track(len(tracks) + 1)
            yield _named("thread_name", process, track.number, name)
        frames = recording.frames(step)
        ids = {"pid": process, "tid": track.number}
        for event in track.advance(step, frames, entered=bool(recording.entered[step])):
            yield event | ids
        yield {
            "ph": "i",
            "s": "t",
            "name": places[recording.stack_ids[step]],
            "ts": step,
            **ids,
            "args": {"step": step, **values},
        }
    for track in tracks.values():
        for event in track.end():
            yield event | {"pid": process, "tid": track.number}


def _changes(recording: Recording) -> Iterator[dict[str, str]]:
    """For each step the values that changed at it, as text. Of the steps nothing is kept."""
    streams = [
        zip(changes.steps, repeat(number), changes.ids, strict=False)
        for number, changes in enumerate(recording.changes.values())
    ]
    names = [label(sample) for sample in recording.samples]
    texts: dict[tuple[bool, int], str] = {}

    def text(name: str, number: int) -> str:
        key = (name == label(THREAD_NAME), number)
        if key not in texts:
            value = recording.pool[number]
            texts[key] = one_line(shown_name(value) if key[0] else shown(value))
        return texts[key]

    groups = groupby(merge(*streams), key=itemgetter(0))
    pending = next(groups, None)
    for step in range(len(recording)):
        if pending is None or pending[0] != step:
            yield {}
            continue
        yield {names[number]: text(names[number], each) for _, number, each in pending[1]}
        pending = next(groups, None)


def _lanes(
    run: Run, columns: Columns, propositions: Sequence[Proposition]
) -> Iterator[tuple[str, str, Iterator[_Span]]]:
    """A category, a name, and where that is true: each proposition, and after it those of its atoms that are new."""
    everywhere, seen = range(len(run.recording)), set[Hashable]()
    for proposition in propositions:
        if proposition.formula is None:
            continue
        yield "proposition", proposition.name, _truth(run, columns, proposition.formula)
        for predicate in predicates(proposition.formula):
            if predicate not in seen:
                seen.add(predicate)
                flags = columns.statuses(predicate).translate(_IS_TRUE)
                yield "atom", str(predicate), _spans(flags, everywhere, len(everywhere))


def _truth(run: Run, columns: Columns, formula: Formula) -> Iterator[_Span]:
    """From a step that the formula looks at to the next one, it is what it was there.

    A `ForEach` is told for the one slice that decided.
    """
    trace, steps = columns.trace(formula)
    judgement = judge(formula, trace, complete=not run.is_prefix)
    length = judgement.trace.length
    if not length or isinstance(judgement.formula, ForEach):  # no slice
        return iter(())
    flags = unpack(judgement.evaluate().of(judgement.formula).low, length)
    return _spans(flags, [steps[position] for position in judgement.positions], len(run.recording))


def _spans(flags: bytes, steps: Sequence[int], end: int) -> Iterator[_Span]:
    """Where the flags are b'1': from the step of one of them up to that of another, or to the end of the run."""
    position = flags.find(b"1")
    while position >= 0:
        until = flags.find(b"0", position)
        yield steps[position], steps[until] if until >= 0 else end
        position = flags.find(b"1", until) if until >= 0 else -1
