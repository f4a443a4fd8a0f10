"""Runs in the interpreter of lldb's module, for `benchmarks.lldb`: the program is stepped by `StepInto`, and read by
`EvaluateExpression`, as DExTer does it: `… PACKAGE LIBRARY SERVER BINARY ARGUMENT WANTED EXPRESSION…`.
"""

import os
import runpy
import sys
import time
from pathlib import Path

loading = runpy.run_path(str(Path(__file__).parents[1] / "drivers" / "lldb" / "loading.py"))
package, library, server, binary, argument, wanted, *expressions = sys.argv[1:]
lldb = loading["load"](package, library, server)
debugger = lldb.SBDebugger.Create(False)
debugger.SetAsync(False)
target = debugger.CreateTarget(binary)
target.BreakpointCreateByName("main")
launch = lldb.SBLaunchInfo([argument])
for descriptor in (1, 2):
    launch.AddOpenFileAction(descriptor, os.devnull, False, True)
process = target.Launch(launch, lldb.SBError())
steps = []
started = time.perf_counter()
while process.GetState() == lldb.eStateStopped and len(steps) < int(wanted):
    thread = process.GetSelectedThread()
    frames = []
    for frame in thread:
        entry = frame.GetLineEntry()
        frames.append((frame.GetFunctionName(), entry.GetFileSpec().fullpath, entry.GetLine()))
    innermost = thread.GetFrameAtIndex(0)
    steps.append((frames, [innermost.EvaluateExpression(expression).GetValue() for expression in expressions]))
    thread.StepInto()
print(f"RESULT {len(steps)} {time.perf_counter() - started}")
process.Kill()
