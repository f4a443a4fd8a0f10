"""The sound inputs that the hostile ones are made from, and what is done with one."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dexverify.options import Options
from dexverify.pipeline import run_test
from dexverify.suite import load
from drivers.gdb.driver import GdbDriver
from drivers.recordings import Track, read_recordings, write_recordings
from tests.fuzz import annotations, recordings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "LTD"
_RECORDED = (
    "expect/floating.c", "expect/aggregate.c", "foreach/for_each.c", "command/declare_address.c",
    "dexter/expect_step_kind.c", "program/xfail_parser.c",
)  # fmt: skip
_last: bytes = b""

Attempt = Callable[[random.Random], str]


def attempt_recording() -> Attempt:
    """Each call makes a recording with mistakes and uses it; returns what is said of it."""
    folder = Path(tempfile.mkdtemp(prefix="dexter-fuzz-"))
    sound = record(folder)
    contents = [path.read_bytes() for path in sound]

    def attempt(chance: random.Random) -> str:
        global _last
        number = chance.randrange(len(sound))
        _last = recordings.mutated(contents[number], chance)
        (folder / "mutated.dexrec").write_bytes(_last)
        return recordings.use(folder / "mutated.dexrec", sound[number])

    return attempt


def attempt_annotations() -> Attempt:
    """Each call makes an annotated file with mistakes and reads it; returns what is said of it."""
    paths = [path for suffix in ("c", "dex", "cpp", "S") for path in sorted(EXAMPLES.rglob(f"*.{suffix}"))]
    texts = [path.read_text("utf-8") for path in paths]

    def attempt(chance: random.Random) -> str:
        global _last
        number = chance.randrange(len(paths))
        text = annotations.mutated(texts[number], texts, chance)
        _last = text.encode("utf-8", "surrogatepass")
        return annotations.use(paths[number], text)

    return attempt


def record(folder: Path) -> list[Path]:
    """Recordings of real runs, of a few steps each."""
    options = Options(results_directory=folder)
    with closing(GdbDriver()) as driver:
        for name in _RECORDED:
            (test,) = load([EXAMPLES / name])
            run_test(test, options, driver)
    paths = sorted(folder.rglob("*.dexrec"))
    stored = read_recordings(paths[0])
    header = json.loads(stored.header)
    # As a run that tests share.
    header["tests"] *= 2
    shared = [Track(recording, lambda: stored.notes[0]) for recording in stored.recordings * 2]
    write_recordings(folder / "shared.dexrec", json.dumps(header).encode(), shared)
    return [*paths, folder / "shared.dexrec"]


def keep_last(what: str) -> Path:
    """The input that was used last, in the present folder."""
    path = Path(f"fuzz-{what}.input")
    path.write_bytes(_last)
    return path
