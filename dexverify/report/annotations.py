"""`dexter parse`: what was understood of a test's annotations, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import PurePath

from dexverify.annotations.commands import Annotations, Lines
from dexverify.errors import Span
from dexverify.propositions import MAX_LINE
from ltd.printer import infix, prefix


def render_annotations(path: str, annotations: Annotations) -> str:
    """Every command of a test, one a line, with its place; formulas in both notations."""
    lines = [path, *(f"  file {file}" for file in annotations.files)]
    for verify in annotations.verifies:
        name = f"  name {verify.name!r}" if verify.name else ""
        lines.append(f"  {_place(verify.span)}: DexVerify{name}")
        lines.append(f"      {prefix(verify.formula)}")
        if (other := infix(verify.formula)) != prefix(verify.formula):
            lines.append(f"      {other}")
    lines += _others(annotations)
    if annotations.xfail is not None:
        lines.append(f"  XFAIL: {annotations.xfail}")
    if annotations.requires:
        lines.append(f"  REQUIRES: {', '.join(annotations.requires)}")
    if annotations.unsupported:
        lines.append(f"  UNSUPPORTED: {', '.join(annotations.unsupported)}")
    return "\n".join(lines)


def _others(annotations: Annotations) -> Iterator[str]:
    groups: tuple[tuple[object, ...], ...] = (
        annotations.expectations,
        annotations.watches,
        annotations.labels,
        annotations.limits,
        annotations.step_functions,
        annotations.finishes,
        annotations.continues,
        annotations.addresses,
        tuple(each for each in (annotations.command_line, annotations.expect_end) if each is not None),
    )
    for group in groups:
        for command in group:
            parts = [
                f"{field.name} {_shown(value)}"
                for field in fields(command)  # type: ignore[arg-type]  # every command is a dataclass
                if field.name != "span" and (value := getattr(command, field.name)) is not None
            ]
            yield f"  {_place(command.span)}: Dex{type(command).__name__}  {', '.join(parts)}"  # type: ignore[attr-defined]


def _shown(value: object) -> str:
    if isinstance(value, Lines):
        name = PurePath(value.path).name
        last = "end" if value.last >= MAX_LINE else value.last
        return f"{name}:{value.first}" if value.first == value.last else f"{name}:{value.first}-{last}"
    if isinstance(value, tuple):
        return f"({', '.join(_shown(each) for each in value)})"
    return str(value)


def _place(span: Span) -> str:
    return f"{PurePath(span.path).name}:{span.line}"
