"""Builders: from sources to a binary with debug information."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from dexverify.builders.base import Builder, BuildRequest
from dexverify.builders.native import NativeBuilder
from dexverify.builders.os161 import NoTree, Os161Builder
from dexverify.builders.prebuilt import PrebuiltBuilder
from dexverify.builders.script import ScriptBuilder
from dexverify.errors import ConfigError

__all__ = [
    "BUILDERS",
    "BuildRequest",
    "Builder",
    "NativeBuilder",
    "Os161Builder",
    "PrebuiltBuilder",
    "ScriptBuilder",
    "builder_for",
]

BUILDERS = ("gcc", "clang", "os161")
_CPP = {"gcc": "g++", "clang": "clang++"}


def builder_for(name: str) -> Builder:
    """The builder called `name`: `gcc`, `clang`, a version of them (`gcc-13`), or the path of a build script.

    Whether the compiler is installed shows when it builds. `os161` is known as well, but builds whole trees and no
    request: that is `Os161Builder`.

    Raises:
        ConfigError: there is no such builder; the message names those that there are.
    """
    if native := re.fullmatch(r"(gcc|clang)(-[0-9]+)?", name):
        family, version = native[1], native[2] or ""
        return NativeBuilder(name, c_compiler=name, cpp_compiler=_CPP[family] + version)
    if name == "os161":
        return NoTree()
    if "/" in name:
        return ScriptBuilder(Path(name))
    near = difflib.get_close_matches(name, BUILDERS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(
        f"no builder called {name!r}: there are {', '.join(BUILDERS)}, a version of a compiler (gcc-13), "
        f"and the path of a build script (./build.sh){hint}"
    )
