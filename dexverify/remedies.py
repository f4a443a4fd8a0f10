"""The line that mends a missing command: the exact package install, for Debian and Ubuntu."""

from __future__ import annotations

import re

# Only where the package is not named as the command is.
_PACKAGES = {
    "clang++": "clang",
    "gdb-multiarch": "gdb-multiarch",
    "mips-linux-gnu-gcc": "gcc-mips-linux-gnu",
}


def install_line(*packages: str) -> str:
    """`sudo apt-get install …`, ready to be pasted."""
    return f"sudo apt-get install {' '.join(packages)}"


def package_of(command: str) -> str:
    """The Debian package that has `command`; versioned compilers (`clang++-16`) have versioned packages."""
    if known := _PACKAGES.get(command):
        return known
    return re.sub(r"^clang\+\+-", "clang-", command)
