"""The callers of a stop by the kernel's own call frame table: a key that is the same where gdb's unwinding is.

gdb takes longer to unwind a stack than for all the rest of a stop. So the agent unwinds it once for each key, which is
the addresses in the callers' code and their frames' canonical addresses: all that the names, lines and addresses of
gdb's frames come from. What gdb found for a key is compared with it when it is first seen; where they differ (code
without a table, an exception's frame), gdb goes on unwinding each time.

Runs inside gdb: the standard library only.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Key: TypeAlias = "tuple[tuple[int, int], ...]"

# A power of two, so that no block reaches over the end of a stack. A stub reads it in one packet.
BLOCK_BYTES = 128
WORD = 0xFFFFFFFF
SEGMENT, PLAIN = 0xE0000000, 0x80000000
STACK_POINTER, FRAME_POINTER, RETURN_ADDRESS = 29, 30, 31
NOWHERE = -1  # for a row's register: the table says something else
FRAME_LIMIT = 200
_BIG_WORD = struct.Struct(">I")


class Memory:
    """What was read at this stop, by blocks: a stub takes as long for a block as for a word. `forget` at each new stop.

    Blocks are of plain memory only (kseg0): elsewhere there may be devices, which notice that they are read.
    """

    def __init__(self, read: Callable[[int, int], Any]) -> None:
        self._read = read
        self._blocks: dict[int, bytes] = {}
        self.forget = self._blocks.clear

    def word(self, address: int) -> int:
        """On the stack."""
        block = self._blocks.get(address & ~(BLOCK_BYTES - 1)) or self._fetch(address)
        return int(_BIG_WORD.unpack_from(block, address & (BLOCK_BYTES - 1))[0])

    def piece(self, address: int, size: int) -> bytes:
        begin = address & (BLOCK_BYTES - 1)
        if begin + size > BLOCK_BYTES or address & SEGMENT != PLAIN:
            return bytes(self._read(address, size))
        address &= WORD
        block = self._blocks.get(address - begin) or self._fetch(address)
        return block[begin : begin + size]

    def _fetch(self, address: int) -> bytes:
        place = address & ~(BLOCK_BYTES - 1)
        block = self._blocks[place] = bytes(self._read(place, BLOCK_BYTES))
        return block


class Walker:
    """`entries`: [first address, one past the last, rows] each, sorted; a row is as `drivers/binary/frames.py` says."""

    def __init__(self, entries: list[Any], memory: Memory, register: Callable[[int], int]) -> None:
        self._starts = [entry[0] for entry in entries]
        self._ends = [entry[1] for entry in entries]
        self._rows = [entry[2] for entry in entries]
        self._addresses = [[row[0] for row in entry[2]] for entry in entries]
        self._memory = memory
        self._register = register
        self._found: dict[int, Any] = {}
        self._opaque: set[int] = set()  # addresses in callers where gdb found more, or something else

    def key(self, pc: int, frame: int) -> Key | None:
        """The callers of the function that stopped at `pc` with the canonical frame address `frame`.

        Ends with a caller that has no entry in the table. None where it cannot be known.
        """
        found = self.walk(pc, frame)
        if found is None or any(back in self._opaque for back, _, _ in found):
            return None
        return tuple((back, caller) for back, caller, _ in found)

    def walk(self, pc: int, frame: int) -> list[tuple[int, int, bool]] | None:
        """The same, whoever may agree; and for each whether it made a call: else an exception interrupted it."""
        row = self.row(pc & WORD)
        if row is None:
            return None
        frame &= WORD
        word = self._memory.word
        found: list[tuple[int, int, bool]] = []
        pointer: int | None = None  # not saved so far: the register has it
        link: int | None = None
        while len(found) < FRAME_LIMIT:
            _, _, _, at_back, at_pointer, at_link, at_stack = row
            if at_back is not None:
                back = word(frame + at_back & WORD)
            elif link is not None or not found:
                back = self._register(RETURN_ADDRESS) if link is None else link
            else:
                return None
            if at_pointer is not None:
                pointer = word(frame + at_pointer & WORD)
            link = None if at_link is None else word(frame + at_link & WORD)
            stack = frame if at_stack is None else word(frame + at_stack & WORD)
            # A call is the instruction before; what an exception interrupted is the one itself.
            row = self.row(back - 1 if link is None else back)
            if row is None or row[1] not in (STACK_POINTER, FRAME_POINTER):  # the outermost, if gdb agrees
                found.append((back, frame, link is None))
                return found
            if row[1] == STACK_POINTER:
                frame = stack + row[2] & WORD
            else:
                pointer = self._register(FRAME_POINTER) if pointer is None else pointer
                frame = pointer + row[2] & WORD
            found.append((back, frame, link is None))
        return None

    def is_confirmed(self, key: Key, seen: Sequence[tuple[int, int]]) -> bool:
        """Whether gdb found the same (without inlined frames), and nothing beyond. It has no address for the last."""
        pcs = [pc & WORD for pc, _ in seen]
        if pcs == [pc for pc, _ in key] and all(a[1] == b[1] & WORD for a, b in zip(key[:-1], seen, strict=False)):
            return True
        self._opaque.add(key[-1][0])
        return False

    def row(self, address: int) -> Any:
        """The row for the code at the address; None where there is none."""
        if address not in self._found:
            number = bisect_right(self._starts, address) - 1
            self._found[address] = (
                self._rows[number][bisect_right(self._addresses[number], address) - 1]
                if number >= 0 and address < self._ends[number]
                else None
            )
        return self._found[address]
