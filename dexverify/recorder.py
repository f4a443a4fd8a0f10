"""Driving a session to its end: every step through the window into the recording, the watchers looking on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dexverify.annotations.commands import Annotations
from dexverify.observation import address_of
from dexverify.watcher import Watcher
from dexverify.window import Decision, Window
from drivers.base import Session
from drivers.recording import Recording
from drivers.state import ABSENT, Frame, Sample, Step, Value
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


def record(
    session: Session,
    annotations: Annotations,
    samples: tuple[Sample, ...],
    watcher: Watcher | None,
    aliases: Mapping[str, str],
) -> Run:
    """Drive the session to its end, however that comes, and keep every step that was seen.

    With a watcher, the run ends as soon as every proposition is certain: the program is killed when one of them
    fails, and left to run to its own end when all hold, since how it ends is part of the outcome.
    """
    recording = Recording(samples)
    run = Run(
        recording,
        addresses={address.name: None for address in annotations.addresses},
        watched=tuple(expression.text for watch in annotations.watches for expression in watch.expressions),
    )
    window, binder = Window(annotations), _Binder(annotations, run.addresses)
    values: dict[Sample, Value] = {}
    pending: dict[Sample, Value] = {}
    for step in _with_paths(session, aliases):
        values.update(step.changes)
        binder.see(step, values)
        if not window.is_open:
            decision = window.decide(step, values)
            if decision is Decision.SKIP:
                pending.update(step.changes)
                continue
            if pending:
                step = replace(step, changes=_differences(recording, values, {*pending, *step.changes}))
                pending.clear()
            if decision is Decision.FINISH:
                recording.append(step)
                session.finish()
                break
        recording.append(step)
        if watcher is not None and watcher.advance(step, values):
            run.decided_at, run.is_prefix = len(recording), True
            if Verdict.FAILS in watcher.verdicts:
                session.stop()
                break
            if not annotations.finishes:
                session.release()
            watcher = None
    recording.end = session.end
    run.unseen_conditions = tuple(window.unseen)
    run.is_prefix = run.is_prefix or not recording.end.is_complete
    return run


class _Binder:
    """Binds each declared address when its line has been stepped on often enough."""

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
            # As in DExTer, 0 means the first time.
            if left <= 1:
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
