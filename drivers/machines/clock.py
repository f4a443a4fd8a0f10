"""The time of day that sys161 sees, the same in each run: it takes it from the host, and kernels read it.

What a kernel does with the time (divisions of 64 bits, which take a loop) changes how long it takes, and with several
processors who comes first. libfaketime (Debian package faketime) is preloaded where it is installed. It lets the time
go on from a fixed second, which is what sys161 begins its own time with: it must go on, since sys161 waits for it where
a kernel has nothing to do.
"""

from __future__ import annotations

from pathlib import Path

_LIBRARY = "faketime/libfaketime.so.1"
_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_TIME = "@2000-01-01 00:00:00"
HINT = "sys161 takes the time of day from this computer: with libfaketime (apt install faketime) a run can be repeated"


def fix_clock() -> list[str]:
    """What stands before a command, so that it sees the same time of day in each run; empty without the library."""
    # With or without the folder of an architecture.
    patterns = (_LIBRARY, f"*/{_LIBRARY}")
    found = (path for place in _PLACES for pattern in patterns for path in sorted(Path(place).glob(pattern)))
    library = next(found, None)
    if library is None:
        return []
    settings = {"LD_PRELOAD": str(library), "FAKETIME": _TIME, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    return ["env", *(f"{name}={value}" for name, value in settings.items())]
