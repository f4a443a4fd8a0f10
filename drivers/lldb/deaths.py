"""Deaths that lldb does not notice: it may wait for ever for a program, or a server, that is gone. Runs in the worker.

lldb 14 loses the event now and then: `SBProcess.Continue` does not return, although the packet that tells of the death
was read.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterable

# Who dies of another's death does so within the first; that is known after the second; the third lldb may need.
_TOGETHER_S, _SETTLED_S, _GRACE_S = 0.002, 0.1, 2.0


class Deaths:
    """Watches processes. `dead` is those that died first."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.dead: frozenset[int] = frozenset()
        self._poller = select.poll()
        self._watched: dict[int, int] = {}
        with contextlib.suppress(OSError):  # Linux before 5.3
            for pid in pids:
                descriptor = os.pidfd_open(pid)
                self._watched[descriptor] = pid
                self._poller.register(descriptor, select.POLLIN)

    def watch(self, tell: Callable[[], None]) -> None:
        """Call `tell` from a thread of its own a while after a death, if we are still there then."""
        if self._watched:
            threading.Thread(target=self._wait, args=(tell,), daemon=True).start()

    def settle(self) -> None:
        """Wait until `dead` is known."""
        time.sleep(_SETTLED_S)

    def _wait(self, tell: Callable[[], None]) -> None:
        self._poller.poll()
        time.sleep(_TOGETHER_S)
        self.dead = frozenset(self._watched[descriptor] for descriptor, _ in self._poller.poll())
        time.sleep(_GRACE_S)
        tell()
