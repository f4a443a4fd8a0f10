"""Frames by the call frame table: what is read of it, and the walk over a stack's callers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from drivers.binary.frames import Entry, find_bases, read_frames
from drivers.binary.lines import LineTable
from drivers.binary.scopes import read_functions
from drivers.inside.walking import BLOCK_BYTES, Memory, Walker
from tests.drivers.kernels import SOURCE, build_kernel, needs_machine

STACK = 0x80004000
# Of -O0 code: at the entry, with the stack pointer moved, with the return address saved, with the frame pointer set.
ROWS = [
    (0, 29, 0, None, None, None, None),
    (4, 29, 32, None, None, None, None),
    (8, 29, 32, -4, -8, None, None),
    (12, 30, 32, -4, -8, None, None),
]


def entry_at(start: int) -> list[object]:
    return [start, start + 0x100, [(start + offset, *rest) for offset, *rest in ROWS]]


def walker(words: dict[int, int], *starts: int, registers: dict[int, int] | None = None) -> tuple[Walker, list[int]]:
    """Over a stack of zeros with these words; and the addresses that were read."""
    reads: list[int] = []

    def read(address: int, size: int) -> bytes:
        reads.append(address)
        return b"".join(struct.pack(">I", words.get(address + i, 0)) for i in range(0, size, 4))

    values = registers or {}
    return Walker([entry_at(start) for start in starts], Memory(read), lambda number: values[number]), reads


A, B, C = 0x80010000, 0x80010100, 0x80010200


def test_callers_in_the_body() -> None:
    first = STACK + 0x40
    words = {first - 4: B + 0x20, first - 8: STACK + 0x40, first + 28: C + 0x30, first + 24: STACK + 0x60}
    walk, reads = walker(words, A, B)
    key = walk.key(A + 0x20, first)
    # B's frame pointer is what A saved; C has no entry: the outermost.
    assert key == ((B + 0x20, STACK + 0x60), (C + 0x30, STACK + 0x60))
    assert len(reads) == len(set(reads))
    assert all(address % BLOCK_BYTES == 0 for address in reads)


def test_a_leaf_has_its_return_address_in_the_register() -> None:
    walk, reads = walker({}, A, registers={31: C + 8, 30: 0})
    assert walk.key(A, STACK) == ((C + 8, STACK),)
    assert reads == []


def test_addresses_with_their_sign_are_the_same() -> None:
    sign = 0xFFFFFFFF << 32
    words = {STACK - 4: C + 0x10, STACK - 8: STACK}
    walk, _ = walker(words, A)
    assert walk.key(sign | A + 0x20, sign | STACK) == walk.key(A + 0x20, STACK) == ((C + 0x10, STACK),)


def test_through_an_exception() -> None:
    """Its frame has 64 bytes: what was interrupted at -8, the frame pointer at -12, the return address at -4."""
    inner = STACK + 0x20
    handler = inner + 0x40
    # A was called by the handler, which interrupted B at its first instruction: it has not saved anything yet.
    words = {inner - 4: C + 0x10, inner - 8: 0, handler - 8: B, handler - 12: STACK + 0x90, handler - 4: A + 0x50}
    words |= {handler + 28: 0, handler + 24: 0}
    reads: list[int] = []

    def read(address: int, size: int) -> bytes:
        reads.append(address)
        return b"".join(struct.pack(">I", words.get(address + i, 0)) for i in range(0, size, 4))

    exception = [C, C + 0x100, [(C, 29, 64, -8, -12, -4, None)]]
    walk = Walker([entry_at(A), entry_at(B), exception], Memory(read), lambda _: 0)
    key = walk.key(A + 0x20, inner)
    assert key is not None
    assert key[:3] == ((C + 0x10, handler), (B, handler), (A + 0x50, STACK + 0x90 + 32))


def test_code_without_an_entry_is_not_walked() -> None:
    walk, _ = walker({}, A)
    assert walk.key(C, STACK) is None


def test_what_gdb_sees_otherwise_is_left_to_it() -> None:
    words = {STACK - 4: C + 0x10, STACK - 8: STACK}
    walk, _ = walker(words, A)
    key = walk.key(A + 0x20, STACK)
    assert key is not None
    assert walk.is_confirmed(key, [(C + 0x10, 0)])
    assert not walk.is_confirmed(key, [(C + 0x10, STACK), (B, STACK + 64)])  # an interrupt's frame: there is more
    assert walk.key(A + 0x20, STACK) is None


def test_memory_is_read_by_blocks_and_devices_are_not() -> None:
    reads: list[tuple[int, int]] = []

    def read(address: int, size: int) -> bytes:
        reads.append((address, size))
        return bytes(size)

    memory = Memory(read)
    for address in (STACK + 4, STACK + 8, 0xFFFFFFFF00000000 | STACK):
        assert memory.piece(address, 4) == bytes(4)
    assert reads == [(STACK, BLOCK_BYTES)]
    memory.forget()
    memory.piece(STACK, 4)
    assert len(reads) == 2
    memory.piece(0xB80003F8, 1)
    memory.piece(STACK + BLOCK_BYTES - 2, 4)
    assert reads[2:] == [(0xB80003F8, 1), (STACK + BLOCK_BYTES - 2, 4)]


def test_bases() -> None:
    entries = [Entry(A, A + 0x100, tuple((A + o, a, b, c, d, e, f) for o, a, b, c, d, e, f in ROWS))]
    found = find_bases(entries, [A, A + 4, A + 0xFC, B, A - 4])
    assert found == {A: (29, 0), A + 4: (29, 32), A + 0xFC: (30, 32)}
    assert find_bases([], [A]) == {}


@needs_machine
def test_the_table_of_a_kernel(tmp_path: Path) -> None:
    table = LineTable.read(build_kernel(tmp_path))
    entries = read_frames(table)
    assert entries == sorted(entries, key=lambda entry: entry.start)
    functions = [f.ranges[0] for unit, _ in table.units_of(str(SOURCE)) for f in read_functions(unit, ())]
    assert functions
    assert {(entry.start, entry.end) for entry in entries} >= set(functions)
    low = functions[0][0]
    assert find_bases(entries, [low])[low] == (29, 0)
    assert find_bases(entries, [low + 16])[low + 16][0] == 30


@pytest.mark.parametrize("flags", [("-g0",), ("-gdwarf-4",)])
@needs_machine
def test_no_table_is_no_error(tmp_path: Path, flags: tuple[str, ...]) -> None:
    entries = read_frames(LineTable.read(build_kernel(tmp_path, *flags)))
    assert bool(entries) == ("-g0" not in flags)
