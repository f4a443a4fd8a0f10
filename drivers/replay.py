"""A recording, driven again: a driver that needs no program and no debugger.

It yields what the plan asks for of what was recorded. What was not recorded is not there: a line that was not watched
has no steps, a sample that was not read is ABSENT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from drivers.base import Launch, Limits, LineRange, StopPlan
from drivers.recording import Recording
from drivers.state import ABSENT, End, EndKind, Sample, Step, Value


class ReplayDriver:
    """Implements `drivers.base.Driver`."""

    name = "replay"

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    def version(self) -> str:
        return f"a recording of {len(self.recording):,} steps"

    def prepare(self) -> None:
        """There is nothing to do beforehand."""

    def close(self) -> None:
        """There is nothing to undo."""

    def launch(self, launch: Launch, plan: StopPlan, limits: Limits) -> ReplaySession:  # noqa: ARG002 - was recorded
        return ReplaySession(self.recording, plan, limits)


class ReplaySession:
    """Implements `drivers.base.Session`. Of the limits, the number of steps counts."""

    notes: tuple[str, ...] = ()

    def __init__(self, recording: Recording, plan: StopPlan, limits: Limits) -> None:
        self._recording, self._plan, self._limits = recording, plan, limits
        self._end: End | None = None
        self._is_released = False
        self._now: dict[Sample, Value] = {}  # as recorded
        self._shown: dict[Sample, Value] = {}  # as yielded

    def __enter__(self) -> ReplaySession:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._end is None:
            self.stop()

    def __iter__(self) -> Iterator[Step]:
        count = 0
        for recorded in self._recording.steps():
            self._now.update(recorded.changes)
            frame = recorded.frames[0]
            place = (frame.path or "", frame.line)
            if not any(place in item for item in self._plan.ranges):
                continue
            if count >= self._limits.steps:
                message = f"{count} steps were recorded"
                self._end = End(EndKind.STEP_LIMIT, message=message, output=self._recording.end.output)
                return
            yield replace(recorded, index=count, changes=self._changes(place))
            count += 1
            if self._end is not None:
                return
            if self._is_released:
                break
        self._end = self._recording.end

    def _changes(self, place: tuple[str, int]) -> dict[Sample, Value]:
        changes = {}
        for sample, within in self._plan.samples.items():
            value = self._now.get(sample, ABSENT) if within is None or _is_in(place, within) else ABSENT
            if self._shown.get(sample, ABSENT) != value:
                self._shown[sample] = changes[sample] = value
        return changes

    def finish(self) -> None:
        """The end is FINISHED. No more steps are yielded."""
        self._end = self._end or End(EndKind.FINISHED)

    def stop(self) -> None:
        """The end is DECIDED. No more steps are yielded."""
        self._end = self._end or End(EndKind.DECIDED)

    def release(self) -> None:
        """No further steps; the end is how the recording ended."""
        self._is_released = True

    @property
    def end(self) -> End:
        """Raises RuntimeError while the run is not over."""
        if self._end is None:
            raise RuntimeError("the run is not over: iterate to the end, or stop it")
        return self._end


def _is_in(place: tuple[str, int], ranges: tuple[LineRange, ...]) -> bool:
    return any(place in item for item in ranges)
