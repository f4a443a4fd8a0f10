"""The pipe to the host. There is no dialogue: what watches a run writes what it sees.

Records are lines of JSON, each an array whose first element says what it is:
    ["hello"]                            gdb has Python, and the agent is there
    ["pid", number]                      the program is there, and has run no instruction of its own
    ["type", id, name]                   a type's name
    ["frame", id, parent id, function, path, line, is inlined, address]
    ["step", probe, thread, frame id, entered, [[sample, …token], …]]
    ["signal", name, frame id]           a signal that mostly kills; it may still be handled
    ["exit", code]  ["killed", signal name]
    ["panic", frame id]                  the kernel is at the first line of its panic function
    ["begin", address]                   a thread of the kernel begins; the address of its first function's frame
    ["trap", frame id]                   the machine stopped by itself; it waits for the debugger
    ["closed", message]                  the connection to the machine is gone
    ["error", message]
A token is a value (tokens.py).
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import Any

BATCH, DELAY_S = 500, 0.01


class Records:
    """The pipe to the host. Batches of records, each `DELAY_S` old at most: waking the host is as dear as a step."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)  # neither the program nor its shell may have it
        self._descriptor = descriptor
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
        # The thread must get none of the signals that gdb waits for; it inherits the mask.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        threading.Thread(target=self._flush_for_ever, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def add(self, *record: Any) -> None:
        self._lines.append(self._encode(record) + "\n")
        if len(self._lines) >= BATCH:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            count = len(self._lines)  # more may come while this goes on
            data = "".join(self._lines[:count]).encode()
            del self._lines[:count]
            while data:
                data = data[os.write(self._descriptor, data) :]

    def _flush_for_ever(self) -> None:
        while True:
            time.sleep(DELAY_S)
            self.flush()


def name_signal(number: int) -> str:
    names = {known.value: known.name for known in signal.Signals}
    return names.get(number, f"SIG{number}")  # most real-time signals have no name
