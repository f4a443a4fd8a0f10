"""The truth of every part of a formula at every step, and the formula as a tree of these parts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from dexverify.columns import Columns
from dexverify.errors import Span
from dexverify.explain import Explainer, name_of
from dexverify.judging import Proposition
from dexverify.observation import Status
from dexverify.plan import key_sample
from dexverify.recorder import Run
from dexverify.report.html.block import Block
from dexverify.report.html.findings import explanation_data
from dexverify.report.model import Explanation, Finding
from ltd.columns import mirror, pack
from ltd.formula import Atom, Composite, Constant, ForEach, Formula, children, predicates
from ltd.printer import prefix
from ltd.trace import Trace
from ltd.verdict import RANKS, Judgement, judge

MAX_INSTANCES = 24  # of a ForEach are shown
MAX_PARTS = 400  # of a formula are shown
MAX_TEXT = 400  # characters of each

_FLAG = {status: bytes(0x31 if each == status else 0x30 for each in range(256)) for status in Status}


class Formulas:
    """Adds the formulas of one run to a block."""

    def __init__(self, block: Block, run: Run) -> None:
        self._block = block
        self._run = run
        self._columns = Columns(run.recording, run.addresses)
        self._size = len(run.recording)
        self._count = 0

    def atoms(self, formulas: Mapping[int, Formula]) -> list[dict[str, Any]]:
        """The status of every atom at every step, with the propositions (by number) that it is part of."""
        users: dict[Hashable, list[int]] = {}
        for number, formula in formulas.items():
            for predicate in predicates(formula):
                users.setdefault(predicate, []).append(number)
        found = []
        for predicate, numbers in users.items():
            statuses = self._columns.statuses(predicate)
            atom: dict[str, Any] = {"text": str(predicate), "formulas": numbers}
            for status, name in (
                (Status.TRUE, "true"),
                (Status.UNKNOWN, "unknown"),
                (Status.UNOBSERVABLE, "unobservable"),
            ):
                if status in statuses:
                    atom[name] = self._bits(pack(statuses.translate(_FLAG[status])), self._size)
            found.append(atom)
        return found

    def instances(self, proposition: Proposition, finding: Finding) -> list[dict[str, Any]]:
        """What is to be shown of a formula: for a `ForEach` the slices whose verdict is that of the whole."""
        formula = proposition.formula
        if formula is None:
            return []
        trace, steps = self._columns.trace(formula)
        explainer = Explainer(self._run, self._columns, formula, steps, proposition.command)
        judgements = list(_slices(formula, trace, range(trace.length), not self._run.is_prefix))
        if not judgements:
            return []
        worst = min((judgement.verdict for judgement in judgements), key=RANKS.index)
        shown = [judgement for judgement in judgements if judgement.verdict is worst]
        found = []
        for number, judgement in enumerate(shown[:MAX_INSTANCES]):
            explanation = finding.explanation if number == 0 else explainer.explain(judgement)
            found.append(self._instance(judgement, steps, explanation, proposition.command is not None))
        found[0]["slices"] = len(judgements)
        return found

    def _instance(
        self, judgement: Judgement, steps: Sequence[int], explanation: Explanation, is_command: bool
    ) -> dict[str, Any]:
        length = judgement.trace.length
        parts = list(islice(_parts(judgement.formula), MAX_PARTS + 1))
        evaluation = judgement.evaluate()
        nodes = []
        for formula, depth in parts[:MAX_PARTS]:
            bounds = evaluation.of(formula)
            low = self._bits(bounds.low, length)
            high = low if bounds.low == bounds.high else self._bits(bounds.high, length)
            text = _text(formula, is_command)
            nodes.append(
                {
                    "depth": depth,
                    "head": _head(formula),
                    "text": text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…",
                    "low": low,
                    "high": high,
                    # All parts of what stands for a command come from the same place.
                    "decided": not is_command and explanation.span is not None and formula.origin == explanation.span,
                }
            )
        instance: dict[str, Any] = {
            "key": ", ".join(f"{key_sample(key).expression} = {value}" for key, value in judgement.instance),
            "verdict": judgement.verdict.value,
            "explanation": explanation_data(explanation),
            "nodes": nodes,
            "is_cut": len(parts) > MAX_PARTS,
        }
        if length < self._size:
            instance["mask"] = self._mask([steps[position] for position in judgement.positions])
        return instance

    def _mask(self, steps: Sequence[int]) -> int:
        flags = bytearray(b"0") * self._size
        for step in steps:
            flags[step] = 0x31
        return self._bits(pack(flags), self._size)

    def _bits(self, column: int, length: int) -> int:
        """Adds a column, whose time runs backwards, and returns its number."""
        self._block.bits(f"bits_{self._count}", mirror(column, length), length)
        self._count += 1
        return self._count - 1


def _slices(
    formula: Formula,
    trace: Trace,
    positions: Sequence[int],
    complete: bool,
    instance: tuple[tuple[Hashable, Hashable], ...] = (),
) -> Iterator[Judgement]:
    """The innermost bodies, each judged on its slice, in the order in which `judge` meets them."""
    if not isinstance(formula, ForEach):
        if trace.length:
            yield replace(judge(formula, trace, complete=complete), positions=positions, instance=instance)
        return
    for value, places, part in trace.slices(formula.key):
        inner = [positions[place] for place in places]
        yield from _slices(formula.body, part, inner, complete, (*instance, (formula.key, value)))


def _parts(formula: Formula) -> Iterator[tuple[Formula, int]]:
    """The parts that the user wrote and how deep they are, outermost first; of what they defined, what it stands for.

    With a stack of our own: what stands for an expectation nests deeper than Python's calls may.
    """
    pending = [(formula, 0)]
    while pending:
        part, depth = pending.pop()
        yield part, depth
        pending += [(child, depth + 1) for child in reversed(_children(part))]


def _children(formula: Formula) -> tuple[Formula, ...]:
    below = children(formula)
    if isinstance(formula, Composite) and not isinstance(formula.expansion, Constant):
        is_users = isinstance(formula.expansion.origin, Span)
        if is_users or not below:
            return (formula.expansion,)
    return below


def _text(formula: Formula, is_command: bool) -> str:
    """A part as the user wrote it. Of what stands for a command the user wrote none: its atoms say it all."""
    if is_command:
        return "" if children(formula) else prefix(formula)
    return name_of(formula)


def _head(formula: Formula) -> str:
    """The operator's name, with the numbers that it takes; empty for an atom or a constant."""
    match formula:
        case Atom() | Constant():
            return ""
        case Composite():
            numbers = [str(operand) for operand in formula.operands if isinstance(operand, int)]
            numbers += [f"{name}={operand}" for name, operand in formula.keywords if isinstance(operand, int)]
            return " ".join([formula.name, *numbers])
    count = getattr(formula, "count", None)
    return type(formula).__name__ + (f" {count}" if count is not None else "")
