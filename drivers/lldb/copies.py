"""How a thread leaves a probe: by a copy of the instruction there, which jumps back behind it.

lldb takes its breakpoint away, steps, and puts it back: two stops for one. A copy takes one. It stands in what is left
of the last page of the program's code, which is nobody's. Instructions that say where they are, or go elsewhere, are
left to lldb, and so are all where the program handles signals: their handlers must find the program where it is. x86-64
only. Runs in the worker.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lldb

_PAGE = 4096
_JUMP = 5  # bytes
# Neither branches, nor what could fault elsewhere than on the stack, nor what knows its address.
_NAMES = (
    r"(?:mov|lea|add|sub|cmp|test|and|or|xor|not|neg|inc|dec|sh[lr]|sa[lr]|cvt|pxor|nop|cltq|cwtl|cltd|cqto|set)\w* *"
)
_MOVABLE = re.compile(_NAMES + r"(?:\$-?\w+|%\w+|-?\w*\(%r[bs]p\))?(?:, *(?:%\w+|-?\w*\(%r[bs]p\)))?")
# A variable of the program's own, by its distance, which is at the end where there is no number besides.
_RELATIVE = re.compile(_NAMES + r"(?:(?:%\w+, *)?(-?\w+)\(%rip\)|(-?\w+)\(%rip\), *%\w+)")
# In the mask of caught signals: those that the C library itself handles, for threads.
_OWN_SIGNALS = 1 << 31 | 1 << 32
_CAUGHT = re.compile(rb"^SigCgt:\s*([0-9a-f]+)", re.MULTILINE)


class Copies:
    """Of the instructions at probes. `process` is stopped."""

    def __init__(self, target: Any, process: Any) -> None:
        self._process = process
        self._places: dict[int, int] = {}
        self._originals: dict[int, int] = {}
        self._next, self._end = _slack(target) if target.GetTriple().startswith("x86_64") else (0, 0)
        self._status = os.open(f"/proc/{process.GetProcessID()}/status", os.O_RDONLY)

    def add(self, address: int, code: bytes, text: str) -> None:
        """The instruction `text`, whose code this is. Nothing is done where it cannot be copied."""
        size, place = len(code) + _JUMP, self._next
        if relative := _RELATIVE.fullmatch(text.strip()):
            distance = int(relative[1] or relative[2], 0)
            if code[-4:] != _word(distance):
                return
            code = code[:-4] + _word(distance + address - place)
        elif not _MOVABLE.fullmatch(text.strip()):
            return
        if place + size > self._end:
            return
        error = lldb.SBError()
        self._process.WriteMemory(place, code + b"\xe9" + _word(address + len(code) - (place + size)), error)
        if error.Success():
            self._next += size
            self._places[address] = place
            self._originals[place], self._originals[place + len(code)] = address, address + len(code)

    def leave(self, standing: list[tuple[Any, int]]) -> bool:
        """Have the threads, each of which stands at the probe, go on in the copies; False where one cannot.

        All or none: lldb would let the others wait for one, and take what they stopped for, which is no breakpoint any
        more, for a signal.
        """
        if not all(pc in self._places for _, pc in standing) or not self.are_safe:
            return False
        for thread, pc in standing:
            thread.GetFrameAtIndex(0).SetPC(self._places[pc])
        return True

    @contextmanager
    def away(self, thread: Any) -> Iterator[None]:
        """A thread that stands in a copy stands at what that is a copy of, meanwhile."""
        place = thread.GetFrameAtIndex(0).GetPC()
        original = self._originals.get(place)
        if original is not None:
            thread.GetFrameAtIndex(0).SetPC(original)
        yield
        if original is not None:
            thread.GetFrameAtIndex(0).SetPC(place)

    @property
    def are_safe(self) -> bool:
        """Whether no signal can interrupt the program in a copy, and its handler find it there."""
        caught = _CAUGHT.search(os.pread(self._status, 4096, 0))
        return caught is not None and not int(caught[1], 16) & ~_OWN_SIGNALS


def _word(distance: int) -> bytes:
    return distance.to_bytes(4, "little", signed=True)


def _slack(target: Any) -> tuple[int, int]:
    """From where to where nothing is in the last page of the program's code."""
    module = target.GetModuleAtIndex(0)
    for i in range(module.GetNumSections()):
        section = module.GetSectionAtIndex(i)
        is_segment = section.GetSectionType() == lldb.eSectionTypeContainer
        if is_segment and section.GetPermissions() & lldb.ePermissionsExecutable:
            end = section.GetLoadAddress(target) + section.GetByteSize()
            return end, -(-end // _PAGE) * _PAGE
    return 0, 0
