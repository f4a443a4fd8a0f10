"""A file to recordings. Whatever it holds: nothing is executed, and nothing allocated that is not bounded."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from drivers.recording import Changes, Recording
from drivers.recordings.blocks import Block, BlockKind, RecordingError, read_blocks
from drivers.recordings.packing import Unpacker, ascending
from drivers.recordings.values import NO_STRING, StoredValues, Strings
from drivers.recordings.writer import MAX_TRACKS, TRACKS
from drivers.state import End, EndKind, Frame, Sample

FLOOR_BYTES = 1 << 30
RATIO = 1000
"""What a file may take once it is read: a gigabyte, or a thousand times its size. Loops compress well, bombs better."""

_FRAME_BYTES, _STACK_BYTES, _SAMPLE_BYTES = 200, 100, 300  # as Python's objects, about


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file holds.

    Attributes:
        header: as it was given to the writer.
        recordings, notes: of each track. Where the file breaks off, a recording that had not ended then is LOST.
        problem: what is wrong with the file's end; empty when it is whole.
    """

    header: bytes
    recordings: tuple[Recording, ...]
    notes: tuple[bytes, ...]
    problem: str = ""


def read_header(path: Path) -> bytes:
    """The header alone. Raises RecordingError and OSError."""
    header, _ = _header_of(path, next(read_blocks(path), "it breaks off"))
    return header


def read_recordings(path: Path, *, max_bytes: int | None = None) -> Stored:
    """Every step that a file holds up to its end, or to where it breaks off or is damaged.

    Raises RecordingError for a file that is no recording, contradicts itself, or would take more than `max_bytes`
    of memory; OSError for one that cannot be read.
    """
    budget = _Budget(path, max_bytes if max_bytes is not None else max(FLOOR_BYTES, RATIO * path.stat().st_size))
    blocks = read_blocks(path)
    header, count = _header_of(path, next(blocks, "it breaks off"))
    tracks = [_TrackReader(budget) for _ in range(count)]
    problem = ""
    for number, block in enumerate(blocks, 2):
        if isinstance(block, str):
            problem = f"{block}, after {number - 1} whole blocks"
            break
        try:
            _take(block, tracks)
        except RecordingError as error:
            raise RecordingError(f"{path}: block {number} of this recording makes no sense: {error}") from error
    if not all(track.has_end for track in tracks):
        problem = problem or "it breaks off: dexter was killed, or the file was cut"
    for track in tracks:
        track.conclude(problem)
    return Stored(header, tuple(t.recording for t in tracks), tuple(t.notes for t in tracks), problem)


def _header_of(path: Path, block: Block | str) -> tuple[bytes, int]:
    if isinstance(block, str) or block.kind is not BlockKind.HEADER or len(block.payload) < TRACKS.size:
        why = block if isinstance(block, str) else "it does not begin with its header"
        raise RecordingError(f"{path}: this recording cannot be read: {why}")
    (count,) = TRACKS.unpack_from(block.payload)
    if count > MAX_TRACKS:
        raise RecordingError(f"{path}: this recording cannot be read: it says that it is of {count:,} tests")
    return block.payload[TRACKS.size :], count


def _take(block: Block, tracks: Sequence[_TrackReader]) -> None:
    if block.index >= len(tracks):
        raise RecordingError("it is of a recording that is not there")
    tracks[block.index].take(block)


class _Budget:
    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._limit, self._left = path, limit, limit

    def take(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise RecordingError(f"{self._path}: reading it would take more than {self._limit >> 20:,} MB")


class _TrackReader:
    def __init__(self, budget: _Budget) -> None:
        self.recording = Recording()
        self.notes = b""
        self.has_end = False
        self._budget = budget
        self._strings = Strings()
        self._values = self.recording.pool = StoredValues(self._strings)
        self._frames: list[Frame] = []
        self._samples: list[Changes] = []

    def take(self, block: Block) -> None:
        self._budget.take(len(block.payload))
        if self.has_end:
            raise RecordingError("it stands behind the recording's end")
        match block.kind:
            case BlockKind.STRINGS:
                self._strings.read(block.payload)
            case BlockKind.STEPS:
                self._read_steps(Unpacker(block.payload))
            case BlockKind.NOTES:
                self.notes = block.payload
            case BlockKind.END:
                self.recording.end = _decode_end(block.payload)
                self.has_end = True
            case BlockKind.HEADER:
                raise RecordingError("it is a second header")

    def conclude(self, problem: str) -> None:
        """The file is over. What had no end then is cut there."""
        if not self.has_end:
            self.recording.end = End(EndKind.LOST, message=f"the recording has no end: {problem}")

    def _read_steps(self, unpacker: Unpacker) -> None:
        recording = self.recording
        first, count = unpacker.column("I", 2)
        if first != len(recording) or not count:
            raise RecordingError(f"it begins at step {first:,}, and step {len(recording):,} is the next one")
        self._read_frames(unpacker)
        self._read_stacks(unpacker)
        self._read_samples(unpacker)
        self._values.read(unpacker)
        stack_ids, threads, entered = (unpacker.column(code, count) for code in "IiB")
        columns, codes = (unpacker.column(code, count) for code in "HQ")
        if max(stack_ids) >= len(recording.stacks):
            raise RecordingError("a step has a stack that is not there")
        self._read_changes(unpacker, first, first + count)
        recording.threads.extend(threads)
        recording.entered += entered.tobytes()
        recording.line_columns.extend(columns)
        recording.codes.extend(codes)
        recording.stack_ids.extend(stack_ids)

    def _read_changes(self, unpacker: Unpacker, first: int, end: int) -> None:
        numbers = unpacker.column("I")
        if numbers and (max(numbers) >= len(self._samples) or len(set(numbers)) < len(numbers)):
            raise RecordingError("an expression is not there, or twice")
        for number in numbers:
            steps = ascending(unpacker.column("I"), first, end)
            ids = unpacker.column("I", len(steps))
            if ids and max(ids) >= len(self._values):
                raise RecordingError("a step has a value that is not there")
            changes = self._samples[number]
            changes.steps.extend(steps)
            changes.ids.extend(ids)
        unpacker.end()

    def _read_frames(self, unpacker: Unpacker) -> None:
        functions = unpacker.column("I")
        count = len(functions)
        self._budget.take(_FRAME_BYTES * count)
        paths, lines = unpacker.column("I", count), unpacker.column("I", count)
        inlined, addresses = unpacker.column("B", count), unpacker.column("Q", count)
        texts = {number: self._text(number) for number in {*functions, *paths}}
        self._frames += [
            Frame(texts[function], texts[path], line, bool(is_inlined), address)
            for function, path, line, is_inlined, address in zip(
                functions, paths, lines, inlined, addresses, strict=True
            )
        ]

    def _read_stacks(self, unpacker: Unpacker) -> None:
        lengths, entries = unpacker.column("I"), unpacker.column("I")
        self._budget.take(_STACK_BYTES * len(lengths) + 8 * len(entries))
        if sum(lengths) != len(entries) or (lengths and min(lengths) < 1):
            raise RecordingError("a stack is empty, or not as long as it must be")
        if entries and max(entries) >= len(self._frames):
            raise RecordingError("a stack has a frame that is not there")
        at = 0
        for length in lengths:
            self.recording.stacks.append(tuple(map(self._frames.__getitem__, entries[at : at + length])))
            at += length

    def _read_samples(self, unpacker: Unpacker) -> None:
        expressions = unpacker.column("I")
        depths = unpacker.column("I", len(expressions))
        self._budget.take(_SAMPLE_BYTES * len(expressions))
        for expression, depth in zip(expressions, depths, strict=True):
            text = self._text(expression)
            if text is None:
                raise RecordingError("an expression has no text")
            changes = Changes(array("I"), array("I"))
            self.recording.changes[Sample(text, depth)] = changes
            self._samples.append(changes)
        if len(self._samples) != len(self.recording.changes):
            raise RecordingError("an expression is there twice")

    def _text(self, number: int) -> str | None:
        if number == NO_STRING:
            return None
        if number >= len(self._strings):
            raise RecordingError("a text is not there")
        return self._strings[number]


def _decode_end(payload: bytes) -> End:
    try:
        return msgspec.json.decode(payload, type=End)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"it does not say how the run ended: {error}") from error
