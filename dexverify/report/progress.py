"""Signs of life on the terminal: a bar while a suite runs, a spinner once a single test has taken a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Timer
from typing import TextIO

SPINNER_AFTER_S = 1.0


@contextmanager
def bar(total: int, report: TextIO) -> Iterator[Callable[[str], None]]:
    """Yields what to call with the text of each result; the bar stands below them, and is gone at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=report, highlight=False), transient=True) as progress:
        task = progress.add_task("tests", total=total)

        def show(text: str) -> None:
            # Lines of the report are never folded: a caret must stay below what it points at.
            progress.console.print(Text.from_ansi(text), soft_wrap=True)
            progress.advance(task)

        yield show


@contextmanager
def spinner(report: TextIO) -> Iterator[Callable[[str], None]]:
    """As `bar`, for one test. Nothing is loaded or shown for one that is over soon."""
    stack = ExitStack()

    def begin() -> None:
        from rich.console import Console

        stack.enter_context(Console(file=report).status("still running …"))

    timer = Timer(SPINNER_AFTER_S, begin)
    timer.daemon = True

    def end() -> None:
        timer.cancel()
        timer.join()  # should it be about to begin
        stack.close()

    def show(text: str) -> None:
        end()
        print(text, file=report, flush=True)

    timer.start()
    try:
        yield show
    finally:
        end()
