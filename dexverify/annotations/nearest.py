"""What the user probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_LISTED = 20


def suggest(name: str, known: Iterable[str], otherwise: str = "known here") -> str:
    """A hint with the nearest known name, or with all of them where none is near (none if they are many)."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6) or [n for n in names if n.lower() == name.lower()]
    if near:
        return f"did you mean {near[0]}?"
    return f"{otherwise}: {', '.join(names)}" if 0 < len(names) <= _MAX_LISTED else ""
