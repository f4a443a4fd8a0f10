"""Which tests a name marks as expected to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from dexverify.discovery import discover
from dexverify.options import Options


@pytest.mark.parametrize(
    ("folder", "name", "here", "is_xfail"),
    [
        (".", "xfail_a.c", ".", True),
        (".", "a.c", ".", False),
        ("xfail_suite", "a.c", ".", True),
        ("xfail_suite/deep", "a.c", ".", True),
        ("xfail_suite", "a.c", "xfail_suite", True),  # its own folder counts, from wherever one looks
        ("xfail_home/checkout/suite", "a.c", "xfail_home/checkout", False),  # a folder above us does not
    ],
)
def test_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, name: str, here: str, is_xfail: bool
) -> None:
    path = tmp_path / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("int main(void) { return 0; } // DexVerify(True)\n")
    monkeypatch.chdir(tmp_path / here)
    assert [case.is_xfail for case in discover([path], Options())] == [is_xfail]
    assert [case.is_xfail for case in discover([path.relative_to(tmp_path / here)], Options())] == [is_xfail]
