"""What a kernel is booted with, from the parts that the command line and the annotations give."""

import pytest

from dexverify.targets import _boot_string


@pytest.mark.parametrize(
    ("parts", "boot", "is_said"),
    [
        (((), ()), "q", True),
        (((), ("tt1;q",)), "tt1;q", False),
        (((), ("tt1", ";", "sy1")), "tt1;sy1;q", True),
        ((("tt2;q",), ("sy1;q",)), "tt2;sy1;q", False),
        ((("tt2",), ("p /testbin/forktest; exit",)), "tt2;p /testbin/forktest;exit", False),
        (((), ("tt1;q;tt2",)), "tt1;q;tt2;q", True),  # as it was asked for, odd as it is
    ],
)
def test_boot_string(parts, boot, is_said):
    made, notes = _boot_string(*parts)
    assert made == boot
    assert bool(notes) == is_said
