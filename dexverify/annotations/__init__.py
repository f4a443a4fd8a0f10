"""Comments to commands and formulas. The three stages: scan and parse a file, then resolve all files of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dexverify.annotations import commands
from dexverify.annotations.commands import Annotations
from dexverify.annotations.directives import Directives
from dexverify.annotations.parser import parse_expression
from dexverify.annotations.reading import ReadFile, has_commands, has_dex, read_file
from dexverify.annotations.resolve import Placed, resolve
from dexverify.annotations.resolve.formulas import FormulaBuilder, Scope
from dexverify.annotations.resolve.lines import Atlas, Place, declared_file
from dexverify.annotations.sources import Source, read_source
from dexverify.annotations.syntax import Call
from dexverify.errors import FORMULA, AnnotationError, AnnotationErrors, Span
from ltd.formula import Formula
from ltd.operators import standard

__all__ = ["Annotations", "has_annotations", "parse_formula", "parse_sources", "parse_test", "source_files_of"]

_T = TypeVar("_T")


def parse_test(files: Sequence[Path], source_root: Path | None = None) -> Annotations:
    """What the files of one test say: C, C++ and assembler sources, headers, and stand-alone `.dex` files.

    `source_root` is a folder in which `DexDeclareFile` looks as well.
    Raises AnnotationErrors with every error found, and ConfigError if a file cannot be read.
    """
    sources = [read_source(path) for path in dict.fromkeys(Path(file).absolute() for file in files)]
    return parse_sources(sources, source_root=source_root)


def parse_sources(
    sources: Sequence[Source],
    *,
    formulas: Sequence[Source] = (),
    source_root: Path | None = None,
    is_there: Callable[[Path], bool] = Path.is_file,
) -> Annotations:
    """As `parse_test`, of texts; with a DexVerify for each of `formulas`, in which what the files define is known.

    `is_there` says whether a file exists that the texts name.
    """
    errors: list[AnnotationError] = []
    read = [read_file(source, errors.append) for source in sources]
    directives = sum((item.directives for item in read), start=Directives())
    further = list(dict.fromkeys(path for item in read for path in _further_sources(item, errors.append, is_there)))
    known = [source.path for source in sources if not source.is_commands_only]
    known += [path for path in further if path not in known]
    placed: list[Placed] = []
    watched: list[str] = []
    for item in read:
        placed += _place(item, known, watched, errors, source_root, is_there)
    # A file that a .dex file declares can be named by any other command of the test.
    everything = list(dict.fromkeys((*known, *watched)))
    placed += _verify(formulas, everything, errors)
    found = resolve(placed, everything, errors.append)
    if errors:
        raise AnnotationErrors(_with_source_lines(errors, [*sources, *formulas]))
    return replace(
        _collect(found),
        files=tuple(watched),
        xfail=directives.xfail,
        requires=directives.requires,
        unsupported=directives.unsupported,
        sources=tuple(further),
    )


def parse_formula(text: str, *, path: str = FORMULA) -> Formula:
    """A formula in either notation. `path` is the file to which its lines belong. Raises AnnotationError."""
    source = Source(path, text)
    try:
        builder = FormulaBuilder(Scope(Atlas((path,)), standard()), Place(path, None))
        return builder.verify(parse_expression(source))
    except AnnotationError as error:
        raise _with_source_line(error, {path: source}) from None


def has_annotations(path: Path) -> bool:
    """Whether a file holds a command, or what is meant to be one. Cheap where it does not; raises nothing."""
    return has_dex(path) and has_commands(read_source(path))


def source_files_of(path: Path) -> tuple[Path, ...]:
    """The further files of the program that `path` names after `DexSources:`, in their order."""
    ignored: list[AnnotationError] = []  # parse_test tells them
    read = read_file(read_source(path), ignored.append)
    return tuple(Path(name) for name in _further_sources(read, ignored.append, Path.is_file))


def _verify(formulas: Sequence[Source], files: Sequence[str], errors: list[AnnotationError]) -> Iterable[Placed]:
    """A DexVerify for each formula; its lines are those of the first file."""
    for source in formulas:
        try:
            node = parse_expression(source)
        except AnnotationError as error:
            errors.append(error)
            continue
        call = Call("DexVerify", (node,), (), node.span, node.span)
        yield Placed(call, Place(files[0] if files else None, None))


def _further_sources(
    read: ReadFile, report: Callable[[AnnotationError], None], is_there: Callable[[Path], bool]
) -> list[str]:
    found: list[str] = []
    for item in read.directives.sources:
        path = Path(read.source.path).parent / item.name
        if not is_there(path):
            end = item.start + len(item.name)
            report(read.source.error(f"there is no file {path}", item.start, end, "name it from this file's folder"))
        found.append(str(path.resolve() if ".." in path.parts else path))
    return found


def _place(
    read: ReadFile,
    known: Sequence[str],
    watched: list[str],
    errors: list[AnnotationError],
    source_root: Path | None,
    is_there: Callable[[Path], bool],
) -> Iterable[Placed]:
    """The commands of a file with the places they speak of; `watched` gains the files."""
    path = None if read.source.is_commands_only else read.source.path
    is_own = path is not None
    for call in read.calls:
        if call.name == "DexDeclareFile":
            is_own = False
            try:
                path = declared_file(call, read.source.path, known, source_root, is_there)
            except AnnotationError as error:
                errors.append(error)
                return
            if path not in watched:
                watched.append(path)
            continue
        if path is not None and path not in watched:
            watched.append(path)
        yield Placed(call, Place(path, call.name_span.line if is_own else None))


def _collect(found: Sequence[object]) -> Annotations:
    command_lines = _of(found, commands.CommandLine)
    ends = _of(found, commands.ExpectEnd)
    return Annotations(
        files=(),
        verifies=_of(found, commands.Verify),
        expectations=tuple(c for c in found if isinstance(c, commands.Expectation)),
        watches=_of(found, commands.Watch),
        labels=_of(found, commands.Label),
        command_line=command_lines[0] if command_lines else None,
        limits=_of(found, commands.LimitSteps),
        step_functions=_of(found, commands.StepFunction),
        finishes=_of(found, commands.FinishTest),
        continues=_of(found, commands.Continue),
        addresses=_of(found, commands.DeclareAddress),
        expect_end=ends[0] if ends else None,
    )


def _of(found: Sequence[object], kind: type[_T]) -> tuple[_T, ...]:
    return tuple(command for command in found if isinstance(command, kind))


def _with_source_lines(errors: Sequence[AnnotationError], sources: Sequence[Source]) -> list[AnnotationError]:
    """Each error once, in the order of the files, with the line it is about."""
    by_path = {source.path: source for source in sources}
    order = {source.path: index for index, source in enumerate(sources)}
    unique: dict[tuple[Span, str], AnnotationError] = {}
    for error in errors:
        unique.setdefault((error.span, error.message), _with_source_line(error, by_path))
    return sorted(unique.values(), key=lambda e: (order[e.span.path], e.span.line, e.span.column))


def _with_source_line(error: AnnotationError, sources: dict[str, Source]) -> AnnotationError:
    if not error.source_line and error.span.path in sources:
        error.source_line = sources[error.span.path].line(error.span.line)
    return error
