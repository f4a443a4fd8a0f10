"""Runs in gdb's Python, for `benchmarks.kernel`: breakpoints on the lines, `continue`, and a look at each stop."""

import os
import time

import gdb

for command in os.environ["KERNEL_SETUP"].split("\n"):
    gdb.execute(command, to_string=True)
# Else gdb writes them all anew at each stop: this loop is to be as good as it can be.
gdb.execute("set breakpoint always-inserted on")
for address in os.environ["KERNEL_ADDRESSES"].split():
    gdb.execute(f"break *{address}", to_string=True)
expressions = os.environ["KERNEL_EXPRESSIONS"].split()
wanted = int(os.environ["KERNEL_WANTED"])
steps = []
gdb.execute("continue", to_string=True)
started = time.perf_counter()
while len(steps) < wanted:
    frames = []
    frame = gdb.newest_frame()
    while frame is not None:
        sal = frame.find_sal()
        frames.append((frame.name(), sal.symtab.fullname() if sal.symtab else None, sal.line))
        frame = frame.older()
    steps.append((frames, [int(gdb.parse_and_eval(expression)) for expression in expressions]))
    gdb.execute("continue", to_string=True)
print(f"RESULT {len(steps)} {time.perf_counter() - started}")
gdb.execute("kill", to_string=True)
