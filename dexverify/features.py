"""What XFAIL: and REQUIRES: can name besides capabilities: what LLVM's lit calls so, and debuggers."""

from __future__ import annotations

import re
import sys

SYSTEMS = {
    "linux": "linux",
    "system-linux": "linux",
    "darwin": "darwin",
    "system-darwin": "darwin",
    "windows": "win32",
    "system-windows": "win32",
}
"""A system's name, and what Python calls that system."""

DEBUGGERS = ("gdb", "lldb")

SANITIZERS = ("asan", "msan", "ubsan", "not_asan", "not_msan", "not_ubsan")
"""Whether LLVM's own tools were built with a sanitizer; see `dexverify.sanitizers`."""


def is_this_system(name: str) -> bool:
    return sys.platform == SYSTEMS[name]


def fails_here(xfail: str, debugger: str) -> bool:
    """Whether an `XFAIL:` with this text behind it means runs on this system with this debugger.

    A list of systems and debuggers means those, `*` all of them; any other text is a reason, and means all of them.
    """
    names = re.split(r"\s*,\s*", xfail)
    if not all(name in SYSTEMS or name in DEBUGGERS for name in names):
        return True
    return any(name == debugger or (name in SYSTEMS and is_this_system(name)) for name in names)
