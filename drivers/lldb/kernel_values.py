"""The samples of a kernel: those of outer frames are read in the frames that its table of frames tells of.

Runs in the worker.
"""

from __future__ import annotations

import re
from typing import Any

from drivers.inside.tokens import UNREADABLE, Token
from drivers.inside.walking import WORD
from drivers.lldb.computing import BELOW_NULL, Find
from drivers.lldb.kernel_finding import KernelFinder
from drivers.lldb.kernel_stacks import Level, TableStacks
from drivers.lldb.values import Sampler

_OF_PARENT = "parent failed to evaluate: "
_FAILED = re.compile(r"read memory from (0x[0-9a-f]+) failed")
_UNSEEN = (UNREADABLE, None, None, "lldb does not see the frames that an exception interrupted")


class KernelSampler(Sampler):
    """`has_looked_up` says whether something was read at the last step that had not been read at that address before.

    `outside`: global variables that are not in memory (drivers/binary/globals.py).
    """

    def __init__(
        self,
        samples: list[tuple[str, int, list[tuple[int, int]]]],
        bias: int,
        records: Any,
        target: Any,
        process: Any,
        stacks: TableStacks,
        outside: dict[str, int | None],
    ) -> None:
        super().__init__(samples, bias, records, target, process, KernelFinder(target, outside))
        self._stacks = stacks
        self.has_looked_up = False
        self._outside: dict[str, Find | None] = {}

    def changes(self, samples: tuple[int, ...], thread: Any, frame: Any, pc: int) -> list[Token]:
        known = len(self._finders)
        changed = super().changes(samples, thread, frame, pc)
        self.has_looked_up = len(self._finders) > known
        return changed

    def _read(self, i: int, thread: Any, frame: Any, pc: int) -> Token | None:
        expression, depth, hidden = self._samples[i]
        if depth == 0:
            return super()._read(i, thread, frame, pc)
        levels = self._stacks.levels(thread)
        if depth >= len(levels):
            return None
        level = levels[depth]
        pc = level.place.pc
        if any(low <= pc - 1 < high for low, high in hidden):
            return None
        outer = _find_frame(level, thread)
        if outer is not None:
            return self._read_in(i, outer, pc)
        if level.scope.path is not None:
            return _UNSEEN
        # Code that nothing is known of: what lldb has no frame for, since no more comes after it.
        if expression not in self._outside:
            self._outside[expression] = self._finder.find_outside(expression)
        find = self._outside[expression]
        value = None if find is None else find(frame)
        return None if value is None else self._token(value, frame, (i, pc))

    def _unreadable(self, value: Any, frame: Any, key: tuple[int, int]) -> Token:
        message = (value.GetError().GetCString() or "").split(_OF_PARENT)[-1]
        if message == BELOW_NULL:
            return self._below_null(frame, key)
        failed = _FAILED.match(message)
        if failed is not None:  # as gdb says it
            return (UNREADABLE, None, None, f"Cannot access memory at address {failed[1]}")
        return super()._unreadable(value, frame, key)


def _find_frame(level: Level, thread: Any) -> Any:
    """lldb's frame for the same; None where it has none."""
    place, scope = level.place, level.scope
    pc = None
    for number in range(thread.GetNumFrames()):
        frame = thread.GetFrameAtIndex(number)
        if pc is None:  # those that it is inlined in have another one in lldb
            pc = frame.GetPC()
        is_inlined = bool(frame.IsInlined())
        is_at = pc == place.pc and place.address in (0, frame.GetCFA() & WORD)
        if is_at and is_inlined == scope.is_inlined and (not is_inlined or _begin(frame) == scope.begin):
            return frame
        if not is_inlined:
            pc = None
    return None


def _begin(frame: Any) -> int:
    """Where the code of an inlined function begins."""
    return int(frame.GetFrameBlock().GetRangeStartAddress(0).GetFileAddress())
