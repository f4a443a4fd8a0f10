"""The worker: loads lldb in an interpreter that can, runs one program under it, and writes what it sees to a pipe.

The host (`drivers/lldb/session.py`) starts it. Standard library only. Each probe is a breakpoint at an address; at each
stop the threads that stand at one are looked at, and the program goes on. lldb 14 calls back at breakpoints that stand
side by side without need, so it is not asked to.
"""

from __future__ import annotations

import json
import mmap
import os
from typing import Any

from drivers.inside.records import Records
from drivers.lldb.loading import load


def start(
    records_descriptor: int, control_descriptor: int, config_descriptor: int, package: str, library: str, server: str
) -> None:
    """Run to the end and tell the host everything. Called once, by the host's command line."""
    records = Records(records_descriptor)
    load(package, library, server)
    records.add("hello")
    with os.fdopen(config_descriptor, "rb") as file:
        config: dict[str, Any] = json.loads(file.read())
    control = mmap.mmap(control_descriptor, 1)
    os.close(control_descriptor)
    from drivers.lldb.target import Failure  # these need the module lldb

    watch: Any
    if "remote" in config:
        from drivers.lldb.kernel_watcher import KernelWatcher as watch
    else:
        from drivers.lldb.watcher import Watcher as watch
    try:
        watch(records, control, config).run()
    except Failure as failure:
        records.add("error", str(failure))
    records.flush()
    # lldb's threads may hold up an orderly end; the host kills what is left of the program.
    os._exit(0)
