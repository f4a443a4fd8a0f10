"""Killed in the middle of a run at moments of chance: every file opens, with every step up to a second before."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dexverify.options import Options
from dexverify.recordings.checking import check_own
from dexverify.recordings.loading import load_recording
from drivers.state import EndKind, Sample

# The program notes the time of its own clock, so that a recording says until when it goes.
PROGRAM = """
#include <time.h>
// DexVerify(Henceforth(Expect('milliseconds', '>=', 0)))
static long milliseconds;

int main(void)
{
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        milliseconds = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    }
}
"""


@pytest.mark.parametrize("moment", range(20))
def test_a_killed_run_is_there_up_to_a_second_before(moment: int, tmp_path: Path) -> None:
    (tmp_path / "clock.c").write_text(PROGRAM)
    command = [sys.executable, "-c", "import sys; from dexverify.cli import main; sys.exit(main())"]
    with subprocess.Popen(
        [*command, "test", "--results-directory", "kept", "clock.c"], cwd=tmp_path, stdout=subprocess.DEVNULL
    ) as dexter:
        path = tmp_path / "kept" / "clock.c.dexrec"
        try:
            deadline = time.monotonic() + 60
            while not (path.is_file() and path.stat().st_size):
                assert time.monotonic() < deadline
                time.sleep(0.01)  # for a process that is not ours to tell: there is no event to wait for
            time.sleep(random.Random(moment).uniform(0.0, 2.5))  # noqa: S311 - the moment that is tested
            killed_at, killed_at_wall = time.monotonic() * 1000, time.time()
        finally:
            os.kill(dexter.pid, signal.SIGKILL)
    loaded = load_recording(path)
    assert "breaks off" in loaded.problem
    (track,) = loaded.tracks
    recording = track.run.recording
    assert recording.end.kind is EndKind.LOST
    (judged,) = check_own(loaded, Options())
    assert judged.result.outcome.value == "UNRESOLVED"
    if len(recording):
        last = recording.value(Sample("milliseconds"), len(recording) - 1).number
        assert last is not None
        assert killed_at - last < 1000
    else:
        # gdb was just about to start the program: the header is the last that was written.
        assert killed_at_wall - path.stat().st_mtime < 3
