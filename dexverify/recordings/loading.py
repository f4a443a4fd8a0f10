"""A recording's file to the tests and runs that are in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dexverify.annotations import Annotations, parse_sources
from dexverify.annotations.sources import Source
from dexverify.discovery import Case
from dexverify.errors import ConfigError, DexterError
from dexverify.places import is_among
from dexverify.recorder import Run
from dexverify.recordings.header import CodeNote, FileNote, Header, RunNote, TestNote, decode, text_by_path
from dexverify.settings import Settings
from dexverify.targets import Test
from dexverify.trees import Tree
from drivers.recording import Recording
from drivers.recordings import RecordingError, Stored, read_recordings


@dataclass(frozen=True, slots=True)
class Track:
    """One test of a recorded run."""

    note: TestNote
    run: Run
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recorded run. `problem` says what is wrong with the end of its file; it is empty when nothing is."""

    path: Path
    header: Header
    tracks: tuple[Track, ...]
    problem: str

    def annotations(self, note: TestNote, formulas: Sequence[Source] = ()) -> Annotations:
        """What the test's files said when it was recorded, and these formulas with it.

        Raises ConfigError where their texts were not kept, and AnnotationErrors.
        """
        texts = text_by_path(self.header.sources)
        if lost := [path for path in note.files if path not in texts]:
            raise ConfigError(
                f"{self.path}: the recording has not the text of {lost[0]}: name the file that is to be checked, "
                f"as in 'dexter check {self.path} {lost[0]}'"
            )
        known = {source.path for source in self.header.sources}
        sources = [Source(path, texts[path]) for path in note.files]
        root = Path(self.header.source_root) if self.header.source_root is not None else None

        def is_there(path: Path) -> bool:
            return str(path) in known or is_file(str(path))

        return parse_sources(sources, formulas=formulas, source_root=root, is_there=is_there)

    def test(self, note: TestNote, annotations: Annotations) -> Test:
        """The test as it was; what built it is not known any more, and not needed."""
        tree = Tree(Path(note.tree)) if note.tree is not None else None
        files, sources = tuple(map(Path, note.files)), tuple(map(Path, note.sources))
        # Its name as the user gave it, which a variant's configuration was added to.
        path = Path(note.label.removesuffix(f" ({note.variant.kernel_config})") if note.variant else note.label)
        return Test(Case(path, files, sources, Settings(), note.is_xfail, tree, note.variant), annotations)

    def changed(self) -> list[FileNote]:
        """The sources that are not any more what they were, or not there."""
        return [source for source in self.header.sources if _hash_of(source.path) != source.sha256]


@dataclass(frozen=True, slots=True)
class RecordedCode:
    """Implements `places.Code` by what was noted of the binary."""

    note: CodeNote

    def lines_with_code(self, path: str) -> Sequence[int]:
        return self.note.lines.get(path, ())

    def functions(self, path: str) -> set[str]:
        return set(self.note.functions.get(path, ()))

    def scopes(self, paths: Sequence[str]) -> set[str]:  # noqa: ARG002 - of all files, which is enough for a hint
        return set(self.note.scopes)

    def has_function(self, name: str) -> bool:
        return name in self.note.others or any(is_among(name, names) for names in self.note.functions.values())


def load_recording(path: Path) -> Loaded:
    """Raises DexterError for what is no recording, or a damaged one; OSError for what cannot be read."""
    if path.is_dir():
        raise ConfigError(f"{path}: a folder, not a recording: name a file in it that ends in .dexrec")
    try:
        stored = read_recordings(path)
    except RecordingError as error:
        raise DexterError(str(error)) from error
    header = decode(stored.header, Header, str(path))
    if len(header.tests) != len(stored.recordings):
        raise DexterError(f"{path}: this recording is of {len(header.tests)} tests, and has {len(stored.recordings)}")
    tracks = map(_track, header.tests, stored.recordings, _notes(stored, path))
    return Loaded(path, header, tuple(tracks), stored.problem)


def _notes(stored: Stored, path: Path) -> list[RunNote]:
    # Before the first step there is no note.
    return [decode(note, RunNote, str(path)) if note else RunNote() for note in stored.notes]


def _track(test: TestNote, recording: Recording, note: RunNote) -> Track:
    run = Run(
        recording,
        note.is_prefix or not recording.end.is_complete,
        dict(note.addresses),
        note.decided_at,
        note.watched,
        frozenset(note.strangers),
        note.unseen_conditions,
    )
    return Track(test, run, note.remarks)


def is_file(path: str) -> bool:
    """Whether a recording's name for a file is one of a file: no device, which has no end."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def _hash_of(path: str) -> str:
    if not is_file(path):
        return ""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
