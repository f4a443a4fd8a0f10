"""One test's share of a run that several tests are observed in: the steps and values it would have had alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.base import LineRange, StopPlan
from drivers.state import ABSENT, Sample, Step, Value

_Place = tuple[str, int]


def joined(plans: Sequence[StopPlan]) -> StopPlan:
    """The plan that stops wherever one of these does, and reads whatever one of them reads there."""
    ranges = tuple(dict.fromkeys(item for plan in plans for item in plan.ranges))
    samples: dict[Sample, tuple[LineRange, ...] | None] = {}
    for plan in plans:
        for sample, within in plan.samples.items():
            # What one test reads on some lines only is read at all of its lines where another one wants that.
            mine = plan.ranges if within is None else within
            samples[sample] = tuple(dict.fromkeys((*(samples.get(sample) or ()), *mine)))
    return StopPlan(ranges, samples)


class Share:
    """Takes the steps of the whole run in their order, and gives those of one test."""

    def __init__(self, plan: StopPlan) -> None:
        self._plan = plan
        self._places: dict[_Place, frozenset[Sample] | None] = {}
        self._read: dict[Sample, Value] = {}  # as the driver reads them
        self._seen: dict[Sample, Value] = {}  # as the test saw them at its last step
        self._stale: set[Sample] = set()
        self._entered: set[tuple[str | None, int]] = set()

    def take(self, step: Step) -> Step | None:
        """The step as the test sees it; None for one at a place that it does not watch."""
        frame = step.frames[0]
        changed = {sample: value for sample, value in step.changes.items() if sample in self._plan.samples}
        self._read.update(changed)
        self._stale.update(changed)
        activation = (frame.function, frame.address)
        if step.entered:
            self._entered.add(activation)
        hidden = self._hidden((frame.path or "", frame.line))
        if hidden is None:
            return None
        # An activation's first step may be one of another test's lines.
        is_entered = activation in self._entered
        self._entered.discard(activation)
        changes = {}
        for sample in self._stale | hidden:
            value = ABSENT if sample in hidden else self._read.get(sample, ABSENT)
            if self._seen.get(sample, ABSENT) != value:
                self._seen[sample] = changes[sample] = value
        self._stale = set(hidden)  # they may be read again at the next step
        return replace(step, changes=changes, entered=is_entered)

    def _hidden(self, place: _Place) -> frozenset[Sample] | None:
        """The samples that the test does not read at a place; None where it does not stop."""
        if place not in self._places:
            self._places[place] = (
                frozenset(
                    sample
                    for sample, within in self._plan.samples.items()
                    if within is not None and not any(place in item for item in within)
                )
                if any(place in item for item in self._plan.ranges)
                else None
            )
        return self._places[place]
