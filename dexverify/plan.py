"""From annotations to a stop plan: at which lines to stop, and what to read there.

The plan is as narrow as the annotations allow, since stops are what a run costs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from dexverify.annotations.commands import (
    Annotations,
    Condition,
    Continue,
    ExpectWatchType,
    ExpectWatchValue,
    FinishTest,
    LimitSteps,
    Lines,
)
from dexverify.observation import OF_STEP, reads_of
from dexverify.propositions import MAX_LINE, Expect, Expression
from drivers.base import LineRange, StopPlan
from drivers.state import Sample
from ltd.formula import ForEach, Formula, predicates, walk


def plan_of(annotations: Annotations, formulas: Sequence[Formula]) -> StopPlan:
    """The stops and samples that these formulas and the commands beside them need."""
    ranges = tuple(LineRange(path, 1, MAX_LINE) for path in annotations.files)
    limits = annotations.limits
    if limits and not annotations.step_functions:
        # A limit's lines are a superset of the steps that it lets through; the rest only serves other commands.
        lines = [*(limit.lines for limit in limits), *_lines_of_commands(annotations)]
        ranges = tuple(dict.fromkeys(LineRange(line.path, line.first, line.last) for line in lines))
    samples = dict(_samples(annotations, formulas))
    if _is_about_watched_lines(annotations, formulas):
        ranges = tuple(dict.fromkeys(place for within in samples.values() for place in within or ()))
    return StopPlan(ranges, samples)


def _is_about_watched_lines(annotations: Annotations, formulas: Sequence[Formula]) -> bool:
    """Whether all that is asked for is observable on the lines of a DexWatch only: no other step is in any trace.

    A command that limits or ends the recording may need other steps, and DExTer's expectations count them all.
    """
    commands = (
        annotations.limits, annotations.step_functions, annotations.finishes, annotations.continues,
        annotations.addresses, annotations.expectations,
    )  # fmt: skip
    if any(commands) or not formulas or not annotations.watches:
        return False
    watched = {expression.text for watch in annotations.watches for expression in watch.expressions}
    if not all(map(predicates, formulas)):  # the trace of a formula without atoms is every step
        return False
    about = [predicate for formula in formulas for predicate in predicates(formula)]
    keys = [node.key for formula in formulas for node in walk(formula) if isinstance(node, ForEach)]
    return all(isinstance(each, Expect) and each.expression.text in watched for each in about) and all(
        key_sample(key).expression in watched for key in keys
    )


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
    # What only a command reads is read where the command is, so that it makes nothing observable elsewhere. DExTer's
    # expectations are about all values on their own lines, wherever a DexWatch stands.
    for expression, lines in _reads_of_commands(annotations):
        if expression.text in watched:
            watched[expression.text].append(LineRange(lines.path, lines.first, lines.last))
    wanted = [Sample(text) for text in watched]
    wanted += [sample for formula in formulas for sample in samples_of(formula)]
    wanted += [Sample(expression.text) for expression, _ in _reads_of_commands(annotations)]
    for sample in dict.fromkeys(wanted):
        if sample not in OF_STEP:
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
    for expectation in annotations.expectations:
        if isinstance(expectation, ExpectWatchValue):
            values = _reads_of_condition(Condition(expectation.expression, expectation.values))
            yield from ((expression, expectation.lines) for expression in values)
        elif isinstance(expectation, ExpectWatchType):
            yield expectation.expression, expectation.lines


def _reads_of_condition(condition: Condition) -> Iterator[Expression]:
    for value in condition.values:
        for sample in reads_of(Expect(condition.expression, "==", value)):
            yield Expression(sample.expression)
