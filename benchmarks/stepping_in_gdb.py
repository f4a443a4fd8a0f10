"""Runs in gdb's Python, for `benchmarks.steps`: the program is stepped with gdb's own `step`, and read at each stop."""

import os
import time

import gdb

for setting in ("pagination off", "confirm off", "debug-file-directory"):
    gdb.execute(f"set {setting}")
gdb.execute("break main", to_string=True)
gdb.execute(f"run {os.environ['STEPS_ROUNDS']}", to_string=True)
expressions = os.environ["STEPS_EXPRESSIONS"].split()
wanted = int(os.environ["STEPS_WANTED"])
steps = []
started = time.perf_counter()
while len(steps) < wanted:
    frames = []
    frame = gdb.newest_frame()
    while frame is not None:
        sal = frame.find_sal()
        frames.append((frame.name(), sal.symtab.fullname() if sal.symtab else None, sal.line))
        frame = frame.older()
    steps.append((frames, [int(gdb.parse_and_eval(expression)) for expression in expressions]))
    gdb.execute("step", to_string=True)
print(f"RESULT {len(steps)} {time.perf_counter() - started}")
