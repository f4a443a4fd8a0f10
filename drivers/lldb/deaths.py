"""Deaths that lldb does not notice: it may wait for ever for a program, or a server, that is gone. Runs in the worker.

lldb 14 loses the event now and then: `SBProcess.Continue` does not return, although the packet that tells of the death
was read.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterable

#: So long lldb may take to notice.
GRACE_S = 2.0


def watch_for_deaths(pids: Iterable[int], tell: Callable[[], None]) -> None:
    """Call `tell` from a thread of its own, a while after one of the processes died, if we are still there then."""
    poller = select.poll()
    try:
        for pid in pids:
            poller.register(os.pidfd_open(pid), select.POLLIN)
    except OSError:  # Linux before 5.3
        return

    def wait() -> None:
        poller.poll()
        time.sleep(GRACE_S)
        tell()

    threading.Thread(target=wait, daemon=True).start()
