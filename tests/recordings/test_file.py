"""What is written is read again, whatever it is; and a file that breaks off is a shorter recording."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings

from drivers.recording import Recording
from drivers.recordings import RecordingError, RecordingWriter, Track, read_header, read_recordings, write_recordings
from drivers.recordings import blocks as format_of_blocks
from drivers.state import EndKind, Frame, Kind, Sample, Step, Value
from tests.recordings.strategies import RECORDINGS


def small(steps: int = 40) -> Recording:
    """A loop in main: i counts, and its half changes at every other step."""
    recording = Recording((Sample("i"), Sample("half")))
    stacks = [(Frame("main", "/loop.c", line, address=0x7FFE_0000),) for line in (5, 6)]
    for index in range(steps):
        changes = {Sample("i"): Value(Kind.INTEGER, str(index), index, type="int")}
        if index % 2 == 0:
            changes[Sample("half")] = Value(Kind.INTEGER, str(index // 2), index // 2, type="int")
        recording.append(Step(index, 1, stacks[index % 2], changes, entered=index == 0, column=3, code=0x1130 + index))
    return recording


def assert_same(read: Recording, written: Recording, steps: int | None = None) -> None:
    assert list(read.steps()) == list(written.steps())[:steps]


@given(RECORDINGS)
@settings(max_examples=300)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> None:
    path = tmp_path_factory.mktemp("round") / "run.dexrec"
    write_recordings(path, b"header", [Track(recording, lambda: b"notes")])
    stored = read_recordings(path)
    assert (stored.header, stored.notes, stored.problem) == (b"header", (b"notes",), "")
    (read,) = stored.recordings
    assert_same(read, recording)
    assert read.end == recording.end
    # A sample that was never written of has never had a value.
    assert read.samples == tuple(sample for sample in recording.samples if len(recording))


def test_several_recordings_share_a_file(tmp_path: Path) -> None:
    first, second = small(10), small(20)
    write_recordings(tmp_path / "a", b"", [Track(first, lambda: b"1"), Track(second, lambda: b"2")])
    stored = read_recordings(tmp_path / "a")
    assert stored.notes == (b"1", b"2")
    for read, written in zip(stored.recordings, (first, second), strict=True):
        assert_same(read, written)


def test_a_run_of_many_blocks_is_read_again(tmp_path: Path) -> None:
    recording = small(3 * format_of_blocks.MAX_BLOCK // 200)  # its values alone take more than a block
    write_recordings(tmp_path / "a", b"", [Track(recording)])
    (read,) = read_recordings(tmp_path / "a").recordings
    assert read.changes == recording.changes
    assert read.stack_ids == recording.stack_ids
    assert list(read.pool) == list(recording.pool)


def test_steps_are_on_disk_while_the_run_goes_on(tmp_path: Path) -> None:
    path, recording = tmp_path / "a", small(0)
    source = list(small(30).steps())
    with RecordingWriter(path, b"", [Track(recording)], interval_s=0.001):
        for count, step in enumerate(source, 1):
            recording.append(step)
            while len((stored := read_recordings(path)).recordings[0]) < count:
                pass  # the suite's own time limit is the deadline
            assert "breaks off" in stored.problem
            assert stored.recordings[0].end.kind is EndKind.LOST
    assert_same(read_recordings(path).recordings[0], recording)


def test_writing_beside_recording_loses_nothing(tmp_path: Path) -> None:
    recording = Recording()
    with RecordingWriter(tmp_path / "a", b"", [Track(recording)], interval_s=0.0):
        source = small(20_000)
        for step in source.steps():
            recording.append(step)
        assert threading.active_count() > 1
    with RecordingWriter(tmp_path / "b", b"", [Track(source)]) as writer:
        writer.finish()
    read = read_recordings(tmp_path / "b").recordings[0]
    assert_same(read, source)
    # Without `finish` the last fraction may be missing, and what is there is the same.
    beside = read_recordings(tmp_path / "a").recordings[0]
    assert_same(beside, source, len(beside))


def test_a_file_cut_anywhere_opens_up_to_its_last_whole_block(tmp_path: Path) -> None:
    path, recording, source = tmp_path / "a", small(0), list(small(60).steps())
    ends: list[tuple[int, int]] = []  # of the file, and of the recording, after each writing
    with RecordingWriter(path, b"what it rests on", [Track(recording)], interval_s=1000.0) as writer:
        header_size = path.stat().st_size
        for step in source:
            recording.append(step)
            if len(recording) % 20 == 0:
                writer._write()
                ends.append((path.stat().st_size, len(recording)))
        writer.finish()
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        if size < header_size:
            with pytest.raises(RecordingError, match=r"not a recording|cannot be read"):
                read_recordings(path)
            continue
        stored = read_recordings(path)
        assert stored.header == read_header(path) == b"what it rests on"
        assert stored.problem
        (read,) = stored.recordings
        assert len(read) == max((steps for end, steps in ends if end <= size), default=0)
        assert_same(read, recording, len(read))
        assert read.end.kind is EndKind.LOST


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\x7fELF", b"\x89dexrec\r\n\x1a\n"):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(RecordingError, match="not a recording"):
            read_recordings(tmp_path / "a")


def test_a_later_format_is_refused_by_its_number(tmp_path: Path) -> None:
    write_recordings(tmp_path / "a", b"", [Track(small())])
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content[:11] + b"\x02" + content[12:])
    with pytest.raises(RecordingError, match="format 2, and this dexter reads format 1"):
        read_recordings(tmp_path / "a")


def test_a_file_that_would_take_too_much_memory_is_refused(tmp_path: Path) -> None:
    write_recordings(tmp_path / "a", b"", [Track(small(50_000))])
    assert (tmp_path / "a").stat().st_size < 500_000
    with pytest.raises(RecordingError, match="more than 1 MB"):
        read_recordings(tmp_path / "a", max_bytes=1 << 20)


def test_a_file_of_more_tests_than_share_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="60,000 tests are more than"):
        write_recordings(tmp_path / "a", b"", [Track(small(1))] * 60_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("drivers.recordings.writer.MAX_TRACKS", 60_000)
        write_recordings(tmp_path / "a", b"", [Track(Recording())] * 60_000)
    with pytest.raises(RecordingError, match="it says that it is of 60,000 tests"):
        read_recordings(tmp_path / "a")


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    """A frame that says it is small, and is large; and one that says how large it is, which a block must not be."""
    import zlib

    import zstandard

    write_recordings(tmp_path / "a", b"", [Track(small())])
    content = (tmp_path / "a").read_bytes()
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    assert len(bomb) < 1 << 20
    for size in (100, 1 << 30):
        head = format_of_blocks._HEAD.pack(2, 0, size, len(bomb))
        checksum = format_of_blocks._CHECKSUM.pack(zlib.crc32(bomb, zlib.crc32(head)))
        (tmp_path / "a").write_bytes(content + head + checksum + bomb)
        assert "damaged" in read_recordings(tmp_path / "a").problem


def test_a_full_disk_is_told_at_the_end_and_the_run_goes_on(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a", b"", [Track(small())]) as writer:
        file = writer._file._file
        with Path("/dev/full").open("wb", buffering=0) as full:
            writer._file._file = full
            with pytest.raises(OSError, match="No space left"):
                writer.finish()
        writer._file._file = file


def test_a_disk_that_is_full_to_the_end_breaks_nothing_else(tmp_path: Path) -> None:
    """What could not be written is in a buffer, and closing the file tries to write it again."""
    with RecordingWriter(tmp_path / "a", b"", [Track(small())]) as writer:
        writer._file.close()
        writer._file._file = Path("/dev/full").open("wb")  # noqa: SIM115 - the writer closes it
        with pytest.raises(OSError, match="No space left"):
            writer.finish()
