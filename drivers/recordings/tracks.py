"""What one recording has gained since it was last looked at, as the payloads of blocks."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from drivers.recording import Recording
from drivers.recordings.blocks import BlockKind
from drivers.recordings.packing import Packer, differences
from drivers.recordings.values import NO_STRING, StringWriter, pack_strings, pack_values
from drivers.state import Frame, Sample

MAX_STEPS = 1 << 16
_AIM = 4 << 20
"""About as many bytes make a block before compression, a fraction of what one may have."""
_STRINGS_AIM = 1 << 20
_VALUE_BYTES = 22 + 8


class TrackWriter:
    """Follows a recording to which another thread may add steps: it sees those of them that are whole."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._steps = self._stacks = 0
        self._values = 1  # number 0 is known to all
        self._strings = StringWriter()
        self._frames: dict[Frame, int] = {}
        self._frames_by_identity: dict[int, int] = {}  # hashing a frame is slow, and most stacks share theirs
        self._samples: dict[Sample, int] = {}
        self._written: dict[Sample, int] = {}

    def blocks(self) -> Iterator[tuple[BlockKind, bytes]]:
        """The blocks for every step that is there now and was not before."""
        end = len(self.recording)
        known = len(self.recording.stacks), len(self.recording.pool)  # at least those that these steps have
        while self._steps < end:
            last = min(end, self._steps + MAX_STEPS)
            while last - self._steps > 1 and self._size(last, known) > _AIM:
                last = self._steps + (last - self._steps) // 2
            payload = self._pack(last, known if last == end else None)
            yield from self._pack_strings()
            yield BlockKind.STEPS, payload

    def _size(self, last: int, known: tuple[int, int]) -> int:
        recording, steps = self.recording, last - self._steps
        changes = sum(
            bisect_left(each.steps, last) - self._written.get(sample, 0)
            for sample, each in list(recording.changes.items())
        )
        size = 19 * steps + _VALUE_BYTES * changes
        if known[0] > self._stacks:
            stacks = recording.stacks[self._stacks : max(recording.stack_ids[self._steps : last]) + 1]
            size += sum(4 * len(stack) for stack in stacks)
        return size

    def _pack_strings(self) -> Iterator[tuple[BlockKind, bytes]]:
        fresh, self._strings.fresh = self._strings.fresh, []
        while fresh:
            sizes = accumulate(map(len, fresh))
            count = next((n for n, size in enumerate(sizes, 1) if size >= _STRINGS_AIM), len(fresh))
            yield BlockKind.STRINGS, pack_strings(fresh[:count])
            fresh = fresh[count:]

    def _pack(self, last: int, known: tuple[int, int] | None) -> bytes:
        """`known` are the numbers of stacks and of values that are to be written then; None is what is needed."""
        recording, first = self.recording, self._steps
        packer = Packer()
        packer.add(array("I", (first, last - first)))
        self._add_stacks(packer, max(recording.stack_ids[first:last]) + 1 if known is None else known[0])
        changed = []
        for sample, changes in list(recording.changes.items()):
            start = self._written.get(sample, 0)
            end = bisect_left(changes.steps, last)
            if sample not in self._samples or end > start:
                changed.append((sample, changes.steps[start:end], changes.ids[start:end]))
                self._written[sample] = end
        self._add_samples(packer, [sample for sample, _, _ in changed])
        values = max((max(ids) + 1 for _, _, ids in changed if ids), default=0) if known is None else known[1]
        pack_values(packer, recording.pool[self._values : values], self._strings)
        self._values = max(self._values, values)
        for column in (recording.stack_ids, recording.threads):
            packer.add(column[first:last])
        packer.add(array("B", recording.entered[first:last]))
        for column in (recording.line_columns, recording.codes):
            packer.add(column[first:last])
        packer.add(array("I", [self._samples[sample] for sample, _, _ in changed]))
        for _, steps, ids in changed:
            packer.add(differences(steps, first))
            packer.add(ids)
        self._steps = last
        return packer.payload()

    def _add_stacks(self, packer: Packer, end: int) -> None:
        stacks = self.recording.stacks[self._stacks : end]
        known, frames, entries = self._frames_by_identity, [], array("I")
        for stack in stacks:
            for frame in stack:
                number = known.get(id(frame))
                if number is None:
                    number = self._frames.get(frame)
                    if number is None:
                        number = self._frames[frame] = len(self._frames)
                        frames.append(frame)
                    known[id(frame)] = number  # the recording keeps its stacks, and so the identity is good
                entries.append(number)
        texts = self._strings
        packer.add(array("I", [NO_STRING if f.function is None else texts.id_of(f.function) for f in frames]))
        packer.add(array("I", [NO_STRING if f.path is None else texts.id_of(f.path) for f in frames]))
        packer.add(array("I", [frame.line for frame in frames]))
        packer.add(array("B", [frame.is_inlined for frame in frames]))
        packer.add(array("Q", [frame.address for frame in frames]))
        packer.add(array("I", map(len, stacks)))
        packer.add(entries)
        self._stacks += len(stacks)

    def _add_samples(self, packer: Packer, samples: list[Sample]) -> None:
        fresh = [sample for sample in samples if sample not in self._samples]
        for sample in fresh:
            self._samples[sample] = len(self._samples)
        packer.add(array("I", [self._strings.id_of(sample.expression) for sample in fresh]))
        packer.add(array("I", [sample.depth for sample in fresh]))
