"""What a recording lacks of what propositions need: nothing is judged over what was never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from dexverify.propositions import MAX_LINE
from drivers.base import LineRange, StopPlan


def lacking(needed: StopPlan, had: StopPlan, code: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """What the plan `needed` asks for and the plan `had`, by which was recorded, did not.

    `code` has the lines of each file at which there can be a step.
    """
    for lines in needed.ranges:
        if not _covers(had.ranges, lines, code):
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
            if not _covers(places, lines, code):
                yield f"the recording lacks '{sample.expression}'{where} on {_shown(lines)}"
                break


def _covers(ranges: Sequence[LineRange], lines: LineRange, code: Mapping[str, Sequence[int]]) -> bool:
    """Whether every line at which there can be a step is in one of the ranges; of a file without code, all of it."""
    wanted = [line for line in code.get(lines.path, ()) if lines.first <= line <= lines.last]
    if not wanted:
        return any(each.path == lines.path and each.first <= lines.first <= lines.last <= each.last for each in ranges)
    mine = [each for each in ranges if each.path == lines.path]
    return all(any(each.first <= line <= each.last for each in mine) for line in wanted)


def _shown(lines: LineRange) -> str:
    name = PurePath(lines.path).name
    if lines.first == 1 and lines.last >= MAX_LINE:
        return name
    last = "the end" if lines.last >= MAX_LINE else lines.last
    return f"{name}:{lines.first}" if lines.first == lines.last else f"{name}, lines {lines.first} to {last}"
