"""How reports call files: as seen from a folder, where they are below it."""

from __future__ import annotations

from pathlib import Path


def relative(path: str, root: Path) -> str:
    """The path as seen from `root`; as it is when it is not below."""
    try:
        return str(Path(path).absolute().relative_to(root.absolute()))
    except ValueError:
        return path
