"""Makes our package known to the Python inside a debugger, which sees no virtual environment.

Given to gdb as a script, and run by the worker of lldb. Nothing is put on `sys.path`, so nothing else is found that was
not found before.
"""

from __future__ import annotations

import importlib.util
import sys


def boot(root: str) -> None:
    """`root`: the folder of the package `drivers`."""
    spec = importlib.util.spec_from_file_location("drivers", f"{root}/__init__.py", submodule_search_locations=[root])
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no package in {root}")
    package = sys.modules["drivers"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
