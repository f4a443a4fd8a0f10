"""How reports call files: as seen from a folder, where they are below it."""

from __future__ import annotations

from pathlib import Path, PurePath


def own_place(label: str) -> PurePath:
    """What a test has for itself in a folder of results: the tests' own tree again, so that no two of them meet."""
    return PurePath(*("up" if part == ".." else part for part in PurePath(label).parts if part != "/"))


def relative(path: str, root: Path) -> str:
    """The path as seen from `root`; as it is when it is not below."""
    try:
        return str(Path(path).absolute().relative_to(root.absolute()))
    except ValueError:
        return path


def shown_path(path: str, source_root: Path | None) -> str:
    """How a test's path is told: with `--source-root-dir`, as seen from there."""
    return path if source_root is None else relative(path, source_root)
