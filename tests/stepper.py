"""gdb's own `step`, as an oracle for ours: the places at which it stops, from main on."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from drivers.process import run

# Runs in gdb: `step` from main on, coming back from wherever there is no source of ours.
STEPPER = r"""
import json
import os
import gdb

for name in ("pagination", "confirm", "debuginfod enabled"):
    gdb.execute(f"set {name} off")
gdb.execute("set debug-file-directory")
sources = json.loads(os.environ["STEP_SOURCES"])
over = []
gdb.events.exited.connect(over.append)
gdb.execute("break main", to_string=True)
gdb.execute("run > /dev/null < /dev/null", to_string=True)
steps = []
while not over and len(steps) < int(os.environ["STEP_LIMIT"]):
    frame = gdb.newest_frame()
    sal = frame.find_sal()
    if sal.symtab is None or sal.symtab.fullname() not in sources:
        # Back in the middle of a line of ours, which is no place where `step` would stop.
        gdb.execute("finish", to_string=True)
        gdb.execute("step", to_string=True)
        continue
    depth = 0
    outer = frame
    while outer is not None:
        depth += 1
        outer = outer.older()
    steps.append((frame.name(), sal.line, depth))
    gdb.execute("step", to_string=True)
with open(os.environ["STEP_OUTPUT"], "w") as file:
    json.dump(steps, file)
"""


def steps_of_gdb(
    sources: Sequence[Path], binary: Path, *, arguments: Sequence[str] = (), limit: int = 10_000
) -> list[tuple[str, int, int]]:
    """(function, line, depth of the stack) at each stop in one of the sources, at most `limit` of them."""
    script, output = binary.with_suffix(".py"), binary.with_suffix(".json")
    script.write_text(STEPPER)
    told = {
        "STEP_SOURCES": json.dumps([str(path) for path in sources]),
        "STEP_LIMIT": str(limit),
        "STEP_OUTPUT": str(output),
    }
    command = ["gdb", "-nx", "-batch", "-x", str(script), "--args", str(binary), *arguments]
    completed = run(command, deadline_s=100, environment={**os.environ, **told})
    assert output.exists(), completed.output
    return [tuple(step) for step in json.loads(output.read_text())]
