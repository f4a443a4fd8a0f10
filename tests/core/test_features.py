"""XFAIL and REQUIRES by system and debugger."""

from __future__ import annotations

import sys

import pytest

from dexverify import doctor
from dexverify.errors import ConfigError
from dexverify.features import fails_here


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize(
    ("xfail", "with_gdb", "with_lldb"),
    [
        ("", True, True),
        ("*", True, True),
        ("not mended yet", True, True),
        ("lldb does not see it", True, True),
        ("system-windows", False, False),
        ("system-windows, darwin", False, False),
        ("system-linux", True, True),
        ("darwin, linux", True, True),
        ("lldb", False, True),
        ("gdb,lldb", True, True),
        ("gdb, windows", True, False),
    ],
)
def test_where_a_failure_is_expected(xfail: str, with_gdb: bool, with_lldb: bool) -> None:
    assert (fails_here(xfail, "gdb"), fails_here(xfail, "lldb")) == (with_gdb, with_lldb)


def test_a_system_can_be_required() -> None:
    assert doctor.missing(["linux", "system-linux"]) is None
    assert doctor.missing(["linux", "system-windows"]) == "system-windows is required, and this is linux"
    with pytest.raises(ConfigError, match="'linus'; did you mean 'linux'"):
        doctor.check_names(["linus"])
