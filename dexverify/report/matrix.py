"""The results of several configurations, as a table: a row for each test, and below it why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dexverify.outcome import Outcome
from dexverify.report.model import TestResult
from dexverify.report.terminal import Style, count, render_counts, render_headline, render_test, styled

_MAX_NAMES = 3  # of tests that share a reason
_WIDTH = max(len(outcome.value) for outcome in Outcome)


class MatrixTable:
    """Takes the results as they come, and gives each row when it is complete."""

    def __init__(self, paths: Sequence[str], columns: Sequence[str], style: Style) -> None:
        self._columns = tuple(columns)
        self._style = style
        self._first = max(map(len, paths), default=0)
        self._widths = [max(len(column), _WIDTH) for column in columns]
        self._cells: dict[str, dict[str, TestResult]] = {path: {} for path in paths}

    def head(self) -> str:
        """The line with the names of the columns."""
        names = (name.ljust(width) for name, width in zip(self._columns, self._widths, strict=True))
        return self._style("strong", f"{'':{self._first}}  {'  '.join(names)}".rstrip())

    def take(self, result: TestResult) -> str | None:
        """The test's row, when this was its last missing cell."""
        row = self._cells[result.path]
        row[result.configuration.name if result.configuration is not None else ""] = result
        return self._row(result.path) if len(row) == len(self._columns) else None

    def incomplete(self) -> Iterator[str]:
        """The rows of which only some cells have come, and no more will."""
        for path, row in self._cells.items():
            if 0 < len(row) < len(self._columns):
                yield self._row(path)

    def explanations(self, *, verbose: bool) -> Iterator[str]:
        """What is to be said of the cells, but once where it is the same in several of them."""
        for path in self._cells:
            yield from self._of_test(path, verbose=verbose)
        yield from self._unsupported()

    def _row(self, path: str) -> str:
        row = self._cells[path]
        cells = []
        for column, width in zip(self._columns, self._widths, strict=True):
            padding = " " * (width - len(row[column].outcome.value if column in row else "-"))
            cells.append((styled(row[column].outcome, self._style) if column in row else "-") + padding)
        outcomes = {result.outcome for result in row.values()} - {Outcome.UNSUPPORTED}
        mark = self._style("caret", "  <- differs") if len(outcomes) > 1 else ""
        return f"{path:{self._first}}  {'  '.join(cells)}{mark}".rstrip()

    def _of_test(self, path: str, *, verbose: bool) -> Iterator[str]:
        said: dict[str, list[str]] = {}
        for column, result in self._cells[path].items():
            text = render_test(result, verbose=verbose, style=self._style, figures="")
            is_worth_it = verbose or "\n" in text or not result.outcome.is_good
            if is_worth_it and result.outcome is not Outcome.UNSUPPORTED:
                said.setdefault(text, []).append(column)
        for columns in said.values():
            result = self._cells[path][columns[0]]
            yield render_test(result, verbose=verbose, style=self._style, figures=", ".join(columns))

    def _unsupported(self) -> Iterator[str]:
        reasons: dict[str, list[tuple[str, str]]] = {}
        for path, row in self._cells.items():
            for column, result in row.items():
                if result.outcome is Outcome.UNSUPPORTED:
                    reasons.setdefault(result.reason, []).append((path, column))
        for reason, cells in reasons.items():
            paths, columns = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
            names = ", ".join(paths) if len(paths) <= _MAX_NAMES else count(len(paths), "test")
            what = "every test" if len(paths) == len(self._cells) > 1 else names
            yield render_headline(TestResult(what, Outcome.UNSUPPORTED, reason=reason), self._style, ", ".join(columns))


def render_matrix_summary(results: Sequence[TestResult], tests: int, columns: int, seconds: float, style: Style) -> str:
    """The last line: how many cells have which outcome."""
    return f"{count(tests, 'test')} in {columns} configurations: {render_counts(results, style)}  in {seconds:.1f} s"
