"""The package as a whole: its example runs, and what it exports is there."""

from __future__ import annotations

import doctest

import ltd


def test_the_example_runs() -> None:
    results = doctest.testmod(ltd)
    assert results.attempted > 0
    assert results.failed == 0


def test_what_is_exported_is_there_and_documented() -> None:
    for name in ltd.__all__:
        exported = getattr(ltd, name)
        assert exported.__doc__, name
