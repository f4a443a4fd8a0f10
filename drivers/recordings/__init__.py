"""Recordings on disk: one file for a run, written while it goes on.

`RecordingWriter(path, header, tracks)` keeps what the tracks' recordings gain, `write_recordings` those that are over,
and `read_recordings(path)` gives them back. `docs/how-it-works.md` describes the format.
"""

from drivers.recordings.blocks import SUFFIX, RecordingError
from drivers.recordings.reader import Stored, read_header, read_recordings
from drivers.recordings.writer import RecordingWriter, Track, write_recordings

__all__ = [
    "SUFFIX",
    "RecordingError",
    "RecordingWriter",
    "Stored",
    "Track",
    "read_header",
    "read_recordings",
    "write_recordings",
]
