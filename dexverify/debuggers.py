"""The debuggers by name."""

from __future__ import annotations

from dexverify.errors import ConfigError
from dexverify.options import Options
from drivers.base import Driver

DEBUGGERS = ("gdb", "lldb")


def driver_for(options: Options) -> Driver:
    """The driver that the options ask for. Raises ConfigError for a debugger that there is no driver for."""
    match options.debugger:
        case "gdb":
            from drivers.gdb.driver import GdbDriver

            return GdbDriver(options.gdb, use_agent=options.gdb_agent)
        case "lldb":
            from drivers.lldb.driver import LldbDriver

            return LldbDriver(options.lldb)
    raise ConfigError(f"no debugger called {options.debugger!r}: there is {', '.join(DEBUGGERS)}")
