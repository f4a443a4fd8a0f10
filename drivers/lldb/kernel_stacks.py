"""A kernel's stacks by its own call frame table, with lldb's names and lines for their addresses.

lldb's own unwinding does not pass an exception (drivers/machines/stacks.py), and asks the machine for more. Where the
table does not tell, lldb's frames are taken. Has what `drivers/lldb/stacks.py` has. Runs in the worker.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import lldb

from drivers.inside.steps import FRAME_LIMIT
from drivers.inside.walking import WORD
from drivers.lldb.names import function_name
from drivers.lldb.stacks import Activation, NumberedStacks
from drivers.machines.stacks import KernelStacks, Place

_PROLOGUE_BYTES = 64
# addi and addiu of sp
_ADJUSTMENTS = (0x23BD, 0x27BD)
_NEGATIVE = 0x8000


class Unreadable(Exception):
    """Memory that cannot be read."""


class Scope(NamedTuple):
    """What code belongs to, a function or one that is inlined in it: where that begins, and its line at an address."""

    name: str | None
    path: str | None
    line: int
    is_inlined: bool
    begin: int


class Level(NamedTuple):
    """A frame, which may be an inlined one's."""

    place: Place
    scope: Scope

    @property
    def activation(self) -> Activation:
        return (self.place.address, self.scope.begin, self.scope.is_inlined)


class TableStacks(NumberedStacks):
    """Unwound by the kernel's own table, `entries` (drivers/binary/frames.py).

    `is_damaged` says whether the stack that is looked at could not be read.
    """

    def __init__(self, records: Any, target: Any, process: Any, watched: Collection[int], entries: list[Any]) -> None:
        super().__init__(records, target, watched)
        self._process = process
        self._table = KernelStacks(entries, self._read, self._register)
        self._frame: Any = None  # the innermost of who is looked at
        self._levels: list[Level] | None = None  # of the same
        self.is_damaged = False
        self._scopes: dict[int, list[Scope]] = {}

    def activation(self, frame: Any, pc: int) -> Activation:
        """Of the innermost frame, at a probe."""
        self._look_at(frame)
        scope = self._scopes_at(pc)[0]
        address = self._table.address(pc)
        return (frame.GetCFA() & WORD if address is None else address, scope.begin, scope.is_inlined)

    def number(self, thread: Any, _frame: Any, activation: Activation, place: tuple[str, int], pc: int) -> int:
        """The number of the thread's stack, whose innermost frame is at the (path, line) `place`."""
        callers = self._callers.get(activation)
        if callers is None:
            callers = self._chain(self.levels(thread)[1:])
            self._remember(activation, callers)
        key = (callers, activation, place)
        if key not in self._numbers:
            path, line = place
            scope = self._scopes_at(pc)[0]._replace(path=path, line=line)
            self._add(key, pc, scope, activation[0])
        return self._numbers[key]

    def whole(self, thread: Any) -> int:
        """The number of the stack of a thread that stands anywhere."""
        self._look_at(thread.GetFrameAtIndex(0))
        return self._chain(self.levels(thread))

    def levels(self, thread: Any) -> list[Level]:
        """The frames of the thread that is looked at, innermost first."""
        if self._levels is None:
            self._levels = self._find_levels(thread)
        return self._levels

    def _find_levels(self, thread: Any) -> list[Level]:
        try:
            places = self._table.places(self._frame.GetPC())
        except Unreadable:
            self.is_damaged = True
            places = None
        found = [
            Level(place, scope)
            for place in (_places_of_lldb(thread) if places is None else places)
            for scope in self._scopes_at(place.line_pc)
        ]
        found = found[:FRAME_LIMIT]
        if len(found) > 1 and found[-1].scope.begin and not self._table.is_known(found[-1].place.line_pc):
            address = found[-2].place.address + self._frame_size(found[-1])
            found[-1] = found[-1]._replace(place=found[-1].place._replace(address=address))
        return found

    def _frame_size(self, level: Level) -> int:
        """How much of the stack a function takes that the table does not know, by how its code begins: as gdb does."""
        size = min(level.place.pc - level.scope.begin, _PROLOGUE_BYTES)
        for word in struct.unpack(f">{size // 4}I", self._read(level.scope.begin, size // 4 * 4)):
            if word >> 16 in _ADJUSTMENTS and word & _NEGATIVE:
                return 0x10000 - int(word & 0xFFFF)
        return 0

    def _look_at(self, frame: Any) -> None:
        self._frame = frame
        self._levels = None
        self.is_damaged = False
        self._table.forget()

    def _chain(self, levels: list[Level]) -> int:
        number = 0
        for level in reversed(levels):
            self._remember(level.activation, number)
            key = (number, level.activation, level.place.pc)
            if key not in self._numbers:
                self._add(key, level.place.pc, level.scope, level.place.address)
            number = self._numbers[key]
        return number

    def _add(self, key: tuple[int, Activation, Any], pc: int, scope: Scope, address: int) -> None:
        number = self._numbers[key] = len(self._numbers) + 1
        self._innermost.append((pc, key[1]))
        self._records.add("frame", number, key[0], scope.name, scope.path, scope.line, scope.is_inlined, address)

    def _scopes_at(self, address: int) -> list[Scope]:
        """What the code at the address belongs to, innermost first."""
        if address not in self._scopes:
            self._scopes[address] = list(_scopes_of(self._target.ResolveLoadAddress(address)))
        return self._scopes[address]

    def _read(self, address: int, size: int) -> bytes:
        error = lldb.SBError()
        data = self._process.ReadMemory(address, size, error)
        if error.Fail() or len(data) < size:
            raise Unreadable
        return bytes(data)

    def _register(self, number: int) -> int:
        return int(self._frame.FindRegister(f"r{number}").GetValueAsUnsigned())


def _scopes_of(address: Any) -> Iterator[Scope]:
    context = address.GetSymbolContext(lldb.eSymbolContextEverything)
    entry = context.GetLineEntry()
    path, line = (entry.GetFileSpec().fullpath, entry.GetLine()) if entry.IsValid() else (None, 0)
    block = _inlined_around(context.GetBlock())
    while block.IsValid():
        begin = block.GetRangeStartAddress(0).GetFileAddress()
        yield Scope(block.GetInlinedName(), path, line, True, begin)
        path, line = block.GetInlinedCallSiteFile().fullpath, block.GetInlinedCallSiteLine()
        block = _inlined_around(block.GetParent())
    owner = context.GetFunction() if context.GetFunction().IsValid() else context.GetSymbol()
    if owner.IsValid():
        yield Scope(function_name(owner.GetName()), path, line, False, owner.GetStartAddress().GetFileAddress())
    else:
        yield Scope(None, path, line, False, 0)


def _inlined_around(block: Any) -> Any:
    """The innermost inlined function that has the block, which may be its own."""
    return block if not block.IsValid() or block.IsInlined() else block.GetContainingInlinedBlock()


def _places_of_lldb(thread: Any) -> list[Place]:
    frames = (thread.GetFrameAtIndex(i) for i in range(min(thread.GetNumFrames(), FRAME_LIMIT)))
    found: list[Place] = []
    for frame in frames:
        if not frame.IsInlined():
            pc = frame.GetPC()
            found.append(Place(pc, pc - 1 if found else pc, frame.GetCFA() & WORD))
    return found
