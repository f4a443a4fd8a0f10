"""From the paths on the command line to the tests: which files make one program, and which are annotated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dexverify.annotations import has_annotations, source_files_of
from dexverify.errors import ConfigError
from dexverify.options import Options
from dexverify.settings import CONFIG_SCRIPT, FILE_NAME, Settings, settings_of
from dexverify.trees import Tree, Variant, tree_of

TEST_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".S", ".s", ".dex"})
KERNEL_BUILDER = "os161"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: the files that are annotated, the sources of the program, the settings. Paths are absolute.

    `path` is what the user knows it by. `is_xfail` says that its name marks it as expected to fail. `tree` is given
    for a part of a kernel, and `variant` where it is to run on another configuration of it than the usual one.
    """

    path: Path
    files: tuple[Path, ...]
    sources: tuple[Path, ...]
    settings: Settings
    is_xfail: bool
    tree: Tree | None = None
    variant: Variant | None = None

    @property
    def label(self) -> str:
        """What reports call it."""
        return f"{self.path} ({self.variant.kernel_config})" if self.variant is not None else str(self.path)


def discover(paths: Sequence[Path], options: Options) -> list[Case]:
    """The tests at or below `paths`, in the order of the paths, each folder's sorted by name.

    Raises ConfigError for a path (or a present folder) that does not exist, or a file that holds no annotation.
    """
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise ConfigError("the present folder has been deleted: change to one that is there") from error
    cases: dict[tuple[Path, Variant | None], Case] = {}
    for path in paths:
        tree = _tree_of(path, options)
        if tree is not None:
            found = list(_in_tree(tree, path, options))
        elif path.is_dir():
            found = list(_in_folder(path, options))
        elif path.is_file():
            found = [_single(path)]
            if not found[0].files:
                raise ConfigError(f"{path}: no annotation in this file: write one, such as // DexVerify(…)")
        elif path.exists():
            raise ConfigError(f"{path}: neither a file nor a folder")
        else:
            raise ConfigError(f"{path}: no such file or folder")
        for case in found:
            cases.setdefault((case.path.resolve(), case.variant), case)
    return list(cases.values())


def _tree_of(path: Path, options: Options) -> Tree | None:
    """The kernel's tree that a path is in, where the path is to be verified as a part of a kernel."""
    if not path.exists() or options.builder not in {None, KERNEL_BUILDER}:
        return None
    tree = tree_of(path)
    if (
        tree is None
        and options.builder == KERNEL_BUILDER
        and not (path.is_dir() and any(path.rglob(str(CONFIG_SCRIPT))))
    ):
        raise ConfigError(f"{path}: not in an OS/161 tree: no folder above it has {CONFIG_SCRIPT}")
    return tree if tree is not None and (options.builder or tree.is_default) else None


def _in_tree(tree: Tree, path: Path, options: Options) -> Iterable[Case]:
    """The annotated files of a kernel at or below `path`: each a test, and once more for each variant of the whole."""
    if path.is_file():
        files = [path]
        if not has_annotations(path):
            raise ConfigError(f"{path}: no annotation in this file: write one, such as // DexVerify(…)")
    else:
        further = {file: source_files_of(file) for file in _files_below(path, tree.root / "kern" / "compile")}
        named = {source for sources in further.values() for source in sources}
        files = [file for file in further if has_annotations(file) and file.absolute() not in named]
    cases = [replace(_case(file, [file.absolute(), *source_files_of(file)], Settings()), tree=tree) for file in files]
    yield from cases
    is_whole = path.is_dir() and tree.root.resolve().is_relative_to(path.resolve())
    if is_whole and options.kernel_config is None and options.kernel is None:
        for variant in tree.variants:
            yield from (replace(case, variant=variant) for case in cases)


def _files_below(folder: Path, left_out: Path) -> Iterable[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.absolute() == left_out.absolute():
            continue
        if entry.is_dir() and not entry.is_symlink():  # a link to a folder may lead back here
            yield from _files_below(entry, left_out)
        elif entry.is_file() and entry.suffix in TEST_SUFFIXES | {".h"}:
            yield entry


def _in_folder(folder: Path, options: Options) -> Iterable[Case]:
    tree = _tree_of(folder, options) if (folder / CONFIG_SCRIPT).is_file() else None
    if tree is not None:
        yield from _in_tree(tree, folder, options)
        return
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
            yield from _in_folder(entry, options)
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
