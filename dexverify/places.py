"""Do the places that the annotations name exist in the program? What does not is an error before the run.

A line without code, or a misspelt function, would never be seen, and a proposition that forbids it would hold for the
wrong reason. What is only expected of such a line is not met, and what is only read there is read elsewhere: an
optimiser leaves lines out, and a test is to tell what that loses.
"""

from __future__ import annotations

import bisect
import difflib
import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Protocol

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from dexverify.annotations.commands import (
    Annotations,
    ExpectStepOrder,
    ExpectWatchType,
    ExpectWatchValue,
    FinishTest,
    LimitSteps,
    Lines,
    Unreachable,
    Watch,
)
from dexverify.errors import AnnotationError, DexterError, Span
from dexverify.propositions import MAX_LINE, At, Entered, ExpectState, FramePattern, In, Line, OnStack, Returned
from dexverify.sources import line_of, lines_of
from drivers.base import LineRange, StopPlan
from drivers.binary.lines import LineTable
from drivers.binary.scopes import function_names
from drivers.inside.steps import STEP
from drivers.probes import plan_probes
from ltd.formula import Formula, atoms, predicates

_SCOPES = frozenset({"DW_TAG_namespace", "DW_TAG_class_type", "DW_TAG_structure_type", "DW_TAG_union_type"})


class Code(Protocol):
    """What a program's debug information says of its source files, which are known by our paths here."""

    def lines_with_code(self, path: str) -> Sequence[int]:
        """The lines of a file at which there can be a step, ascending."""

    def functions(self, path: str) -> set[str]:
        """Those that are defined in a file."""

    def scopes(self, paths: Sequence[str]) -> set[str]:
        """The namespaces and classes of these files."""

    def has_function(self, name: str) -> bool:
        """Whether any part of the program has it or refers to it."""


@dataclass(frozen=True, slots=True)
class BinaryCode:
    """Implements `Code` by a binary.

    `aliases`: the binary's path of a file, mapped to ours, where they differ (see `aliases_of`).
    """

    table: LineTable
    aliases: Mapping[str, str]
    binary: Path
    _lines: dict[str, list[int]] = field(default_factory=dict, init=False, compare=False)

    def lines_with_code(self, path: str) -> list[int]:
        """The lines at which there can be a step: not those that only have a function's beginning, before its body."""
        if path not in self._lines:
            self._lines[path] = self._find_lines(path)
        return self._lines[path]

    def _find_lines(self, path: str) -> list[int]:
        theirs = _inverse(self.aliases).get(path, path)
        if not self.table.lines_with_code(theirs):
            return []
        probes = plan_probes(self.table, StopPlan((LineRange(theirs, 1, MAX_LINE),), {})).probes
        return sorted({probe.line for probe in probes if probe.role & STEP})

    def functions(self, path: str) -> set[str]:
        return function_names(self.table, _inverse(self.aliases).get(path, path))

    def scopes(self, paths: Sequence[str]) -> set[str]:
        names: set[str] = set()
        for path in paths:
            for unit, _ in self.table.units_of(_inverse(self.aliases).get(path, path)):
                pending = [unit.cu.get_top_DIE()]
                while pending:
                    for die in pending.pop().iter_children():
                        if die.tag in _SCOPES:
                            pending.append(die)
                            if "DW_AT_name" in die.attributes:
                                name = die.attributes["DW_AT_name"].value.decode("utf-8", "replace")
                                names.add(name.partition("<")[0])
                        elif die.tag == "DW_TAG_subprogram":
                            pending.append(die)  # a class may be local to a function
        return names

    def has_function(self, name: str) -> bool:
        return name in self.symbols() or any(is_among(name, self.functions(path)) for path in self.table.files())

    def compiler(self, paths: Sequence[str]) -> str:
        """The compiler and its options, as it says itself; empty where it does not."""
        for path in paths:
            for unit, _ in self.table.units_of(_inverse(self.aliases).get(path, path)):
                if "DW_AT_producer" in (said := unit.cu.get_top_DIE().attributes):
                    return str(said["DW_AT_producer"].value.decode("utf-8", "replace"))
        return ""

    def symbols(self) -> set[str]:
        """What the program's symbol tables name, without the versions that a linker adds."""
        with self.binary.open("rb") as file:
            tables = [s for s in ELFFile(file).iter_sections() if isinstance(s, SymbolTableSection)]
            return {symbol.name.partition("@")[0] for table in tables for symbol in table.iter_symbols()}


def check_places(annotations: Annotations, formulas: Sequence[Formula], code: Code) -> None:
    """Raise AnnotationError for a label or line on which no step can ever be, naming the nearest that have code."""
    for line, span, what in _needed_lines(annotations, formulas, code):
        if lines := _without(line, code):
            label = next(
                (each for each in annotations.labels if (each.line.path, each.line.line) == (line.path, line.line)),
                None,
            )
            if label is not None:
                span, what = label.span, f"label {label.name!r} is on line {line.line}"
            raise AnnotationError(
                f"{what}, which has no code",
                span,
                f"no step is ever there; the nearest lines with code: {_nearest(line.line, lines)}",
                line_of(span.path, span.line),
            )
    _check_functions(annotations, formulas, code)


def begun_at_code(annotations: Annotations, code: Code) -> Annotations:
    """The annotations with each DexLimitSteps beginning at the first of its lines that has code."""
    return replace(
        annotations, limits=tuple(replace(limit, lines=_begun(limit.lines, code)) for limit in annotations.limits)
    )


def _begun(lines: Lines, code: Code) -> Lines:
    if (lines.first, lines.last) == (1, MAX_LINE):  # the whole file, which does not begin anywhere
        return lines
    inside = (line for line in code.lines_with_code(lines.path) if lines.first <= line <= lines.last)
    return replace(lines, first=next(inside, lines.first))


def idle_lines(annotations: Annotations, code: Code) -> Iterator[str]:
    """What to tell the user of the lines without code that something is expected of, or is to be read on."""
    places = {(lines.path, lines.first) for lines in _read_on(annotations) if lines.first == lines.last}
    places |= {
        (each.line.path, each.line.line) for each in annotations.expectations if isinstance(each, ExpectStepOrder)
    }
    for path, number in sorted(places):
        if lines := _without(Line(path, number), code):
            near = _nearest(number, lines)
            yield f"{Path(path).name}:{number} has no code: no step is ever there; the nearest: {near}"


def _read_on(annotations: Annotations) -> Iterator[Lines]:
    for watch in annotations.watches:
        yield watch.lines
    for expectation in annotations.expectations:
        if isinstance(expectation, ExpectWatchValue | ExpectWatchType):
            yield expectation.lines


def _needed_lines(
    annotations: Annotations, formulas: Sequence[Formula], code: Code
) -> Iterator[tuple[Line, Span, str]]:
    """The lines that must have code, each with who needs it, and how that is told."""
    for formula in formulas:
        for atom in atoms(formula):
            if isinstance(atom.predicate, At) and isinstance(atom.origin, Span):
                line = atom.predicate.line
                yield line, atom.origin, f"{atom.predicate} names line {line.line}"
    for verify in annotations.verifies:
        for atom in atoms(verify.formula):
            if isinstance(atom.predicate, ExpectState) and isinstance(atom.origin, Span):
                yield from (
                    (line, atom.origin, f"this state is on line {line.line}")
                    for line in _line_of_state(atom.predicate, annotations, code)
                )
    for address in annotations.addresses:
        yield address.line, address.span, f"address {address.name!r} is bound on line {address.line.line}"
    commands: tuple[LimitSteps | FinishTest, ...] = (*annotations.limits, *annotations.finishes)
    for command in (*commands, *_idle_watches(annotations, code)):
        if command.lines.first == command.lines.last:
            line = Line(command.lines.path, command.lines.first)
            yield line, command.span, f"this command is about line {line.line}"
    for skip in annotations.continues:
        for number in sorted({skip.lines.first, skip.lines.last} - {MAX_LINE}):
            yield Line(skip.lines.path, number), skip.span, f"this command is about line {number}"
    for expectation in annotations.expectations:
        if isinstance(expectation, Unreachable) and _is_nowhere(expectation, code):
            line = Line(expectation.lines.path, expectation.lines.first)
            yield line, expectation.span, f"this command is about line {line.line}"


def _line_of_state(state: ExpectState, annotations: Annotations, code: Code) -> Iterator[Line]:
    """The line of the innermost frame, in the first of the files it can be in, unless one of them has code there."""
    frame = state.frames[0] if state.frames else FramePattern()
    if frame.line is None:
        return
    paths = [path for path in annotations.files if frame.path is None or PurePath(path).match(frame.path)]
    if paths and all(_without(Line(path, frame.line), code) for path in paths):
        yield Line(paths[0], frame.line)


def _idle_watches(annotations: Annotations, code: Code) -> Iterator[Watch]:
    """Those that read something which is read on no line with code."""
    read = {
        expression.text
        for watch in annotations.watches
        for expression in watch.expressions
        if watch.lines.first < watch.lines.last or not _without(Line(watch.lines.path, watch.lines.first), code)
    }
    for watch in annotations.watches:
        if any(expression.text not in read for expression in watch.expressions):
            yield watch


def _is_nowhere(expectation: Unreachable, code: Code) -> bool:
    """What the compiler found to be unreachable has no code either: so only lines that never could have any."""
    lines = expectation.lines
    there = code.lines_with_code(lines.path)
    text = lines_of(lines.path)[lines.first - 1 : lines.last]
    return not any(lines.first <= line <= lines.last for line in there) and not any(map(_has_statement, text))


def _has_statement(line: str) -> bool:
    return bool(re.sub(r"//.*|/\*.*?(?:\*/|$)|[\s{};]", "", line))


def strangers(annotations: Annotations, formulas: Sequence[Formula], code: Code) -> frozenset[str]:
    """The functions that `OnStack` and `ExpectState` name, and the program neither has nor refers to.

    A library's own function may be meant, which calls back: only the run can show whether it is ever on the stack.
    """
    wanted = {name for formula in formulas for predicate in predicates(formula) for name in stack_functions(predicate)}
    mine = {name for path in annotations.files for name in code.functions(path)} if wanted else set()
    return frozenset(name for name in wanted if not is_among(name, mine) and not code.has_function(name))


def stack_functions(predicate: Hashable) -> Iterator[str]:
    """The functions that an atomic proposition names which may be of any file."""
    match predicate:
        case OnStack():
            yield predicate.function
        case ExpectState():
            yield from (frame.function for frame in predicate.frames if frame.function is not None)


def is_among(name: str, functions: Collection[str]) -> bool:
    """Whether one of these functions may be meant by a name with its scopes, arguments of templates, parameters."""
    last = name.partition("(")[0].partition("<")[0].rpartition("::")[2]
    return last in functions or any(last == other.partition("<")[0] for other in functions)


def renamed(plan: StopPlan, aliases: Mapping[str, str]) -> StopPlan:
    """The plan in the binary's own names for the files, which the debugger knows."""
    theirs = _inverse(aliases)

    def rename(places: tuple[LineRange, ...]) -> tuple[LineRange, ...]:
        return tuple(replace(place, path=theirs.get(place.path, place.path)) for place in places)

    samples = {sample: rename(places) if places is not None else None for sample, places in plan.samples.items()}
    return StopPlan(rename(plan.ranges), samples)


def _inverse(aliases: Mapping[str, str]) -> dict[str, str]:
    return {ours: theirs for theirs, ours in aliases.items()}


def aliases_of(annotations: Annotations, table: LineTable) -> dict[str, str]:
    """For each watched file that the binary knows under another path: that path, mapped to ours.

    A binary built elsewhere has the builder's paths in it; the file with the longest common tail is meant.
    Raises DexterError when the binary was built from none of the files.
    """
    known = table.files()
    if not known:
        raise DexterError(
            f"what runs was not built from {', '.join(annotations.files)}, or has no debug information: "
            "build it with -g, and do not strip it"
        )
    real = {str(Path(path).resolve()): path for path in known}
    aliases: dict[str, str] = {}
    missing = []
    for path in annotations.files:
        if path in known:
            continue
        other = real.get(str(Path(path).resolve())) or _with_longest_tail(path, known)
        if other is None:
            missing.append(path)
        else:
            aliases[other] = path
    if len(missing) == len(annotations.files):
        names = ", ".join(sorted(PurePath(path).name for path in known)[:10])
        raise DexterError(
            f"the program was not built from {', '.join(missing)}: its debug information names {names}; "
            "build it with -g from the annotated files"
        )
    return aliases


def _with_longest_tail(path: str, known: Iterable[str]) -> str | None:
    parts = PurePath(path).parts[::-1]
    best: tuple[int, str] | None = None
    for other in sorted(known):
        common = 0
        for ours, theirs in zip(parts, PurePath(other).parts[::-1], strict=False):
            if ours != theirs:
                break
            common += 1
        if common and (best is None or common > best[0]):
            best = (common, other)
    return best[1] if best else None


def _check_functions(annotations: Annotations, formulas: Sequence[Formula], code: Code) -> None:
    wanted = list(_functions(annotations, formulas))
    if not wanted:
        return
    known = {name for path in annotations.files for name in code.functions(path)}
    for name, span in wanted:
        if "(" in name.replace("operator()", ""):
            hint = "write f, or N::f, not f(int): a debugger's frames have the name alone"
            raise AnnotationError(f"{name!r} has parameters", span, hint, line_of(span.path, span.line))
        *scopes, bare = name.split("::") if "<" not in name else [name.rpartition("::")[2]]
        if known and bare not in {other.partition("<")[0] for other in known} | known:
            near = difflib.get_close_matches(bare, sorted(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known)[:8])}"
            raise AnnotationError(
                f"no function {name!r} in the watched files",
                span,
                f"{hint} (a function that the compiler left out, because nothing calls it, is not there either)",
                line_of(span.path, span.line),
            )
        if missing := [scope for scope in scopes if scope and scope not in known | code.scopes(annotations.files)]:
            hint = "name the function alone, or with the namespaces and classes that it is in"
            raise AnnotationError(f"no {missing[0]!r} has a function", span, hint, line_of(span.path, span.line))


def _functions(annotations: Annotations, formulas: Sequence[Formula]) -> Iterator[tuple[str, Span]]:
    for formula in formulas:
        for atom in atoms(formula):
            if isinstance(atom.predicate, In | Entered | Returned) and isinstance(atom.origin, Span):
                yield atom.predicate.function, atom.origin
    for command in annotations.step_functions:
        yield command.function, command.span


def _without(line: Line, code: Code) -> Sequence[int]:
    """The lines of the file that have code, if this one has none. A file without any code is told elsewhere, once."""
    lines = code.lines_with_code(line.path)
    return () if line.line in lines else lines


def _nearest(number: int, lines: Sequence[int]) -> str:
    position = bisect.bisect(lines, number)
    return " and ".join(str(near) for near in lines[max(0, position - 1) : position + 1])
