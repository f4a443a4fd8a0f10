"""What optimisation lost, on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dexverify.report.model import Loss, Losses, LossKind


def render_losses(losses: Losses) -> Iterator[str]:
    """A line for each loss, in columns: where, what, how much of it, and what is shown instead."""
    if losses.problem:
        first, *others = losses.problem.splitlines()
        yield f"  not compared with {losses.against}: {first}"
        yield from (f"    {line}" for line in others)
        return
    pairs = "1 expression on a line" if losses.compared == 1 else f"{losses.compared:,} expressions on lines"
    if not losses.lost:
        yield f"  nothing is lost against {losses.against}: {pairs} compared"
        return
    yield f"  lost against {losses.against} ({pairs} compared):"
    cells = [_cells(group) for group in _grouped(losses.lost)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield f"    {'  '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))}".rstrip()


def losses_object(losses: Losses) -> dict[str, Any]:
    """The `losses` of a test's object."""
    return {
        "against": losses.against,
        "compared": losses.compared,
        "problem": losses.problem,
        "lost": [
            {
                "path": loss.path,
                "line": loss.line,
                "expression": loss.expression,
                "loss": loss.kind.value,
                "visits": loss.visits,
                "of": loss.of,
                "shown": loss.shown,
                "reference": loss.reference,
            }
            for loss in losses.lost
        ],
    }


def _grouped(lost: Sequence[Loss]) -> list[list[Loss]]:
    """Neighbouring lines that are unreachable are told as one; every other loss is alone."""
    groups: list[list[Loss]] = []
    for loss in lost:
        last = groups[-1][-1] if groups else None
        is_next = last is not None and (last.path, last.line + 1, last.kind) == (loss.path, loss.line, loss.kind)
        if is_next and loss.kind is LossKind.UNREACHABLE:
            groups[-1].append(loss)
        else:
            groups.append([loss])
    return groups


def _cells(group: Sequence[Loss]) -> tuple[str, ...]:
    loss = group[0]
    place = loss.place if len(group) == 1 else f"{loss.place}-{group[-1].line}"
    if loss.kind is LossKind.UNREACHABLE:
        return place, "", loss.kind.value, _visits(sum(each.of for each in group)), "in the reference"
    instead = loss.shown if loss.reference is None else f"{loss.shown} where it is {loss.reference}"
    return place, loss.expression or "", loss.kind.value, f"{loss.visits:,} of {_visits(loss.of)}", instead


def _visits(number: int) -> str:
    return "1 visit" if number == 1 else f"{number:,} visits"
