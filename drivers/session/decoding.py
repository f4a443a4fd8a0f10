"""The agent's records as steps, frames and values. Equal things become one object, as a run repeats itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from drivers.inside import tokens
from drivers.inside.steps import FRAME_LIMIT
from drivers.session.incarnations import Incarnations
from drivers.state import ABSENT, Frame, Kind, Step, Value

if TYPE_CHECKING:  # pyelftools is loaded while the debugger starts
    from drivers.probes import ProbePlan

_KINDS = {
    tokens.INTEGER: Kind.INTEGER,
    tokens.CHARACTER: Kind.CHARACTER,
    tokens.BOOLEAN: Kind.BOOLEAN,
    tokens.ENUM: Kind.ENUM,
    tokens.FLOAT: Kind.FLOAT,
    tokens.POINTER: Kind.POINTER,
    tokens.STRING: Kind.STRING,
    tokens.AGGREGATE: Kind.AGGREGATE,
    tokens.UNREADABLE: Kind.UNREADABLE,
}
# More distinct values than this are not worth remembering: a counter never comes back.
_REMEMBERED = 10_000


class Decoder:
    """Follows one run's records; see `drivers/inside/records.py` for their form."""

    def __init__(self, plan: ProbePlan) -> None:
        self._plan = plan
        # As the plan spells them: a debugger may name a file by another path to it.
        self._paths = {os.path.realpath(probe.path): probe.path for probe in plan.probes}
        self._spelled: dict[str, str] = {probe.path: probe.path for probe in plan.probes}
        self._types: dict[int | None, str] = {None: ""}
        self._stacks: dict[int, tuple[Frame, ...]] = {0: ()}
        self._values: dict[tuple[Any, ...], Value] = {(tokens.ABSENT,): ABSENT}
        self._incarnations = Incarnations()

    def learn(self, record: list[Any]) -> None:
        """Take in a record that later ones refer to."""
        match record:
            case ["type", number, name]:
                self._types[number] = name
            case ["frame", number, parent, function, path, line, is_inlined, address]:
                frame = Frame(function, self._spell(path), line, is_inlined, address)
                self._stacks[number] = (frame, *self._stacks[parent])[:FRAME_LIMIT]
            case ["begin", address]:
                self._incarnations.begin(address)
            case _:
                raise ValueError(f"a record that the agent never writes: {record}")

    def frames(self, number: int) -> tuple[Frame, ...]:
        """The stack with this number, innermost first."""
        return self._stacks[number]

    def step(self, index: int, record: list[Any]) -> Step:
        """The step of a "step" record."""
        _, number, thread, stack, entered, changes = record
        probe = self._plan.probes[number]
        samples = self._plan.samples
        changed = {samples[sample]: self._value(tuple(token)) for sample, *token in changes}
        frames = self._incarnations.of(self._stacks[stack])
        return Step(index, thread, frames, changed, bool(entered), probe.column, probe.address, reason="line")

    def _value(self, token: tuple[Any, ...]) -> Value:
        value = self._values.get(token)
        if value is None:
            value = self._decode(*token)
            if len(self._values) < _REMEMBERED:
                self._values[token] = value
        return value

    def _decode(
        self, code: int, type_number: int | None, number: int | str | None, text: str = "", content: str | None = None
    ) -> Value:
        kind = _KINDS[code]
        value = float(number) if kind is Kind.FLOAT and number is not None else number
        if isinstance(value, str):
            raise TypeError(f"not a number: {value!r}")
        if kind is Kind.INTEGER:
            text = str(value)
        return Value(kind, text, value, content, self._types[type_number])

    def _spell(self, path: str | None) -> str | None:
        if path is None:
            return None
        if path not in self._spelled:
            self._spelled[path] = self._paths.get(os.path.realpath(path)) or os.path.normpath(path)
        return self._spelled[path]
