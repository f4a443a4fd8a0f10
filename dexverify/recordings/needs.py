"""What a recording lacks of what propositions need: nothing is judged over what was never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from dexverify.propositions import MAX_LINE
from drivers.base import LineRange, StopPlan


def lacking(needed: StopPlan, had: StopPlan) -> Iterator[str]:
    """What the plan `needed` asks for and the plan `had`, by which was recorded, did not."""
    for lines in needed.ranges:
        if not _covers(had.ranges, lines):
            yield f"the recording does not have every step of {_shown(lines)}"
    for sample, within in needed.samples.items():
        where = f" in frame {sample.depth}" if sample.depth else ""
        if sample not in had.samples:
            yield f"the recording lacks '{sample.expression}'{where}"
            continue
        places = had.samples[sample]
        if places is None:
            continue
        for lines in within if within is not None else needed.ranges:
            if not _covers(places, lines):
                yield f"the recording lacks '{sample.expression}'{where} on {_shown(lines)}"
                break


def _covers(ranges: Sequence[LineRange], lines: LineRange) -> bool:
    """Whether every line is in one of the ranges."""
    first = lines.first
    for each in sorted((each for each in ranges if each.path == lines.path), key=lambda each: each.first):
        if each.first <= first <= each.last:
            first = each.last + 1
    return first > lines.last


def _shown(lines: LineRange) -> str:
    name = PurePath(lines.path).name
    if lines.first == 1 and lines.last >= MAX_LINE:
        return name
    last = "the end" if lines.last >= MAX_LINE else lines.last
    return f"{name}:{lines.first}" if lines.first == lines.last else f"{name}, lines {lines.first} to {last}"
