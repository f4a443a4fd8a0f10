"""Keeping recordings on disk while they grow: what a crash of ours loses is the last half second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from threading import Event, Thread

import msgspec

from drivers.recording import Recording
from drivers.recordings.blocks import BlockKind, BlockWriter, RecordingError
from drivers.recordings.tracks import TrackWriter
from drivers.state import End

INTERVAL_S = 0.4
"""A second may be lost by promise; the rest is for a machine that is busy."""
TRACKS = Struct("<H")
MAX_TRACKS = 1 << 12
"""More tests than this never share a run."""


@dataclass(frozen=True, slots=True)
class Track:
    """A recording that is to be kept, and what is to be known of it besides, in the caller's own format."""

    recording: Recording
    notes: Callable[[], bytes] = bytes


class RecordingWriter:
    """Keeps one run: the recordings of all tests that share it, each a track.

    A context manager. While it is open, a thread of its own writes what the recordings have gained, twice a second.
    `finish` writes the rest and how they ended; left without it, the file is one that breaks off.

    Args:
        path: the file, which is replaced; its folder is made.
        header: what the run rests on, in the caller's own format.
        tracks: the recordings, to which the caller appends; none may lose steps.

    Raises:
        OSError: the file cannot be made. Whatever goes wrong later is raised by `finish`, and the run goes on.
        RecordingError: the header is too large, or there are too many tracks.
    """

    def __init__(self, path: Path, header: bytes, tracks: Sequence[Track], *, interval_s: float = INTERVAL_S) -> None:
        if len(tracks) > MAX_TRACKS:
            raise RecordingError(f"{len(tracks):,} tests are more than a recording can be of")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = BlockWriter(path)
        self._tracks = [(track, TrackWriter(track.recording)) for track in tracks]
        self._notes = [b""] * len(tracks)
        self._interval_s = interval_s
        self._is_over = Event()
        self._failure: Exception | None = None
        try:
            self._file.write(BlockKind.HEADER, 0, TRACKS.pack(len(tracks)) + header)
            self._file.flush()
        except Exception:
            self._file.close()
            raise
        self._thread = Thread(target=self._keep, name="dexter-recording", daemon=True)

    def __enter__(self) -> RecordingWriter:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()
        with suppress(OSError):  # what could not be written is tried again; `finish` has told it
            self._file.close()

    def finish(self) -> None:
        """Write what is left, and how each recording ended. Raises the first error that there was."""
        self._stop()
        if self._failure is not None:
            raise self._failure
        self._write()
        for index, (track, _) in enumerate(self._tracks):
            self._file.write(BlockKind.END, index, encode_end(track.recording.end))
        self._file.flush()

    def _stop(self) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        try:
            while not self._is_over.wait(self._interval_s):
                self._write()
        except Exception as error:  # a full disk, above all: `finish` tells it
            self._failure = error

    def _write(self) -> None:
        for index, (track, writer) in enumerate(self._tracks):
            for kind, payload in writer.blocks():
                self._file.write(kind, index, payload)
            notes = track.notes()
            if notes != self._notes[index]:
                self._notes[index] = notes
                self._file.write(BlockKind.NOTES, index, notes)
        self._file.flush()


def write_recordings(path: Path, header: bytes, tracks: Sequence[Track]) -> None:
    """Keep recordings that are over. Raises OSError and RecordingError."""
    with RecordingWriter(path, header, tracks) as writer:
        writer.finish()


def encode_end(end: End) -> bytes:
    """How a run ended, as JSON; a file's name that is no Unicode loses what is none."""
    try:
        return msgspec.json.encode(end)
    except UnicodeEncodeError:
        return msgspec.json.encode(_unicode(msgspec.to_builtins(end)))


def _unicode(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case list() | tuple():
            return [_unicode(each) for each in value]
        case dict():
            return {key: _unicode(each) for key, each in value.items()}
    return value
