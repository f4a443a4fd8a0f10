"""`asan`, `not_asan` and the like behind REQUIRES: and UNSUPPORTED:, as LLVM's lit has them.

They speak of LLVM's own tools, not of the program: its test suites cannot be run in full with tools that were built
with a sanitizer, and mark the tests that then make no sense.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

_RUNTIMES = {"asan": b"__asan_init\0", "msan": b"__msan_init\0", "ubsan": b"__ubsan_handle_"}
"""What every program that was built with the sanitizer imports, or exports if the runtime is linked into it."""

_NOT = "not_"
_TOOLS = ("clang", "lldb")


def unmet(feature: str) -> str | None:
    """Why one of `features.SANITIZERS` is not given on this machine; None if it is."""
    name = feature.removeprefix(_NOT)
    paths = [Path(path) for tool in _TOOLS if (path := shutil.which(tool)) is not None]
    instrumented = next((path for path in paths if _RUNTIMES[name] in _symbols(path)), None)
    if feature == name and instrumented is None:
        return f"{feature} is required, and neither {' nor '.join(_TOOLS)} was built with that sanitizer"
    if feature != name and instrumented is not None:
        return f"{feature} is required, and {instrumented} was built with that sanitizer"
    return None


def _symbols(path: Path) -> bytes:
    """The names of a program's dynamic symbols; none of a script that starts it."""
    try:
        with path.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".dynstr")
            return bytes(section.data()) if section is not None else b""
    except (OSError, ELFError):
        return b""
