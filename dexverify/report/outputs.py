"""What a run writes besides the report on the terminal: the options that name a file, and what fills each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO, TypeAlias, TypeVar

from dexverify.errors import ConfigError, internal_error
from dexverify.judged import Judged
from dexverify.options import Options
from dexverify.report.files import STANDARD_OUTPUT, check_file, check_folder, write_file
from dexverify.report.json_report import render_json
from dexverify.report.model import TestResult


class Output:
    """Something that results are written to.

    `observe` sees each test whose program ran, with its run, which is let go of afterwards: with `--jobs`, from
    several threads. `finish` gets all results at the end, in their order, also when the run was interrupted.
    `close` comes last, whatever happened: what was not finished is to leave nothing behind.
    """

    def observe(self, judged: Judged) -> None:
        """Take what is needed of a run."""

    def finish(self, results: Sequence[TestResult]) -> None:
        """Write everything."""

    def close(self) -> None:
        """Let go of what is open."""


@dataclass
class Document(Output):
    """An output that is rendered at the end, from the results alone."""

    path: str | Path
    render: Callable[[Sequence[TestResult]], bytes]

    def finish(self, results: Sequence[TestResult]) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)  # --results-directory's is made
        write_file(self.path, self.render(results))


@dataclass
class _Annotations(Output):
    """`--github`: printed at the end, for the eyes of the runner."""

    report: TextIO
    options: Options

    def finish(self, results: Sequence[TestResult]) -> None:
        from dexverify.report.github import render_github

        workspace = os.environ.get("GITHUB_WORKSPACE")
        root = Path(workspace) if workspace else self.options.source_root or Path.cwd()
        for line in render_github(results, root):
            print(line, file=self.report)


Maker: TypeAlias = "Callable[[str, Options], Output]"
_T = TypeVar("_T")


def _json(path: str, _options: Options) -> Output:
    return Document(path, render_json)


def _junit(path: str, _options: Options) -> Output:
    from dexverify.report.junit import render_junit

    return Document(path, render_junit)


def _sarif(path: str, options: Options) -> Output:
    from dexverify.report.sarif import render_sarif

    return Document(path, partial(render_sarif, root=options.source_root or Path.cwd()))


def _chrome_trace(path: str, _options: Options) -> Output:
    from dexverify.report.chrome_trace import ChromeTrace

    return ChromeTrace(path)


def _html(path: str, options: Options) -> Output:
    from dexverify.report.html.report import HtmlReport

    return HtmlReport(path, options.source_root)


class _Guarded:
    """An output under the option that asked for it: what goes wrong with it is told, and ends nothing else.

    `observe` may be called from several threads.
    """

    def __init__(self, option: str, path: str | Path, output: Output) -> None:
        self._named, self._path, self._output = f"{option} {path}", str(path), output
        self._is_of_all = type(output).finish is not Output.finish
        self.problems: list[str] = []

    def observe(self, judged: Judged) -> None:
        if not (self.problems and self._is_of_all):  # a document that lacks a test is not written at all
            self._try(self._output.observe, judged)

    def finish(self, results: Sequence[TestResult]) -> None:
        if not self.problems:
            self._try(self._output.finish, results)

    def _try(self, step: Callable[[_T], None], argument: _T) -> None:
        try:
            step(argument)
        except OSError as error:
            if isinstance(error, BrokenPipeError) and self._path == STANDARD_OUTPUT:
                raise  # whoever read the document has gone, which is nobody's mistake
            file = str(error.filename or self._path)
            which = f"{file}: " if file != self._path else ""
            self.problems.append(f"{self._named}: cannot be written: {which}{error.strerror}")
        except Exception as error:  # a bug of ours in one output must not take the others with it
            self.problems.append(f"{self._named}: cannot be written: {internal_error(error)}")


_OF_FILE: dict[str, Maker] = {
    "--json": _json,
    "--junit": _junit,
    "--sarif": _sarif,
    "--chrome-trace": _chrome_trace,
    "--html": _html,
}
"""For each option that names a file (or `-`), what makes its output. What few runs need is imported there."""


class Outputs:
    """All outputs of one run; a context, which closes them. Raises ConfigError for what could not be written.

    What turns out only later to be impossible to write is left out, and told by `finish`.
    """

    def __init__(self, arguments: argparse.Namespace, options: Options) -> None:
        files = {option: path for option in _OF_FILE if (path := _given(arguments, option)) is not None}
        _check(files)
        for option, folder in {"--results-directory": options.results_directory, "--itf": arguments.itf}.items():
            if folder is not None:
                check_folder(option, folder)
        self.uses_stdout = STANDARD_OUTPUT in files.values()
        self._closing = ExitStack()
        self._outputs: list[_Guarded] = []
        with ExitStack() as so_far:
            for option, path in files.items():
                output = _OF_FILE[option](path, options)
                so_far.callback(output.close)
                self._outputs.append(_Guarded(option, path, output))
            self._closing = so_far.pop_all()
        if arguments.itf is not None:
            from dexverify.report.itf import Itf

            self._outputs.append(_Guarded("--itf", arguments.itf, Itf(arguments.itf)))
        self._annotations = _Annotations(self.report, options) if arguments.github else None
        if (folder := options.results_directory) is not None:
            document = Document(folder / "results.json", render_json)
            self._outputs.append(_Guarded("--results-directory", folder, document))

    @property
    def report(self) -> TextIO:
        """Where the report for people goes: with a document on standard output, nothing else may be there."""
        return sys.stderr if self.uses_stdout else sys.stdout

    def observe(self, judged: Judged) -> None:
        """Let each output take what it needs; from any thread."""
        for output in self._outputs:
            output.observe(judged)

    def finish(self, results: Sequence[TestResult]) -> bool:
        """Write everything. What cannot be written is told on standard error; returns whether all could be."""
        if self._annotations is not None:
            self._annotations.finish(results)
        for output in self._outputs:
            output.finish(results)
        problems = [problem for output in self._outputs for problem in output.problems]
        for problem in dict.fromkeys(problems):
            print(f"dexter: error: {problem}", file=sys.stderr)
        return not problems and all(result.is_kept for result in results)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._closing.close()


def _given(arguments: argparse.Namespace, option: str) -> str | None:
    path: str | None = getattr(arguments, option.removeprefix("--").replace("-", "_"), None)
    return path


def _check(files: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for option, path in files.items():
        check_file(option, path)
        place = path if path == STANDARD_OUTPUT else str(Path(path).resolve())
        if place in seen:
            where = "standard output" if path == STANDARD_OUTPUT else path
            raise ConfigError(f"{seen[place]} and {option} both write to {where}: name another file")
        seen[place] = option
