"""From annotations to a stop plan: at which lines to stop, and what to read there.

The plan is as narrow as the annotations allow, since stops are what a run costs. A place without code is an
error here, before the run.
"""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Protocol

from dexverify.annotations.commands import Annotations, Condition, Continue, FinishTest, LimitSteps, Lines, Watch
from dexverify.errors import AnnotationError, DexterError, Span
from dexverify.observation import THREAD, reads_of
from dexverify.propositions import MAX_LINE, At, Expect, Expression, Line
from dexverify.sources import line_of
from drivers.base import LineRange, StopPlan
from drivers.state import Sample
from ltd.formula import ForEach, Formula, atoms, predicates, walk


class Code(Protocol):
    """Which lines of a binary have code: a debugger's line table."""

    def files(self) -> set[str]: ...

    def lines_with_code(self, path: str) -> list[int]: ...


def plan_of(annotations: Annotations, formulas: Sequence[Formula]) -> StopPlan:
    """The stops and samples that these formulas and the commands beside them need."""
    ranges = tuple(LineRange(path, 1, MAX_LINE) for path in annotations.files)
    limits = annotations.limits
    if limits and not annotations.step_functions:
        # A limit's lines are a superset of the steps that it lets through; the rest only serves other commands.
        lines = [*(limit.lines for limit in limits), *_lines_of_commands(annotations)]
        ranges = tuple(dict.fromkeys(LineRange(line.path, line.first, line.last) for line in lines))
    return StopPlan(ranges, dict(_samples(annotations, formulas)))


def check_places(annotations: Annotations, formulas: Sequence[Formula], code: Code) -> None:
    """Raise AnnotationError for a label or line on which no step can ever be, naming the nearest that have code."""
    for label in annotations.labels:
        _check_line(label.line, label.span, code, f"label {label.name!r} is on line {label.line.line}")
    for formula in formulas:
        for atom in atoms(formula):
            if isinstance(atom.predicate, At) and isinstance(atom.origin, Span):
                line = atom.predicate.line
                _check_line(line, atom.origin, code, f"{atom.predicate} names line {line.line}")
    for address in annotations.addresses:
        _check_line(address.line, address.span, code, f"address {address.name!r} is bound on line {address.line.line}")
    commands: tuple[Watch | LimitSteps | FinishTest, ...] = (
        *annotations.watches,
        *annotations.limits,
        *annotations.finishes,
    )
    for command in commands:
        if command.lines.first == command.lines.last:
            line = Line(command.lines.path, command.lines.first)
            _check_line(line, command.span, code, f"this command is about line {line.line}")


def aliases_of(annotations: Annotations, code: Code) -> dict[str, str]:
    """For each watched file that the binary knows under another path: that path, mapped to ours.

    A binary built elsewhere has the builder's paths in it; the file with the longest common tail is meant.
    Raises DexterError when the binary was built from none of the files.
    """
    known = code.files()
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
        names = ", ".join(sorted(PurePath(path).name for path in known)[:10]) or "no source file"
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


def _lines_of_commands(annotations: Annotations) -> Iterator[Lines]:
    for finish in annotations.finishes:
        yield finish.lines
    for skip in annotations.continues:
        yield Lines(skip.lines.path, skip.lines.first, skip.lines.first)
        yield Lines(skip.lines.path, skip.lines.last, skip.lines.last)
    for address in annotations.addresses:
        yield Lines(address.line.path, address.line.line, address.line.line)


def _samples(
    annotations: Annotations, formulas: Sequence[Formula]
) -> Iterator[tuple[Sample, tuple[LineRange, ...] | None]]:
    """Every sample, with the ranges of the DexWatch commands that name it, else None for everywhere."""
    watched: dict[str, list[LineRange]] = {}
    for watch in annotations.watches:
        for expression in watch.expressions:
            place = LineRange(watch.lines.path, watch.lines.first, watch.lines.last)
            watched.setdefault(expression.text, []).append(place)
    # What only a command reads is read where the command is, so that it makes nothing observable elsewhere.
    for expression, lines in _reads_of_commands(annotations):
        if expression.text in watched:
            watched[expression.text].append(LineRange(lines.path, lines.first, lines.last))
    wanted = [Sample(text) for text in watched]
    wanted += [sample for formula in formulas for sample in samples_of(formula)]
    wanted += [Sample(expression.text) for expression, _ in _reads_of_commands(annotations)]
    for sample in dict.fromkeys(wanted):
        if sample != THREAD:
            places = watched.get(sample.expression) if sample.depth == 0 else None
            yield sample, tuple(places) if places is not None else None


def samples_of(formula: Formula) -> Iterator[Sample]:
    """The samples that a formula reads: those of its atoms, and the keys that it slices by."""
    for predicate in predicates(formula):
        yield from reads_of(predicate)  # type: ignore[arg-type]  # every atom is one of ours
    for node in walk(formula):
        if isinstance(node, ForEach):
            yield key_sample(node.key)


def key_sample(key: Hashable) -> Sample:
    """What is read for the key of a `ForEach`."""
    return Sample(key.text if isinstance(key, Expression) else str(key))


def _reads_of_commands(annotations: Annotations) -> Iterator[tuple[Expression, Lines]]:
    conditional: tuple[LimitSteps | FinishTest | Continue, ...] = (
        *annotations.limits,
        *annotations.finishes,
        *annotations.continues,
    )
    for command in conditional:
        if command.condition is not None:
            yield from ((expression, command.lines) for expression in _reads_of_condition(command.condition))
    for address in annotations.addresses:
        yield address.expression, Lines(address.line.path, address.line.line, address.line.line)


def _reads_of_condition(condition: Condition) -> Iterator[Expression]:
    for value in condition.values:
        for sample in reads_of(Expect(condition.expression, "==", value)):
            yield Expression(sample.expression)


def _check_line(line: Line, span: Span, code: Code, what: str) -> None:
    lines = code.lines_with_code(line.path)
    if not lines or line.line in lines:  # a file without any code is told elsewhere, once
        return
    position = bisect.bisect(lines, line.line)
    near = " and ".join(str(number) for number in lines[max(0, position - 1) : position + 1])
    raise AnnotationError(
        f"{what}, which has no code",
        span,
        f"no step is ever there; the nearest lines with code: {near}",
        line_of(span.path, span.line),
    )
