"""From the paths on the command line to the tests: which files make one program, and which are annotated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dexverify.annotations import has_annotations, source_files_of
from dexverify.errors import ConfigError
from dexverify.settings import FILE_NAME, Settings, settings_of

TEST_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".S", ".s", ".dex"})
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: the files that are annotated, the sources of the program, the settings. Paths are absolute.

    `path` is what the user knows it by. `is_xfail` says that its name marks it as expected to fail.
    """

    path: Path
    files: tuple[Path, ...]
    sources: tuple[Path, ...]
    settings: Settings
    is_xfail: bool


def discover(paths: Sequence[Path]) -> list[Case]:
    """The tests at or below `paths`, in the order of the paths, each folder's sorted by name.

    Raises ConfigError for a path (or a present folder) that does not exist, or a file that holds no annotation.
    """
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise ConfigError("the present folder has been deleted: change to one that is there") from error
    cases: dict[Path, Case] = {}
    for path in paths:
        if path.is_dir():
            found = list(_in_folder(path))
        elif path.is_file():
            found = [_single(path)]
            if not found[0].files:
                raise ConfigError(f"{path}: no annotation in this file: write one, such as // DexVerify(…)")
        elif path.exists():
            raise ConfigError(f"{path}: neither a file nor a folder")
        else:
            raise ConfigError(f"{path}: no such file or folder")
        for case in found:
            cases.setdefault(case.path.resolve(), case)
    return list(cases.values())


def _in_folder(folder: Path) -> Iterable[Case]:
    settings = settings_of(folder)
    if settings.sources:
        yield _folder_case(folder, settings)
        return
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    further = {e: source_files_of(e) for e in entries if e.is_file() and e.suffix in TEST_SUFFIXES}
    named = {source for sources in further.values() for source in sources}
    for entry in entries:
        # A link to a folder may lead back here.
        if entry.is_dir() and not entry.is_symlink():
            yield from _in_folder(entry)
        elif entry in further and entry.absolute() not in named and (further[entry] or has_annotations(entry)):
            case = _single(entry)
            if case.files:
                yield case


def _single(path: Path) -> Case:
    settings = settings_of(path.parent)
    if settings.sources and path.absolute() in {source.absolute() for source in settings.sources}:
        return _folder_case(path.parent, settings)
    sources = [path.absolute(), *source_files_of(path)]
    return _case(path, sources, settings)


def _folder_case(folder: Path, settings: Settings) -> Case:
    for source in settings.sources:
        if not source.is_file():
            raise ConfigError(f"{folder / FILE_NAME}: error: no such source file: {source}")
    extra = [entry.absolute() for entry in sorted(folder.glob("*.dex"))]
    return _case(folder, [*(source.absolute() for source in settings.sources), *extra], settings)


def _case(path: Path, sources: Sequence[Path], settings: Settings) -> Case:
    files = tuple(file for file in _with_headers(sources) if has_annotations(file))
    return Case(path, files, tuple(s for s in sources if s.suffix != ".dex"), settings, _is_xfail(path))


def _is_xfail(path: Path) -> bool:
    """Whether its name says so, that of its folder, or that of a folder on the way to it from where we are.

    Not that of any folder above: where a checkout lies is no statement about the tests in it.
    """
    here, place = Path.cwd(), path.absolute()
    on_the_way = place.relative_to(here).parts if place.is_relative_to(here) else ()
    names = (*on_the_way, place.name, place.parent.name)
    return any(name.startswith("xfail_") for name in names)


def _with_headers(sources: Iterable[Path]) -> list[Path]:
    """The sources, and every header that they include by quotes and that stands beside them."""
    found: dict[Path, None] = {}
    queue = list(sources)
    while queue:
        file = queue.pop(0)
        if file in found:
            continue
        found[file] = None
        if file.suffix == ".dex" or not file.is_file():  # one that is missing is told where it is named
            continue
        text = file.read_text("utf-8", errors="replace")
        headers = ((file.parent / name) for name in _INCLUDE.findall(text))
        queue.extend(Path(_normal(header)) for header in headers if header.is_file())
    return list(found)


def _normal(path: Path) -> str:
    import os.path

    return os.path.normpath(path.absolute())
