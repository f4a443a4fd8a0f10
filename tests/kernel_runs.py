"""The boots of the example kernel, each run once for all tests of a session that look at it.

One boot serves all propositions that want it, and every test that wants its results has them from the recording, which
gives what was judged live down to the last word.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.pipeline import run_group
from dexverify.recordings.checking import check_own
from dexverify.recordings.loading import Loaded, load_recording
from dexverify.report.model import TestResult
from dexverify.suite import load
from dexverify.targets import Kernel, Test, units_of
from dexverify.trees import tree_of
from tests.drivers.conftest import make_driver
from tests.recordings.again import assert_judged_the_same

ROOT = Path(__file__).parent.parent / "examples" / "LTD" / "os161"
OPTIONS = Options(strict=True, machine="qemu")
TREE = tree_of(ROOT)
assert TREE is not None
TESTS = load([ROOT])
#: By boot: the usual configuration with each of its boot strings, and every variant.
GROUPS: dict[Kernel, list[Test]] = {
    target: tests for target, tests in units_of(TESTS, OPTIONS).items() if isinstance(target, Kernel)
}


def name_of(target: Kernel) -> str:
    return f"{target.config} {target.boot}"


def recorded(target: Kernel, debugger: str, shared: Path) -> Loaded:
    """The recording of the boot under that debugger. `shared` is a folder that all of pytest's workers have."""
    folder = shared / "kernels" / debugger / name_of(target)
    with _locked(folder):
        done = folder / "done"
        if not done.exists():
            options = replace(OPTIONS, results_directory=folder, debugger=debugger)
            with closing(make_driver("agent" if debugger == "gdb" else debugger)) as driver:
                results = run_group(GROUPS[target], target, options, driver)
            assert [result.reason for result in results if result.outcome is Outcome.ERROR] == []
            assert_judged_the_same(folder, results, options)
            done.touch()
    (path,) = folder.rglob("*.dexrec")
    return load_recording(path)


def built(target: Kernel) -> Path:
    """The kernel of a boot that was recorded."""
    return ROOT / "kern" / "compile" / target.config / "kernel"


def results_of(loaded: Loaded) -> list[TestResult]:
    """As they were judged live."""
    return [judged.result for judged in check_own(loaded, OPTIONS)]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
