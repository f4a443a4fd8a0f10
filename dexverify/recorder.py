"""Driving a session to its end: every step through the windows into the recordings, the watchers looking on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from dexverify.annotations.commands import Annotations
from dexverify.observation import address_of
from dexverify.share import Share
from dexverify.watcher import Watcher
from dexverify.window import Decision, Window
from drivers.base import Session
from drivers.recording import Recording
from drivers.state import ABSENT, End, EndKind, Frame, Sample, Step, Value
from ltd.verdict import Verdict


@dataclass(slots=True)
class Run:
    """A recording, and what the run told besides its steps.

    `is_prefix`: steps may have followed that were not recorded. `addresses`: what DexDeclareAddress bound.
    `decided_at`: the number of steps after which every proposition was certain, and recording ended. `watched`: the
    expressions that DexWatch names, which the user wants to see. `strangers`: functions that formulas name and the
    program has not (see `places.strangers`). `unseen_conditions`: those of DexFinishTest and its like that were asked
    for and never observable: what they were to decide was decided by a misspelling, perhaps.
    """

    recording: Recording
    is_prefix: bool = False
    addresses: dict[str, int | None] = field(default_factory=dict)
    decided_at: int | None = None
    watched: tuple[str, ...] = ()
    strangers: frozenset[str] = frozenset()
    unseen_conditions: tuple[str, ...] = ()


class State(Enum):
    """Where a test's recording stands."""

    RECORDING = "recording"
    FINISHED = "DexFinishTest was reached"
    HELD = "every proposition is certain, and none fails"
    FAILED = "every proposition is certain, and one fails"


class Recorder:
    """What one test keeps of a run. With a `share`, others use the run as well.

    With a watcher, recording ends as soon as every proposition is certain.
    """

    def __init__(
        self, annotations: Annotations, samples: tuple[Sample, ...], watcher: Watcher | None, share: Share | None = None
    ) -> None:
        self.run = Run(
            Recording(samples),
            addresses={address.name: None for address in annotations.addresses},
            watched=tuple(expression.text for watch in annotations.watches for expression in watch.expressions),
        )
        self.state = State.RECORDING
        self._watcher = watcher
        self._share = share
        self._finishes = bool(annotations.finishes)
        self._window, self._binder = Window(annotations), _Binder(annotations, self.run.addresses)
        self._values: dict[Sample, Value] = {}
        self._pending: dict[Sample, Value] = {}

    def take(self, step: Step) -> bool:
        """Record the next step of the run, or what of it is this test's; whether more is wanted."""
        if self._share is not None:
            mine = self._share.take(step)
            if mine is None:
                return True
            step = mine
        recording, values, pending = self.run.recording, self._values, self._pending
        values.update(step.changes)
        self._binder.see(step, values)
        if not self._window.is_open:
            decision = self._window.decide(step, values)
            if decision is Decision.SKIP:
                pending.update(step.changes)
                return True
            if pending:
                step = replace(step, changes=_differences(recording, values, {*pending, *step.changes}))
                pending.clear()
            if decision is Decision.FINISH:
                recording.append(step)
                self.state = State.FINISHED
                return False
        recording.append(step)
        if self._watcher is not None and self._watcher.advance(step, values):
            self.run.decided_at, self.run.is_prefix = len(recording), True
            if Verdict.FAILS in self._watcher.verdicts:
                self.state = State.FAILED
            elif not self._finishes:
                self.state = State.HELD
            self._watcher = None
        return self.state is State.RECORDING

    def conclude(self, end: End) -> None:
        """The run has ended, as `end` says; for a test whose recording ended before, it ended then."""
        match self.state:
            case State.FINISHED:
                end = End(EndKind.FINISHED, output=end.output)
            case State.FAILED:
                end = End(EndKind.DECIDED, output=end.output)
        run = self.run
        run.recording.end = end
        run.unseen_conditions = tuple(self._window.unseen)
        run.is_prefix = run.is_prefix or not end.is_complete


def record(session: Session, recorders: Sequence[Recorder], aliases: Mapping[str, str]) -> None:
    """Drive the session to its end, however that comes, and keep every step that was seen.

    It ends early when no recorder wants more: the program is killed, unless all that a test claims is certain and
    holds. Then it is left to run to its own end, since how it ends is part of the outcome.
    """
    recording = list(recorders)
    for step in _with_paths(session, aliases):
        still = [recorder for recorder in recording if recorder.take(step)]
        if len(still) < len(recording):
            recording = still
            if not recording and _end(session, {recorder.state for recorder in recorders}):
                break
    for recorder in recorders:
        recorder.conclude(session.end)


def _end(session: Session, states: set[State]) -> bool:
    """Nothing more is to be recorded. Returns whether there is nothing to wait for, either."""
    if State.HELD in states:
        session.release()
        return False
    if State.FINISHED in states:
        session.finish()
    else:
        session.stop()
    return True


class _Binder:
    """Binds each declared address when its line is stepped on, after it let pass as many steps as it is to."""

    def __init__(self, annotations: Annotations, addresses: dict[str, int | None]) -> None:
        self._open = {address: address.hit_count for address in annotations.addresses}
        self._addresses = addresses

    def see(self, step: Step, values: Mapping[Sample, Value]) -> None:
        if not self._open:
            return
        frame = step.frames[0]
        for address, left in list(self._open.items()):
            if (frame.path, frame.line) != (address.line.path, address.line.line):
                continue
            self._open[address] = left - 1
            if left <= 0:
                del self._open[address]
                self._addresses[address.name] = address_of(values.get(Sample(address.expression.text), ABSENT))


def _with_paths(session: Session, aliases: Mapping[str, str]) -> Iterator[Step]:
    """The steps, with the binary's names for the watched files turned into ours."""
    if not aliases:
        yield from session
        return
    known: dict[tuple[Frame, ...], tuple[Frame, ...]] = {}
    for step in session:
        frames = known.get(step.frames)
        if frames is None:
            frames = tuple(replace(f, path=aliases.get(f.path, f.path) if f.path else None) for f in step.frames)
            known[step.frames] = frames
        yield replace(step, frames=frames)


def _differences(recording: Recording, values: Mapping[Sample, Value], samples: set[Sample]) -> dict[Sample, Value]:
    """What of these samples is not what it was at the last recorded step."""
    last = len(recording) - 1
    before = {sample: recording.value(sample, last) if last >= 0 else ABSENT for sample in samples}
    return {sample: values[sample] for sample in samples if values[sample] != before[sample]}
