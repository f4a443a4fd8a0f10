"""`ExpectState({'frames': […]})`: the dict to patterns of frames, and back to text."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from dexverify.annotations.nearest import suggest
from dexverify.annotations.resolve.arguments import (
    expression,
    integer,
    items,
    operand,
    text,
    truth,
    wrong,
)
from dexverify.annotations.syntax import (
    Allowance,
    Blank,
    Call,
    Group,
    Listing,
    Name,
    Node,
    Number,
    Shift,
    Table,
    Text,
    Truth,
    ungroup,
)
from dexverify.errors import AnnotationError
from dexverify.propositions import ExpectState, FramePattern, WatchPattern

_FRAME_KEYS = ("function", "is_inlined", "location", "watches", "local_vars")
_LOCATION_KEYS = ("path", "lineno", "column")
_WATCH_FLAGS = ("could_evaluate", "is_optimized_away", "is_irretrievable")
_WATCH_KEYS = ("value", "type_name", *_WATCH_FLAGS)


@dataclass(frozen=True, slots=True)
class StateReader:
    """Reads states in which these addresses can be named; `line_of` reads a line: a number, or `ref('label')`."""

    addresses: Collection[str]
    line_of: Callable[[Node], int]

    def state(self, node: Node) -> ExpectState:
        """The pattern of a program state. Raises AnnotationError."""
        table = _table(node, "a state", ("frames",))
        if "frames" not in table:
            hint = "write {'frames': [{'function': 'f', 'watches': {'x': 1}}]}"
            raise AnnotationError("a state has no 'frames'", node.span, hint)
        frames = items(table["frames"], "'frames'")
        if not frames:
            raise AnnotationError("a state without frames says nothing", table["frames"].span, "list a frame: {}")
        return ExpectState(tuple(self._frame(frame, depth) for depth, frame in enumerate(frames)), _render(node))

    def _frame(self, node: Node, depth: int) -> FramePattern:
        table = _table(node, "a frame", _FRAME_KEYS)
        location = _table(table["location"], "a location", _LOCATION_KEYS) if "location" in table else {}
        if depth > 0 and "column" in location:
            raise AnnotationError(
                "only the innermost frame has a column",
                location["column"].span,
                "leave it out here: a caller has a line",
            )
        watches: list[WatchPattern] = []
        for key in ("watches", "local_vars"):
            if key in table:
                watches += [self._watch(name, value) for name, value in _entries(table[key], f"'{key}'")]
        return FramePattern(
            function=text(table["function"], "'function'") if "function" in table else None,
            is_inlined=truth(table["is_inlined"], "'is_inlined'") if "is_inlined" in table else None,
            path=text(location["path"], "'path'") if "path" in location else None,
            line=self.line_of(location["lineno"]) if "lineno" in location else None,
            column=integer(location["column"], "'column'", least=1) if "column" in location else None,
            watches=tuple(watches),
        )

    def _watch(self, name: Node, value: Node) -> WatchPattern:
        read = expression(name, "what is watched")
        if not isinstance(ungroup(value), Table):
            return WatchPattern(read, operand(value, self.addresses))
        table = _table(value, "a watch", _WATCH_KEYS)
        flags = {flag: truth(table[flag], f"'{flag}'") for flag in _WATCH_FLAGS if flag in table}
        return WatchPattern(
            read,
            operand(table["value"], self.addresses) if "value" in table else None,
            text(table["type_name"], "'type_name'") if "type_name" in table else None,
            **flags,
        )


def _entries(node: Node, what: str) -> tuple[tuple[Node, Node], ...]:
    inner = ungroup(node)
    if not isinstance(inner, Table):
        raise wrong(node, what, "a dict", "write it in braces: {'x': 1}")
    return inner.entries


def _table(node: Node, what: str, keys: Collection[str]) -> dict[str, Node]:
    table: dict[str, Node] = {}
    for key, value in _entries(node, what):
        name = text(key, f"a key of {what}")
        if name not in keys:
            raise AnnotationError(f"{what} has no {name!r}", key.span, suggest(name, keys, "its keys are"))
        if name in table:
            raise AnnotationError(f"{name!r} is given twice", key.span, "take one away")
        table[name] = value
    return table


def _render(node: Node) -> str:
    """A literal on one line, such that it parses again."""
    match node:
        case Text() | Truth() | Number():
            return repr(node.value)
        case Allowance():
            return f"{node.value.value!r} +- {node.allowance.value!r}"
        case Listing():
            return f"[{', '.join(map(_render, node.items))}]"
        case Table():
            return f"{{{', '.join(f'{_render(key)}: {_render(value)}' for key, value in node.entries)}}}"
        case Call():
            return f"{node.name}({', '.join(map(_render, node.arguments))})"
        case Name():
            return node.name
        case Blank():
            return "?"
        case Group():
            return _render(node.inner)
        case Shift():
            return f"{_render(node.base)} {'-' if node.amount < 0 else '+'} {abs(node.amount)}"
        case _:
            raise AssertionError(f"a state of which this is part was refused: {node!r}")
