"""The line that mends a missing command: the exact package install, for Debian and Ubuntu."""

from __future__ import annotations

import re
from collections.abc import Iterable

_INSTALL = "sudo apt-get install "
# Only where the package is not named as the command is.
_PACKAGES = {
    "clang++": "clang",
    "gdb-multiarch": "gdb-multiarch",
    "mips-linux-gnu-gcc": "gcc-mips-linux-gnu",
}


def install_line(*packages: str) -> str:
    """`sudo apt-get install …`, ready to be pasted."""
    return f"{_INSTALL}{' '.join(packages)}"


def merged(lines: Iterable[str]) -> str:
    """Several remedies as one: one line installs all packages, and what is no package stands after it, once."""
    given = [line for line in lines if line]
    installs = [line.removeprefix(_INSTALL) for line in given if line.startswith(_INSTALL)]
    packages = dict.fromkeys(package for install in installs for package in install.split())
    others = dict.fromkeys(line for line in given if not line.startswith(_INSTALL))
    return "; ".join([*([install_line(*packages)] if packages else []), *others])


def package_of(command: str) -> str:
    """The Debian package that has `command`; versioned compilers (`clang++-16`) have versioned packages."""
    if known := _PACKAGES.get(command):
        return known
    return re.sub(r"^clang\+\+-", "clang-", command)
