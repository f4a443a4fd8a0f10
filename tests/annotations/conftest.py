"""Parsing from text that is written to a file first, as a user has it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dexverify.annotations import parse_test
from dexverify.annotations.commands import Annotations
from dexverify.errors import AnnotationError, AnnotationErrors


class Folder:
    """A folder of source files that make one test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str | bytes, name: str = "t.c") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def parse(self, text: str | bytes, name: str = "t.c", **others: str) -> Annotations:
        """What a file says, together with others: `h='…'` is the text of `t.h`."""
        files = [self.write(text, name)]
        files += [self.write(content, f"t.{suffix}") for suffix, content in others.items()]
        return parse_test(files)

    def errors(self, text: str, name: str = "t.c", **others: str) -> tuple[AnnotationError, ...]:
        with pytest.raises(AnnotationErrors) as caught:
            self.parse(text, name, **others)
        return caught.value.errors


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def parse(folder: Folder) -> Callable[..., Annotations]:
    return folder.parse
