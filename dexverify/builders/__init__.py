"""Builders: from sources to a binary with debug information."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from dexverify.builders.base import Builder, BuildRequest
from dexverify.builders.native import NativeBuilder
from dexverify.builders.prebuilt import PrebuiltBuilder
from dexverify.builders.script import ScriptBuilder
from dexverify.errors import ConfigError

__all__ = [
    "BUILDERS",
    "BuildRequest",
    "Builder",
    "NativeBuilder",
    "PrebuiltBuilder",
    "ScriptBuilder",
    "builder_for",
]

BUILDERS = ("gcc", "clang")
_CPP = {"gcc": "g++", "clang": "clang++"}


def builder_for(name: str | None) -> Builder:
    """The builder called `name`: `gcc` (also for None), `clang`, a version (`gcc-13`), or the path of a build script.

    Whether the compiler is installed shows when it builds.

    Raises:
        ConfigError: there is no such builder; the message names those that there are.
    """
    name = "gcc" if name is None else name
    if native := re.fullmatch(r"(gcc|clang)(-[0-9]+)?", name):
        family, version = native[1], native[2] or ""
        return NativeBuilder(name, c_compiler=name, cpp_compiler=_CPP[family] + version)
    if "/" in name:
        return ScriptBuilder(Path(name))
    near = difflib.get_close_matches(name, BUILDERS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(
        f"no builder called {name!r}: there are {', '.join(BUILDERS)} (also with a version: gcc-13), "
        f"and the path of a build script (./build.sh){hint}"
    )
