"""The file of a recording: a signature, then blocks, each compressed and with a checksum of its own.

A block is written at once and never changed, so that a file of which the end is missing is a shorter recording.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import zstandard

from drivers.base import DriverError

SUFFIX = ".dexrec"
VERSION = 1
MAX_BLOCK = 16 << 20
"""Bytes of a block, before it is compressed: what a hostile one can make us allocate at once."""

# As PNG's signature: no text, and what turns line ends around or cuts off a bit shows at once.
_SIGNATURE = b"\x89dexrec\r\n\x1a\n"
_LEVEL = 3
_HEAD = Struct("<BHII")  # kind, which recording, size before and after compression
_CHECKSUM = Struct("<I")


class RecordingError(DriverError):
    """A file is no recording, or one that cannot be read. The message says why."""


class BlockKind(IntEnum):
    """What a block holds."""

    HEADER = 1
    STRINGS = 2
    STEPS = 3
    NOTES = 4
    END = 5


@dataclass(frozen=True, slots=True)
class Block:
    """`index` says which of the file's recordings it belongs to."""

    kind: BlockKind
    index: int
    payload: bytes


class BlockWriter:
    """Writes a new file. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(_SIGNATURE + bytes((VERSION,)))
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)

    def write(self, kind: BlockKind, index: int, payload: bytes) -> None:
        """Raises RecordingError for what is too large for a block."""
        if len(payload) > MAX_BLOCK:
            raise RecordingError(f"{len(payload):,} bytes are more than a recording can keep in one piece")
        stored = self._compressor.compress(payload)
        head = _HEAD.pack(kind, index, len(payload), len(stored))
        checksum = zlib.crc32(stored, zlib.crc32(head))
        self._file.write(head + _CHECKSUM.pack(checksum) + stored)

    def flush(self) -> None:
        """Hand what was written to the system, which keeps it whatever becomes of us."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_blocks(path: Path) -> Iterator[Block | str]:
    """The blocks of a file, up to the first that is not whole; then, in a word, what is wrong with that one.

    Raises RecordingError for what is no recording, and for one of a later version; OSError for what cannot be read.
    """
    with path.open("rb") as file:
        _check_signature(path, file)
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        while head := file.read(_HEAD.size + _CHECKSUM.size):
            found = _read_block(head, file, decompressor)
            yield found
            if isinstance(found, str):
                return


def _check_signature(path: Path, file: BinaryIO) -> None:
    start = file.read(len(_SIGNATURE) + 1)
    if start[: len(_SIGNATURE)] != _SIGNATURE or len(start) <= len(_SIGNATURE):
        raise RecordingError(f"{path}: not a recording of dexter's: 'dexter test --results-directory DIR' makes them")
    if start[-1] != VERSION:
        raise RecordingError(
            f"{path}: a recording in format {start[-1]}, and this dexter reads format {VERSION}: "
            "read it with the dexter that wrote it, or record it again"
        )


def _read_block(head: bytes, file: BinaryIO, decompressor: zstandard.ZstdDecompressor) -> Block | str:
    if len(head) < _HEAD.size + _CHECKSUM.size:
        return "it breaks off"
    kind, index, size, stored_size = _HEAD.unpack_from(head)
    # What zstandard cannot make smaller, it makes larger by a little.
    if size > MAX_BLOCK or stored_size > MAX_BLOCK + (MAX_BLOCK >> 8) + 512:
        return "it is damaged"
    stored = file.read(stored_size)
    if len(stored) < stored_size:
        return "it breaks off"
    (checksum,) = _CHECKSUM.unpack_from(head, _HEAD.size)
    if zlib.crc32(stored, zlib.crc32(head[: _HEAD.size])) != checksum:
        return "it is damaged"
    payload = _decompressed(stored, size, decompressor)
    if payload is None or kind not in BlockKind.__members__.values():
        return "it is damaged"
    return Block(BlockKind(kind), index, payload)


def _decompressed(stored: bytes, size: int, decompressor: zstandard.ZstdDecompressor) -> bytes | None:
    """None for what does not say itself that it is of this size: nothing larger is ever allocated."""
    try:
        # A frame's own word is what the library allocates by.
        if zstandard.frame_content_size(stored) != size:
            return None
        payload = decompressor.decompress(stored)
    except zstandard.ZstdError:
        return None
    return payload if len(payload) == size else None
