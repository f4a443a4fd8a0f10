"""The program under lldb: created, launched, stopped before its first instruction. Runs in the worker."""

from __future__ import annotations

import os
from typing import Any

import lldb

SETTINGS = (
    # Nothing of the user's, and nothing that comes along with a binary, is loaded or run.
    "target.load-script-from-symbol-file false",
    "target.load-cwd-lldbinit false",
    "symbols.enable-external-lookup false",
    # Values are as the program has them, not as a script of lldb would show them.
    "target.enable-synthetic-value false",
    "target.prefer-dynamic-value no-dynamic-values",
    "target.process.disable-memory-cache false",
    # Whoever forks is followed as gdb does it.
    "target.process.follow-fork-mode parent",
    "target.process.detach-on-error true",
    # The program's environment is ours, without what lldb itself was told by it.
    "target.unset-env-vars LLDB_DEBUGSERVER_PATH",
)


class Failure(Exception):
    """lldb refuses. The message is for the user."""


def make_debugger() -> Any:
    debugger = lldb.SBDebugger.Create(False)
    debugger.SetAsync(False)
    for setting in SETTINGS:
        result = lldb.SBCommandReturnObject()
        debugger.GetCommandInterpreter().HandleCommand(f"settings set {setting}", result)
    return debugger


def make_target(debugger: Any, binary: str) -> Any:
    error = lldb.SBError()
    target = debugger.CreateTarget(binary, None, None, False, error)
    if not target.IsValid():
        raise Failure(f"lldb cannot read {binary}: {error.GetCString()}")
    return target


def launch(target: Any, config: dict[str, Any]) -> Any:
    """The process, stopped at the entry of its loader."""
    info = target.GetLaunchInfo()  # with our environment
    info.SetArguments(config["arguments"], False)
    info.SetLaunchFlags(lldb.eLaunchFlagStopAtEntry | lldb.eLaunchFlagDisableASLR)
    info.SetWorkingDirectory(config["directory"])
    info.AddOpenFileAction(0, config["stdin"] or os.devnull, True, False)
    for descriptor in (1, 2):
        info.AddOpenFileAction(descriptor, config["terminal"], False, True)
    error = lldb.SBError()
    process = target.Launch(info, error)
    if error.Fail() or process.GetState() != lldb.eStateStopped:
        raise Failure(error.GetCString() or "the program did not stop at its beginning")
    return process


def load_bias(target: Any) -> int:
    """How far from where its file says the program is."""
    header = target.GetModuleAtIndex(0).GetObjectFileHeaderAddress()
    return int(header.GetLoadAddress(target) - header.GetFileAddress())


def set_up_signals(process: Any, fatal: list[str]) -> None:
    """The program's own signals are its own business: lldb stops only for those that tell of a mistake."""
    signals = process.GetUnixSignals()
    for i in range(signals.GetNumSignals()):
        number = signals.GetSignalAtIndex(i)
        name = signals.GetSignalAsCString(number)
        if name == "SIGSTOP":  # what the debugger itself uses
            continue
        # A SIGTRAP that no breakpoint explains is an instruction of the program's own.
        signals.SetShouldStop(number, name in fatal or name == "SIGTRAP")
        signals.SetShouldNotify(number, False)
        signals.SetShouldSuppress(number, False)


def how_it_ended(debugger: Any) -> tuple[str, int] | None:
    """How the program ended: ("exit", its status) or ("killed", a signal's number); None where it was lost.

    lldb 14 tells only a number, which may be either; the last packet that its server sent says which (GDB manual,
    "Stop Reply Packets": `W` and `X`).
    """
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand("process plugin packet history", result)
    told = [line.rpartition("read packet: ")[2] for line in (result.GetOutput() or "").splitlines() if "read" in line]
    last = next((packet for packet in reversed(told) if packet[:2] in ("$W", "$X")), None)
    return None if last is None else ("killed" if last[1] == "X" else "exit", int(last[2:4], 16))
