"""Loads the module `lldb` from where it is, mending what the distribution broke; run by the interpreter that can.

Debian's package of lldb 14 installs the module in a folder that no interpreter searches, with a link to its extension
that leads nowhere. The library that the link means is the extension itself, so it is loaded as such (nothing on the
system is changed). The standard library only. As a program it says which version was loaded: it is run with the
interpreter in question, because one that cannot load the library may well abort.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any


def load(package: str, library: str, server: str) -> Any:
    """The module. `package`: its folder, or "" to import it as everybody does; `library`: what its extension is, or "".

    Raises ImportError. What is only an empty namespace, as Debian's is for an interpreter that finds the folder
    without the module, counts as missing.
    """
    if server:  # lldb looks for it where it was installed, which is not where Debian put it
        os.environ["LLDB_DEBUGSERVER_PATH"] = server
    if library:
        _load_extension(library)
    module = _load_package(package) if package else importlib.import_module("lldb")
    if not hasattr(module, "SBDebugger"):
        raise ImportError("there is a folder called lldb on the path of this Python, but no module in it")
    return module


def _load_extension(library: str) -> None:
    loader = importlib.machinery.ExtensionFileLoader("lldb._lldb", library)
    spec = importlib.util.spec_from_file_location("lldb._lldb", library, loader=loader)
    if spec is None:
        raise ImportError(f"{library} is no extension module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules["lldb._lldb"] = module


def _load_package(folder: str) -> Any:
    spec = importlib.util.spec_from_file_location("lldb", f"{folder}/__init__.py", submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no package in {folder}")
    module = sys.modules["lldb"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    try:
        print(load(*sys.argv[1:4]).SBDebugger.GetVersionString().splitlines()[0])
    except ImportError as error:
        sys.exit(str(error))
