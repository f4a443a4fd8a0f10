"""Recordings with mistakes in them: of bytes, and of what is inside blocks whose checksums are right."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import zstandard

from dexverify.errors import DexterError
from dexverify.options import Options
from dexverify.recordings.checking import check_formulas, check_own
from dexverify.recordings.comparing import compare, describe
from dexverify.recordings.loading import load_recording
from dexverify.recordings.viewing import Filter, view
from dexverify.report.terminal import plain, render_test
from drivers.recordings import blocks as of_file

_START = 12  # the signature and the version
_HEAD, _CHECKSUM = of_file._HEAD, of_file._CHECKSUM
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)

Blocks = list[tuple[int, int, bytes]]


def unsealed(content: bytes) -> Blocks:
    """Kind, index and payload of each block of a sound file."""
    found, at = [], _START
    while at < len(content):
        kind, index, _, stored = _HEAD.unpack_from(content, at)
        at += _HEAD.size + _CHECKSUM.size
        found.append((kind, index, zstandard.ZstdDecompressor().decompress(content[at : at + stored])))
        at += stored
    return found


def sealed(start: bytes, blocks: Blocks) -> bytes:
    """The file of these blocks, its sizes and checksums right."""
    parts = [start]
    for kind, index, payload in blocks:
        stored = zstandard.ZstdCompressor(level=1).compress(payload)
        head = _HEAD.pack(kind & 0xFF, index & 0xFFFF, len(payload), len(stored))
        parts += [head, _CHECKSUM.pack(zlib.crc32(stored, zlib.crc32(head))), stored]
    return b"".join(parts)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A recording that is wrong in one way or a few."""
    if chance.random() < 0.2:
        return _bytes_mutated(content, chance)
    blocks = unsealed(content)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        chance.choice((_payload, _payload, _payload, _payload, _order, _header))(blocks, chance)
    return sealed(content[:_START], blocks)


def use(path: Path, sound: Path) -> str:
    """Do everything with a recording; what dexter says of it, or nothing. Raises what is a mistake of ours."""
    try:
        loaded, other = load_recording(path), load_recording(sound)
        for judged in check_own(loaded, Options()):
            assert "internal error" not in judged.result.reason, judged.result.reason
            render_test(judged.result, verbose=True, style=plain)
            for line in view(judged, Filter(), plain):
                line.encode("utf-8", "surrogatepass")
        for judged in check_formulas(loaded, ["eventually Expect('x', 1)"], Options()):
            render_test(judged.result, verbose=True, style=plain)
        for left, right in zip(loaded.tracks, other.tracks, strict=False):
            runs = (left.run.recording, right.run.recording)
            list(describe(compare(*runs), runs, ("a", "b")))
    except DexterError as error:
        return str(error)
    return loaded.problem


def _bytes_mutated(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if not found:
            break
        at = chance.randrange(len(found))
        match chance.randrange(4):
            case 0:
                found[at] ^= 1 << chance.randrange(8)
            case 1:
                del found[at:]
            case 2:
                found[at:at] = chance.randbytes(chance.randrange(1, 40))
            case 3:
                del found[at : at + chance.randrange(1, 40)]
    return bytes(found)


def _payload(blocks: Blocks, chance: random.Random) -> None:
    number = chance.randrange(len(blocks))
    kind, index, payload = blocks[number]
    found = bytearray(payload)
    at = chance.randrange(len(found) + 1)
    match chance.randrange(6):
        case 0 if at < len(found):
            found[at] = chance.randrange(256)
        case 1:
            width = chance.choice((1, 2, 4, 8))
            found[at : at + width] = (chance.choice(_NUMBERS) & (256**width - 1)).to_bytes(width, "little")
        case 2:
            del found[at : at + chance.randrange(1, 30)]
        case 3:
            found[at:at] = found[at : at + chance.randrange(1, 200)] * chance.choice((1, 2, 1000))
        case 4:
            other = chance.choice(blocks)[2]
            place = chance.randrange(len(other) + 1)
            found[at : at + 40] = other[place : place + 40]
        case _:
            found[at : at + 8] = chance.randbytes(8)
    blocks[number] = (kind, index, bytes(found[: of_file.MAX_BLOCK]))


def _order(blocks: Blocks, chance: random.Random) -> None:
    first, second = chance.randrange(len(blocks)), chance.randrange(len(blocks))
    match chance.randrange(4):
        case 0:
            blocks[first], blocks[second] = blocks[second], blocks[first]
        case 1:
            blocks.insert(first, blocks[second])
        case 2 if len(blocks) > 1:
            del blocks[first]
        case _:
            _, index, payload = blocks[first]
            blocks[first] = (chance.randrange(8), chance.choice((index, 0, 1, 65535)), payload)


def _header(blocks: Blocks, chance: random.Random) -> None:
    """Another shape of the JSON in a block that has some."""
    number = chance.choice([n for n, (kind, _, _) in enumerate(blocks) if kind in (1, 4, 5)] or [0])
    kind, index, payload = blocks[number]
    skipped = payload[:2] if kind == 1 else b""
    try:
        value = json.loads(payload[len(skipped) :])
    except (ValueError, RecursionError):  # it was reshaped before
        return
    blocks[number] = (kind, index, skipped + json.dumps(_reshaped(value, chance)).encode())


def _reshaped(value: object, chance: random.Random) -> object:
    places: list[tuple[Callable[[object], None], object]] = []

    def visit(node: object, put: Callable[[object], None]) -> None:
        places.append((put, node))
        if isinstance(node, dict):
            for key, each in node.items():
                visit(each, lambda new, node=node, key=key: node.__setitem__(key, new))  # type: ignore[misc]
        elif isinstance(node, list):
            for place, each in enumerate(node):
                visit(each, lambda new, node=node, place=place: node.__setitem__(place, new))  # type: ignore[misc]

    holder = [value]
    visit(value, lambda new: holder.__setitem__(0, new))
    put, old = chance.choice(places)
    put(_other(old, chance))
    return holder[0]


def _other(old: object, chance: random.Random) -> object:
    deep: object = []
    if chance.random() < 0.02:
        for _ in range(chance.choice((50, 900))):
            deep = [deep]
    pool: Sequence[object] = (
        None, True, 0, -1, 2**31, 2**64, 10**30, 1e308, "", "\0", "x" * 1000, "/etc/passwd", "../..", "\udc80", [], {},
        deep, [old, old], {"": old},
    )  # fmt: skip
    return chance.choice(pool)
