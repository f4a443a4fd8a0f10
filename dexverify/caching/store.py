"""The recordings of earlier runs, by their keys: found and judged again, or put there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dexverify.cache import cache_folder
from dexverify.caching.key import key_of, why_not_cached
from dexverify.errors import DexterError
from dexverify.judged import Judged
from dexverify.outcome import Outcome
from dexverify.recorder import Recorder
from dexverify.recordings.checking import check_tests
from dexverify.recordings.keeping import Kept, keeping, recording_path
from dexverify.recordings.loading import Loaded, load_recording
from dexverify.recordings.needs import lacking
from dexverify.targets import Program
from drivers.recordings import SUFFIX
from drivers.state import End, EndKind

MAX_BYTES = 1 << 30
"""So much the recordings may take; then those that were not used for longest go."""

_OWN_SIGNALS = frozenset({"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"})
_CERTAIN = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.XFAIL, Outcome.XPASS})


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one run in the cache. `why_not` is why it has none; else it is empty."""

    kept: Kept
    path: Path
    why_not: str = ""

    def find(self) -> Judged | None:
        """What becomes of the test over an earlier run, if there is one that has all it needs, and that is certain."""
        if self.why_not:
            return None
        try:
            loaded = load_recording(self.path)
            judged = self._judge(loaded)
        except (OSError, DexterError):  # it is not there, or not ours, or of no use
            return None
        if judged is None or judged.result.outcome not in _CERTAIN:
            return None
        with suppress(OSError):
            self.path.touch()
        said = f"judged over a run recorded at {loaded.header.started}, which would be the same now: see --no-cache"
        problems = tuple(self._hand_on())
        remarks = (*judged.result.remarks, said, *problems)
        return replace(judged, result=replace(judged.result, remarks=remarks, is_kept=not problems))

    def _hand_on(self) -> Iterator[str]:
        """The recording into the results directory, if there is one. Yields why it could not be put there."""
        kept = self.kept
        if kept.directory is not None:
            path = recording_path(kept.directory, kept.tests, kept.target)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.path, path)
            except OSError as error:
                yield f"{path}: the recording could not be kept: {error.strerror}"

    def _judge(self, loaded: Loaded) -> Judged | None:
        if loaded.problem or len(loaded.tracks) != 1:
            return None
        had, (needed,) = loaded.header.tests[0].plan.stop_plan(), self.kept.plans
        # Lines may have moved since: what is about some of a file's lines only is taken to be something else.
        if had.ranges != needed.ranges or any(lacking(needed, had, {})):
            return None
        (judged,) = check_tests(loaded, self.kept.tests, self.kept.options)
        return judged

    @contextmanager
    def filling(self, recorder: Recorder) -> Iterator[None]:
        """Keeps what is recorded inside, if the run ends by itself. Where it cannot be kept, it will be run again."""
        if self.why_not:
            yield
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="new-", dir=self.path.parent))
        except OSError:
            yield
            return
        try:
            kept = replace(self.kept, directory=folder)
            with keeping(kept, [recorder], ()) as problems:
                yield
            if not problems and _was_own(recorder.run.recording.end):
                with suppress(OSError):
                    recording_path(folder, kept.tests, kept.target).replace(self.path)
                    _prune(self.path.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def slot_of(kept: Kept) -> Slot:
    """Where the run that is about to begin has its place in the cache."""
    folder = cache_folder() / "recordings"
    try:
        why_not = why_not_cached(kept.target, kept.options, kept.launch)
        if why_not or not isinstance(kept.target, Program):
            return Slot(kept, folder, why_not)
        key = key_of(kept.target, kept.options, kept.driver, kept.launch, kept.codes[0])
    except OSError as error:
        return Slot(kept, folder, f"{error.filename}: {error.strerror}")
    return Slot(kept, folder / f"{key}{SUFFIX}")


def _was_own(end: End) -> bool:
    """Whether a run ended by itself: another signal than these may have come from outside."""
    return end.kind in {EndKind.EXIT, EndKind.FINISHED} or (end.kind is EndKind.SIGNAL and end.signal in _OWN_SIGNALS)


def _prune(folder: Path) -> None:
    files: Sequence[tuple[float, int, Path]] = sorted(
        ((status := file.stat()).st_mtime, status.st_size, file) for file in folder.glob(f"*{SUFFIX}")
    )
    excess = sum(size for _, size, _ in files) - MAX_BYTES
    for _, size, file in files:
        if excess <= 0:
            return
        file.unlink(missing_ok=True)
        excess -= size
