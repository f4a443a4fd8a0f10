"""A test format for LLVM's lit. In a lit.cfg.py: `config.test_format = dexverify.lit_format.DexterTest()`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import lit.Test
from lit.formats.base import TestFormat

from dexverify.cli.embedded import embedded_options
from dexverify.debuggers import driver_for
from dexverify.discovery import Case, discover
from dexverify.errors import DexterError
from dexverify.outcome import Outcome
from dexverify.pipeline import run_test
from dexverify.report.terminal import plain, render_test
from dexverify.run import check_options
from dexverify.settings import FILE_NAME
from dexverify.suite import read_test
from drivers.base import DriverError, Limits

CODES = {
    Outcome.PASS: lit.Test.PASS,
    Outcome.FAIL: lit.Test.FAIL,
    Outcome.XFAIL: lit.Test.XFAIL,
    Outcome.XPASS: lit.Test.XPASS,
    Outcome.UNRESOLVED: lit.Test.UNRESOLVED,
    Outcome.UNSUPPORTED: lit.Test.UNSUPPORTED,
    Outcome.TIMEOUT: lit.Test.TIMEOUT,
    # lit's word for a test that could not be carried out.
    Outcome.ERROR: lit.Test.UNRESOLVED,
}


class AnnotatedTest(lit.Test.Test):  # type: ignore[misc]  # lit has no types
    """One of lit's tests, which knows what `dexter test` would make of its file."""

    def __init__(self, suite: Any, path_in_suite: tuple[str, ...], config: Any, case: Case) -> None:
        super().__init__(suite, path_in_suite, config)
        self.case = case


class DexterTest(TestFormat):  # type: ignore[misc]  # lit has no types
    """Each annotated file is a test; `options` are those of `dexter test` on building and running.

    What `dexter test` finds in the suite's folder is found, and by its rules: neither `config.suffixes` nor lit's own
    XFAIL and REQUIRES lines matter, `config.excludes` does. lit's workers share no run, so each file of a kernel boots
    by itself. Raises ConfigError for an option that is not understood.
    """

    def __init__(self, *options: str) -> None:
        self._options = embedded_options(options, source="DexterTest")

    def getTestsInDirectory(
        self, testSuite: Any, path_in_suite: tuple[str, ...], litConfig: Any, localConfig: Any
    ) -> Iterator[AnnotatedTest]:
        for place, case in self._found(testSuite, litConfig):
            if place[:-1] == path_in_suite and place[-1] not in localConfig.excludes:
                yield AnnotatedTest(testSuite, place, localConfig, case)

    def getTestsForPath(
        self, testSuite: Any, path_in_suite: tuple[str, ...], litConfig: Any, localConfig: Any
    ) -> Iterator[AnnotatedTest]:
        for place, case in self._found(testSuite, litConfig):
            if place == path_in_suite:
                yield AnnotatedTest(testSuite, place, localConfig, case)

    def execute(self, test: AnnotatedTest, litConfig: Any) -> Any:
        options = self._options
        if seconds := litConfig.maxIndividualTestTime:  # neither None nor 0
            options = replace(
                options, limits=_within(options.limits, seconds), kernel_limits=_within(options.kernel_limits, seconds)
            )
        try:
            read = read_test(test.case)
            check_options(options, [read])
            with closing(driver_for(options)) as driver:
                result = run_test(read, options, driver)
        except (DexterError, DriverError) as error:
            return lit.Test.Result(lit.Test.UNRESOLVED, str(error))
        return lit.Test.Result(CODES[result.outcome], render_test(result, verbose=False, style=plain))

    def _found(self, suite: Any, lit_config: Any) -> list[tuple[tuple[str, ...], Case]]:
        """The tests of a suite, each with its place in it. lit asks once for each folder."""
        root = Path(suite.source_root)
        if not hasattr(suite, "dexter_cases"):
            suite.dexter_cases = []
            try:
                suite.dexter_cases = [(_place(case, root), case) for case in discover([root], self._options)]
            except DexterError as error:
                lit_config.error(str(error))
        cases: list[tuple[tuple[str, ...], Case]] = suite.dexter_cases
        return cases


def _place(case: Case, root: Path) -> tuple[str, ...]:
    """Of a folder that is one test, that of the file which makes it one. A variant is named as in our own reports."""
    file = case.path / FILE_NAME if case.path.is_dir() else case.path
    *folders, name = Path(os.path.relpath(file, root)).parts
    return (*folders, f"{name} ({case.variant.kernel_config})" if case.variant is not None else name)


def _within(limits: Limits, seconds: float) -> Limits:
    return replace(limits, total_s=min(limits.total_s, seconds))
