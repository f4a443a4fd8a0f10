"""Lines and files, as a command names them, to lines and files of the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from dexverify.annotations.commands import Lines
from dexverify.annotations.nearest import suggest
from dexverify.annotations.resolve.arguments import Arguments, integer, text, wrong
from dexverify.annotations.syntax import Call, Node, Number, Shift, Text, ungroup
from dexverify.errors import AnnotationError, Span
from dexverify.propositions import MAX_LINE, Line

LINE_NAMES = ("on_line", "from_line", "to_line")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command stands: the file it speaks of (None in a `.dex` file that names none), and its own line there."""

    path: str | None
    line: int | None


@dataclass(slots=True)
class Atlas:
    """The files of the test and the lines that have a label."""

    files: Sequence[str]
    labels: dict[str, tuple[Line, Span]] = field(default_factory=dict)

    def find_file(self, name: str, span: Span) -> str:
        """The absolute path of the file that a path in a command names, by its last components."""
        if PurePath(name).is_absolute():
            return name
        wanted = PurePath(name).parts
        found = [path for path in self.files if PurePath(path).parts[-len(wanted) :] == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            hint = f"write more of its path; it could be {' or '.join(found)}"
            raise AnnotationError(f"more than one file of this test is called {name!r}", span, hint)
        hint = suggest(name, {PurePath(path).name for path in self.files}, "its files are")
        raise AnnotationError(f"no file of this test is called {name!r}", span, hint)

    def line(self, node: Node, place: Place) -> Line:
        """A line as written: `12`, `ref('x')`, `ref('x') + 1`, or, as DExTer's first tests have it, `'x'`."""
        inner = ungroup(node)
        amount = 0
        if isinstance(inner, Shift):
            if not isinstance(inner.amount, int):
                raise AnnotationError("lines are counted in whole numbers", inner.span)
            amount, inner = inner.amount, ungroup(inner.base)
        if isinstance(inner, Call) and inner.name == "ref":
            (label,) = Arguments(inner, "ref('label')", least=1, most=1).given
            return self._labelled(label, amount, node.span)
        if isinstance(inner, Text) and not amount:
            return self._labelled(inner, 0, node.span)
        if isinstance(inner, Number) and not amount:
            number = integer(inner, "a line", least=1)
            return Line(_path(place, node.span), number, str(number))
        raise _no_line(node)

    def _labelled(self, node: Node, amount: int, span: Span) -> Line:
        name = text(node, "a label")
        if name not in self.labels:
            hint = suggest(name, self.labels) or f"name a line with DexLabel({name!r})"
            raise AnnotationError(f"there is no label {name!r}", node.span, hint)
        label, _ = self.labels[name]
        number = label.line + amount
        if number < 1:
            raise AnnotationError(f"there is no line {number}", span, f"{name!r} is line {label.line}")
        shift = f" {'-' if amount < 0 else '+'} {abs(amount)}" if amount else ""
        return Line(label.path, number, f"ref({name!r}){shift}")

    def at(self, arguments: tuple[Node, ...], place: Place) -> Line:
        """The arguments of `At`: a line, or a file and a line of it."""
        if len(arguments) == 1:
            if isinstance(ungroup(arguments[0]), Text):  # a file, of which the line is missing
                raise _no_line(arguments[0])
            return self.line(arguments[0], place)
        name = text(arguments[0], "the file")
        path = self.find_file(name, arguments[0].span)
        number = integer(arguments[1], "the line", least=1)
        return Line(path, number, f"{name!r}, {number}")

    def on_line(self, arguments: Arguments, place: Place) -> Line:
        """The line that `on_line=` names, or else the one on which the command stands."""
        if "on_line" in arguments.named:
            return self.line(arguments.named["on_line"], place)
        return Line(_path(place, arguments.call.name_span), _own_line(place, arguments.call.name_span))

    def lines(self, arguments: Arguments, place: Place, *, is_everywhere: bool = False) -> Lines:
        """The lines that `on_line=`, or `from_line=` and `to_line=`, name.

        Without any of them: all lines of the file if `is_everywhere`, else the one on which the command stands.
        """
        named = arguments.named
        if "on_line" in named:
            if other := named.keys() & {"from_line", "to_line"}:
                keyword = next(k for k in arguments.call.keywords if k.name in other)
                hint = "give either on_line=, or from_line= and to_line="
                raise AnnotationError(f"{keyword.name}= together with on_line=", keyword.name_span, hint)
            line = self.line(named["on_line"], place)
            return Lines(line.path, line.line, line.line)
        if not named.keys() & {"from_line", "to_line"}:
            path = _path(place, arguments.call.name_span)
            if is_everywhere:
                return Lines(path, 1, MAX_LINE)
            own = _own_line(place, arguments.call.name_span)
            return Lines(path, own, own)
        first, last = (self.line(named[name], place) if name in named else None for name in ("from_line", "to_line"))
        return self._range(arguments, first, last)

    def _range(self, arguments: Arguments, first: Line | None, last: Line | None) -> Lines:
        path = (first or last or Line("", 0)).path
        if first and last:
            span = arguments.named["to_line"].span
            if first.path != last.path:
                raise AnnotationError("from_line= and to_line= are in different files", span)
            if last.line < first.line:
                message = f"to_line= is line {last.line}, before from_line= at line {first.line}"
                raise AnnotationError(message, span, "put the smaller one first")
        return Lines(path, first.line if first else 1, last.line if last else MAX_LINE)


def _no_line(node: Node) -> AnnotationError:
    return wrong(node, "a line", "a number or ref('label')", "as in 12, ref('x') or ref('x') + 1")


def _path(place: Place, span: Span) -> str:
    if place.path is None:
        hint = "begin this file with DexDeclareFile('path'), or name a file as in At('file.c', 12)"
        raise AnnotationError("no source file to which this line belongs", span, hint)
    return place.path


def _own_line(place: Place, span: Span) -> int:
    if place.line is None:
        hint = "a command that does not stand in the source file itself needs on_line="
        raise AnnotationError("this command needs a line", span, hint)
    return place.line


def declared_file(
    call: Call,
    source_path: str,
    files: Sequence[str],
    source_root: Path | None,
    is_there: Callable[[Path], bool],
) -> str:
    """The file that `DexDeclareFile('path')` names: from the file it stands in, or the root, or one of the test's."""
    (node,) = Arguments(call, "DexDeclareFile('path')", least=1, most=1).given
    name = text(node, "the file")
    for folder in (Path(source_path).parent, *([source_root.absolute()] if source_root is not None else ())):
        there = folder / name
        if is_there(there):
            return str(there.resolve() if ".." in there.parts else there)
    path = Atlas(files).find_file(name, node.span)
    if not is_there(Path(path)):
        raise AnnotationError(f"there is no file {path}", node.span, "check its name")
    return path
