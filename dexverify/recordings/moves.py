"""Where the lines of a source file have gone to, when nothing but its comments has changed since it was recorded."""

from __future__ import annotations

import copy
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import replace

from dexverify.annotations.commands import Lines
from dexverify.annotations.comments import find_comments
from dexverify.annotations.sources import Source
from dexverify.propositions import MAX_LINE
from dexverify.recordings.header import CodeNote
from drivers.base import LineRange, StopPlan
from drivers.recording import Recording
from drivers.state import Frame


class Moves:
    """Old lines to new ones, by file; a file that is not named has not changed."""

    def __init__(self, by_path: Mapping[str, Mapping[int, int]]) -> None:
        self._by_path = by_path
        self._lines = {path: sorted(lines) for path, lines in by_path.items()}

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def recording(self, recording: Recording) -> Recording:
        """The recording in terms of the new lines; it shares all but its stacks with the old one."""
        if not self:
            return recording
        moved = copy.copy(recording)
        known: dict[Frame, Frame] = {}
        moved.stacks = [tuple(self._frame(frame, known) for frame in stack) for stack in recording.stacks]
        moved.end = replace(recording.end, frames=tuple(self._frame(frame, known) for frame in recording.end.frames))
        return moved

    def plan(self, plan: StopPlan) -> StopPlan:
        samples = {
            sample: tuple(map(self.range, within)) if within is not None else None
            for sample, within in plan.samples.items()
        }
        return StopPlan(tuple(map(self.range, plan.ranges)), samples)

    def range(self, lines: LineRange) -> LineRange:
        """A range's lines that have code, and no others, are in the new one."""
        moved, old = self._by_path.get(lines.path), self._lines.get(lines.path, [])
        if moved is None:
            return lines
        first, last = bisect_left(old, lines.first), bisect_right(old, lines.last) - 1
        if last < first:  # no line of code is in it
            return LineRange(lines.path, MAX_LINE, MAX_LINE)
        return LineRange(
            lines.path,
            1 if lines.first == 1 else moved[old[first]],
            MAX_LINE if lines.last == MAX_LINE else moved[old[last]],
        )

    def lines(self, lines: Lines) -> Lines:
        moved = self.range(LineRange(lines.path, lines.first, lines.last))
        return Lines(moved.path, moved.first, moved.last)

    def code(self, note: CodeNote) -> CodeNote:
        lines = {path: tuple(self.line(path, line) for line in each) for path, each in note.lines.items()}
        return replace(note, lines=lines)

    def line(self, path: str, line: int) -> int:
        return self._by_path.get(path, {}).get(line, line)

    def _frame(self, frame: Frame, known: dict[Frame, Frame]) -> Frame:
        found = known.get(frame)
        if found is None:
            line = self.line(frame.path, frame.line) if frame.path is not None else frame.line
            found = known[frame] = replace(frame, line=line)
        return found


def moved_lines(before: Source, after: Source) -> dict[int, int] | None:
    """For each line with code where it is now; None when not only comments and white space have changed."""
    old, new = code_of(before), code_of(after)
    if [text for _, text in old] != [text for _, text in new]:
        return None
    return {line: there for (line, _), (there, _) in zip(old, new, strict=True)}


def code_of(source: Source) -> list[tuple[int, str]]:
    text = source.text
    for comment in find_comments(source):
        end = comment.start + len(comment.text)
        blank = "".join("\n" if character == "\n" else " " for character in text[comment.start : end])
        text = text[: comment.start] + blank + text[end:]
    lines = ((number, " ".join(line.split())) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in lines if line]
