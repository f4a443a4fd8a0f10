"""Reading the samples through gdb's machine interface.

What an expression is at an address (out of scope, or of which type) is asked for once; afterwards it is only
evaluated, and at one stop all evaluations go to gdb in one write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.gdb.transport import CommandError, Record, Transport, console, quote
from drivers.gdb.values import classify, read_value
from drivers.inside.tokens import OPTIMIZED_OUT
from drivers.probes import Probe, ProbePlan
from drivers.state import Kind, Sample, Value

_OUT_OF_SCOPE = re.compile(r'^No symbol ".*" in current context', re.DOTALL)
_CHOSEN = "$_dexter_chosen"  # a variable of gdb's own


@dataclass(frozen=True, slots=True)
class Level:
    """An outer frame: its thread, its depth above the innermost frame, and its program counter."""

    thread: int
    depth: int
    pc: int

    @property
    def options(self) -> str:
        """What makes gdb read a command in this frame."""
        return f" --thread {self.thread} --frame {self.depth}"


@dataclass(frozen=True, slots=True)
class _Query:
    """What to evaluate for a sample. `kind` is None where gdb could not tell the type."""

    expression: str
    kind: Kind | None
    type_name: str = ""
    resolved: str = ""


class Evaluator:
    """Reads the samples of a plan, in a program loaded `bias` bytes from where its file says."""

    def __init__(self, transport: Transport, plan: ProbePlan, bias: int) -> None:
        self._gdb = transport
        self._samples = plan.samples
        self._hidden = plan.hidden
        self._bias = bias
        self._queries: dict[int, list[tuple[Sample, _Query]]] = {}
        self._outer: dict[tuple[int, int], _Query | None] = {}
        self._constants: dict[tuple[str, str], int] = {}

    def commands(self, probe: Probe) -> list[str]:
        """The commands whose results `values` wants, for the samples of the innermost frame."""
        return [_evaluate(query.expression) for _, query in self._prepared(probe)]

    def values(self, probe: Probe, tokens: Sequence[int], levels: Sequence[Level]) -> dict[Sample, Value]:
        """The samples that are in scope. `levels` are the outer frames, from depth 1 on."""
        found: dict[Sample, Value] = {}
        answers = self._answers(tokens)
        for (sample, query), answer in zip(self._prepared(probe), answers, strict=True):
            value = self._value(query, answer, "")
            if value is not None:
                found[sample] = value
        for number in probe.samples:
            sample = self._samples[number]
            if 0 < sample.depth <= len(levels):
                value = self._read_outer(number, sample, levels[sample.depth - 1])
                if value is not None:
                    found[sample] = value
        return found

    def _answers(self, tokens: Iterable[int]) -> list[Record | CommandError]:
        answers: list[Record | CommandError] = []
        for token in tokens:
            try:
                answers.append(self._gdb.result(token))
            except CommandError as error:
                answers.append(error)
        return answers

    def _prepared(self, probe: Probe) -> list[tuple[Sample, _Query]]:
        queries = self._queries.get(probe.address)
        if queries is None:
            queries = []
            for number in probe.samples:
                sample = self._samples[number]
                query = self._prepare(sample.expression, "") if sample.depth == 0 else None
                if query is not None:
                    queries.append((sample, query))
            self._queries[probe.address] = queries
        return queries

    def _read_outer(self, number: int, sample: Sample, level: Level) -> Value | None:
        # A caller's pc is behind its call, which may be the last instruction of its block.
        pc = level.pc - 1 - self._bias
        if any(low <= pc < high for low, high in self._hidden[number]):
            return None
        key = (number, level.pc)
        if key not in self._outer:
            self._outer[key] = self._prepare(sample.expression, level.options)
        query = self._outer[key]
        if query is None:
            return None
        (answer,) = self._gdb.request_all([_evaluate(query.expression, level.options)])
        return self._value(query, answer, level.options)

    def _prepare(self, expression: str, options: str) -> _Query | None:
        """None when the expression's names are not in scope."""
        try:
            name = self._ask_type("whatis", expression, options)
            if name.endswith("&") or "(&)" in name:  # a reference is read through
                expression = f"*&({expression})"
            resolved = self._ask_type("ptype", expression, options)
        except CommandError as error:
            if _OUT_OF_SCOPE.match(str(error)):
                return None
            return _Query(expression, None)
        return _Query(expression, classify(resolved), name, resolved)

    def _ask_type(self, command: str, expression: str, options: str) -> str:
        self._gdb.take_text()
        self._gdb.request(console(f"{command} {expression}", options))
        return self._gdb.take_text().strip().removeprefix("type = ")

    def _value(self, query: _Query, answer: Record | CommandError, options: str) -> Value | None:
        if isinstance(answer, CommandError):
            message = str(answer)
            if _OUT_OF_SCOPE.match(message):
                return None
            return Value(Kind.UNREADABLE, OPTIMIZED_OUT if OPTIMIZED_OUT in message else message)
        if "?" in query.expression:  # to gdb a choice has the type of what is chosen, which only its value tells
            self._gdb.request_all([_evaluate(f"{_CHOSEN} = ({query.expression})", options)])
            query = self._prepare(_CHOSEN, options) or query
        elif query.kind is None:
            query = self._prepare(query.expression, options) or query
        text = str(answer.payload.get("value", ""))
        value = read_value(text, query.kind or Kind.AGGREGATE, query.type_name, query.resolved)
        if value.kind is Kind.ENUM:
            number = self._constant(query, text, options)
            return Value(Kind.ENUM, text, number, type=query.type_name)
        return value

    def _constant(self, query: _Query, text: str, options: str) -> int | None:
        """The number behind an enum constant's name: the same for one type and text."""
        key = (query.resolved, text)
        if key not in self._constants:
            (answer,) = self._gdb.request_all([_evaluate(f"(long long)({query.expression})", options)])
            if isinstance(answer, CommandError):
                return None
            self._constants[key] = int(answer.payload["value"])
        return self._constants[key]


def _evaluate(expression: str, options: str = "") -> str:
    return f"-data-evaluate-expression{options} {quote(expression)}"
