"""The report on the terminal: a line a test, and below it why. Plain text; `style` colours it where that is wanted.

Styles are names of parts of the report; what they look like is decided in one table.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO, TypeAlias

from dexverify.errors import printable
from dexverify.outcome import Outcome
from dexverify.report.losses import render_losses
from dexverify.report.model import Explanation, Finding, TestResult
from dexverify.report.problems import sentence
from dexverify.report.text import visible
from dexverify.sources import line_of
from ltd.verdict import Verdict

Style: TypeAlias = Callable[[str, str], str]

_SGR = {"good": "32", "bad": "1;31", "odd": "33", "dim": "2", "strong": "1", "caret": "1;31"}
_STYLES = {
    Outcome.PASS: "good",
    Outcome.XFAIL: "good",
    Outcome.UNSUPPORTED: "dim",
    Outcome.FAIL: "bad",
    Outcome.ERROR: "bad",
    Outcome.XPASS: "bad",
    Outcome.UNRESOLVED: "odd",
    Outcome.TIMEOUT: "odd",
}


def plain(_style: str, text: str) -> str:
    """No colour."""
    return text


def coloured(style: str, text: str) -> str:
    """ANSI colours (ECMA-48, SGR), as every terminal in use has them."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if text else text


def render_test(result: TestResult, *, verbose: bool, style: Style, figures: str | None = None) -> str:
    """One test: its line, and why, unless it is as it should be (then only with `verbose`).

    `figures` stand at the end of its line, instead of its steps and seconds.
    """
    lines = [render_headline(result, style, figures)]
    shown = [f for f in result.findings if _is_shown(f, result.outcome, verbose=verbose)]
    for finding in shown:
        lines += _finding(finding, style)
    lines += [style("dim", f"  note: {remark}") for remark in result.remarks]
    is_said = result.outcome in {Outcome.PASS, Outcome.UNSUPPORTED}
    is_said |= result.outcome is Outcome.ERROR and bool(result.detail)  # which is the whole message
    if not result.findings and result.reason and not is_said:
        lines.append(f"  {result.reason}")
    if result.outcome is Outcome.XFAIL and not verbose:
        lines = [lines[0]]
    lines += [f"  {line}" for line in result.detail.splitlines()]
    if result.losses is not None:
        lines += render_losses(result.losses)
    if verbose:
        lines += [style("dim", f"  note: {note}") for note in result.notes]
    if verbose and result.output:
        lines.append(style("dim", "  the program printed:"))
        # Escapes, above all, must not reach the reader's terminal as they are.
        lines += [style("dim", f"    {line}") for line in visible(result.output).rstrip("\n").split("\n")[-20:]]
    return "\n".join(lines)


def render_headline(result: TestResult, style: Style, figures: str | None = None) -> str:
    """The first line of a test, with `figures` at its end (default: its steps and seconds)."""
    label = style(_STYLES[result.outcome], f"{result.outcome.value:<11}")
    what = result.path
    if result.outcome in {Outcome.XFAIL, Outcome.UNSUPPORTED} and result.reason:
        what += style("dim", f"  ({result.reason})")
    elif result.findings and result.reason:
        what += f"  {result.reason}"
    if figures is None:
        steps = f"{count(result.steps, 'step')}, " if result.steps else ""
        figures = f"{steps}{result.seconds:.1f} s"
    return f"{label} {what}  {style('dim', figures)}"


def render_summary(results: Sequence[TestResult], seconds: float, style: Style) -> str:
    """The last line: how many tests had which outcome."""
    counts = render_counts(results, style)
    return f"{count(len(results), 'test')}{': ' if counts else ''}{counts}  in {seconds:.1f} s"


def render_counts(results: Sequence[TestResult], style: Style) -> str:
    """How many results have which outcome: `2 PASS, 1 FAIL`."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(style(_STYLES[o], f"{counts[o]} {o.value}") for o in Outcome if counts[o])


def styled(outcome: Outcome, style: Style) -> str:
    """An outcome's name."""
    return style(_STYLES[outcome], outcome.value)


def render_stages(results: Sequence[TestResult]) -> str:
    """`--time-report`: the seconds that each stage took, over all tests."""
    totals: Counter[str] = Counter()
    for result in results:
        totals.update(result.stages)
    whole = sum(totals.values()) or 1.0
    lines = ["time report (seconds over all tests)"]
    lines += [f"  {stage:<8} {seconds:8.3f}  {seconds / whole:4.0%}" for stage, seconds in totals.items()]
    return "\n".join(lines)


def count(number: int, noun: str) -> str:
    """`1 step`, `1,000 steps`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def wants_colour(stream: TextIO, environment: dict[str, str]) -> bool:
    """Colour goes to a terminal only, and never where NO_COLOR is set (no-color.org) or the terminal is dumb."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def style_for(stream: TextIO) -> Style:
    """What the report looks like there."""
    return coloured if wants_colour(stream, dict(os.environ)) else plain


def _is_shown(finding: Finding, outcome: Outcome, *, verbose: bool) -> bool:
    if verbose or finding.warnings:
        return True
    return finding.verdict is not Verdict.HOLDS and outcome is not Outcome.XFAIL


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    place = f"{_short(finding.span.path)}:{finding.span.line}"
    yield f"  {style('strong', place)}: {sentence(finding)}"
    yield from explanation_lines(finding, style)


def explanation_lines(finding: Finding, style: Style) -> Iterator[str]:
    """Why, below the sentence that says what: the formula with a caret, the steps that matter, notes, warnings."""
    explanation = finding.explanation
    yield from _caret(explanation, style)
    yield from _table(explanation, style)
    for note in explanation.notes:
        yield f"    note: {note}"
    for warning in finding.warnings:
        yield style("odd", f"    warning: {warning}")


def _caret(explanation: Explanation, style: Style) -> Iterator[str]:
    span = explanation.span
    if span is None or not (text := line_of(span.path, span.line)):
        return
    lead = "".join("\t" if c == "\t" else " " for c in text[: span.column - 1])
    end = span.end_column if span.end_line == span.line else len(text) + 1
    marks = "^" * max(1, end - span.column)
    yield f"    {span.line:>4} | {printable(text)}"
    yield f"         | {lead}{style('caret', marks)} {style('caret', explanation.label)}".rstrip()


def _table(explanation: Explanation, style: Style) -> Iterator[str]:
    if not explanation.rows:
        return
    heads = ("step", "where", "", *explanation.columns)
    cells = [(f"{row.step:,}", row.function, row.place, *row.values) for row in explanation.rows]
    widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(len(heads))]
    yield style("dim", "  " + "  ".join(h.ljust(w) for h, w in zip(heads, widths, strict=True)).rstrip())
    for row, line in zip(explanation.rows, cells, strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"  {text}{style('caret', f'  <- {row.mark}') if row.mark else ''}".rstrip()


def _short(path: str) -> str:
    return path.rpartition("/")[2]
