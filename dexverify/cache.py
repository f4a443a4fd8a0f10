"""Where dexter keeps what it may lose: in the user's cache folder, as XDG has it."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/dexter`, else `~/.cache/dexter`; it need not exist.

    Not beside the tests: a run must not change a tree, and that may be read-only. XDG's Base Directory Specification
    has a relative XDG_CACHE_HOME be ignored.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path("~/.cache").expanduser()) / "dexter"
