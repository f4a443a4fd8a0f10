"""How deep formulas may nest: they are walked by recursion.

`DexExpectWatchValue` of many values in order nests deepest. Python's own limit is that of frames of its own, of which a
level takes a few, and which since 3.11 take nothing of C's stack; what goes through C, the hash of a formula, takes
half of the usual 8 MB at most.
"""

from __future__ import annotations

import sys

_FRAMES = 20_000


def make_room() -> None:
    """For formulas as deep as annotations may be. Of use to whoever owns the process."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES))
