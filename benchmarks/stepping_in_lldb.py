"""Runs in the interpreter of lldb's module, for `benchmarks.lldb`: the program is stepped by `StepInto`, and read by
`EvaluateExpression`, as DExTer does it: `… PACKAGE LIBRARY SERVER BINARY ARGUMENT WANTED LINES EXPRESSION…`.

With one thread a breakpoint at `main` is enough. Whoever steps one of several threads loses the others, so LINES, if it
is not 0, is how many lines of the program get a breakpoint each, as DExTer does it always, though it refuses threads.
Steps are those in the program itself: what is elsewhere is left by `Continue` then, and else by `StepOut`.
"""

import os
import runpy
import sys
import time
from pathlib import Path

loading = runpy.run_path(str(Path(__file__).parents[1] / "drivers" / "lldb" / "loading.py"))
package, library, server, binary, argument, wanted, lines, *expressions = sys.argv[1:]
lldb = loading["load"](package, library, server)
debugger = lldb.SBDebugger.Create(False)
debugger.SetAsync(False)
target = debugger.CreateTarget(binary)
main = target.BreakpointCreateByName("main")
source = main.GetLocationAtIndex(0).GetAddress().GetLineEntry().GetFileSpec()
for line in range(1, int(lines) + 1):
    target.BreakpointCreateByLocation(source, line)
launch = lldb.SBLaunchInfo([argument])
for descriptor in (1, 2):
    launch.AddOpenFileAction(descriptor, os.devnull, False, True)
process = target.Launch(launch, lldb.SBError())
steps = []
started = time.perf_counter()
while process.GetState() == lldb.eStateStopped and len(steps) < int(wanted):
    thread = process.GetSelectedThread()
    innermost = thread.GetFrameAtIndex(0)
    if innermost.GetModule().GetFileSpec().fullpath != binary:
        process.Continue() if int(lines) else thread.StepOut()
        continue
    frames = []
    for frame in thread:
        entry = frame.GetLineEntry()
        frames.append((frame.GetFunctionName(), entry.GetFileSpec().fullpath, entry.GetLine()))
    steps.append((frames, [innermost.EvaluateExpression(expression).GetValue() for expression in expressions]))
    thread.StepInto()
print(f"RESULT {len(steps)} {time.perf_counter() - started}")
process.Kill()
