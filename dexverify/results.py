"""Where in `--results-directory` what belongs to a test is put."""

from __future__ import annotations

from pathlib import Path


def results_folder(directory: Path, label: str) -> Path:
    """The tests' own tree again: two of them never meet, and no name grows too long."""
    return directory.joinpath(*("up" if part == ".." else part for part in Path(label).parts if part != "/"))
