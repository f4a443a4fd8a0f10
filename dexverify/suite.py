"""A suite: all tests of the given paths, one after the other or several at a time, and the exit status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from enum import IntEnum
from pathlib import Path

from dexverify.annotations import parse_test
from dexverify.discovery import Case, discover
from dexverify.doctor import check_names
from dexverify.errors import AnnotationError, AnnotationErrors, ConfigError
from dexverify.options import Options
from dexverify.pipeline import Test, run_test
from dexverify.report.model import TestResult
from drivers.base import Driver
from drivers.process import close_all


class ExitStatus(IntEnum):
    """Of `dexter test`."""

    GOOD = 0
    BAD = 1
    INTERRUPTED = 130


def load(paths: Sequence[Path], pattern: str = "") -> list[Test]:
    """The tests of these paths whose path contains `pattern`, their annotations read.

    Raises ConfigError when there is none, and AnnotationErrors with every error of every file.
    """
    cases = [case for case in discover(paths) if pattern in str(case.path)]
    if not cases:
        where = ", ".join(map(str, paths))
        if pattern:
            raise ConfigError(f"no test found in {where} with {pattern!r} in its path")
        raise ConfigError(f"no test found in {where}: a test is a source file with a comment // DexVerify(…) in it")
    tests: list[Test] = []
    errors: list[AnnotationError] = []
    for case in cases:
        try:
            tests.append(_read(case))
        except AnnotationErrors as error:
            errors += error.errors
        except AnnotationError as error:
            errors.append(error)
    if errors:
        raise AnnotationErrors(tuple(errors))
    return tests


def _read(case: Case) -> Test:
    test = Test(case, parse_test(case.files))
    try:
        check_names(test.annotations.requires)
    except ConfigError as error:
        raise ConfigError(f"{case.path}: error: {error}") from error
    return test


def run_suite(
    tests: Sequence[Test], options: Options, driver: Driver, *, jobs: int = 1, max_failures: int | None = None
) -> Iterator[TestResult]:
    """Each result, in the order of the tests. After `max_failures` bad ones no further test is started."""
    failures = 0

    def run_unless_enough(test: Test) -> TestResult | None:
        nonlocal failures
        if max_failures is not None and failures >= max_failures:
            return None
        result = run_test(test, options, driver)
        failures += not result.outcome.is_good
        return result

    pool = ThreadPoolExecutor(max_workers=jobs)
    futures = [pool.submit(run_unless_enough, test) for test in tests]
    try:
        for future in futures:
            result = future.result()
            if result is not None:
                yield result
    except BaseException:
        # Ctrl-C, above all: what is running ends at once, since its children do. Again and again, as a test may
        # just have been about to start one.
        pool.shutdown(wait=False, cancel_futures=True)
        while running := [future for future in futures if not future.done()]:
            close_all()
            wait(running, timeout=0.1)
        raise
    finally:
        pool.shutdown()


def exit_status(results: Sequence[TestResult]) -> ExitStatus:
    """0 when every outcome is PASS, XFAIL or UNSUPPORTED, else 1."""
    return ExitStatus.GOOD if all(result.outcome.is_good for result in results) else ExitStatus.BAD
