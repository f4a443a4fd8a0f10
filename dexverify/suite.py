"""A suite: all tests of the given paths, one after the other or several at a time, and the exit status."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from dexverify.annotations import parse_test
from dexverify.discovery import Case, discover
from dexverify.doctor import check_names
from dexverify.errors import AnnotationError, AnnotationErrors, ConfigError
from dexverify.judged import Observer
from dexverify.judging import propositions_of
from dexverify.options import Options
from dexverify.pipeline import run_group
from dexverify.report.model import TestResult
from dexverify.settings import FILE_NAME
from dexverify.targets import Target, Test, units_of
from dexverify.trees import Tree, Variant
from drivers.base import Driver
from drivers.process import close_all


class ExitStatus(IntEnum):
    """Of `dexter test`."""

    GOOD = 0
    BAD = 1
    NOT_DONE = 2
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Unit:
    """Tests that share a run, or one test. `lacking` is why it cannot be run on this machine, if that is known."""

    tests: tuple[Test, ...]
    target: Target
    options: Options
    driver: Driver
    lacking: str | None = None


def load(paths: Sequence[Path], pattern: str = "", options: Options | None = None) -> list[Test]:
    """The tests of these paths whose label contains `pattern`, their annotations read.

    Raises ConfigError when there is none, and AnnotationErrors with every error of every file.
    """
    options = options or Options()
    cases = [case for case in discover(paths, options) if pattern in case.label]
    if not cases:
        where = ", ".join(map(str, paths))
        if pattern:
            raise ConfigError(f"no test found in {where} with {pattern!r} in its path")
        raise ConfigError(f"no test found in {where}: a test is a source file with a comment // DexVerify(…) in it")
    tests: list[Test] = []
    errors: list[AnnotationError] = []
    for case in cases:
        try:
            tests.append(read_test(case, options))
        except AnnotationErrors as error:
            errors += error.errors
        except AnnotationError as error:
            errors.append(error)
    if errors:
        raise AnnotationErrors(tuple(errors))
    if not pattern:
        check_variants(tests)
    return tests


def check_variants(tests: Sequence[Test]) -> None:
    """Raise ConfigError for a known defect whose proposition no test has: it would be waited for in vain."""
    names: dict[tuple[Tree, Variant], set[str]] = {}
    for test in tests:
        if test.case.tree is not None and test.case.variant is not None:
            found = names.setdefault((test.case.tree, test.case.variant), set())
            found.update(proposition.name for proposition in propositions_of(test.annotations))
    for (tree, variant), found in names.items():
        for name in variant.fails:
            if name not in found:
                near = difflib.get_close_matches(name, found, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                config = variant.kernel_config
                file = tree.root / FILE_NAME
                raise ConfigError(f"{file}: error: variant {config}: no proposition is called {name!r}{hint}")


def read_test(case: Case, options: Options | None = None) -> Test:
    """The case with its annotations. Raises AnnotationErrors, and ConfigError for a misspelt capability."""
    test = Test(case, parse_test(case.files, options.source_root if options is not None else None))
    try:
        check_names((*test.annotations.requires, *test.annotations.unsupported))
    except ConfigError as error:
        raise ConfigError(f"{case.path}: error: {error}") from error
    return test


def run_suite(
    tests: Sequence[Test],
    options: Options,
    driver: Driver,
    *,
    jobs: int = 1,
    max_failures: int | None = None,
    observers: Sequence[Observer] = (),
) -> Iterator[TestResult]:
    """Each result. After `max_failures` bad ones no further unit is started."""
    units = units_with(tests, options, driver)
    for results in run_units(units, jobs=jobs, max_failures=max_failures, observers=observers):
        yield from results


def units_with(tests: Sequence[Test], options: Options, driver: Driver) -> list[Unit]:
    """The tests in their order, those that share a run together."""
    return [Unit(tuple(group), target, options, driver) for target, group in units_of(tests, options).items()]


def run_units(
    units: Sequence[Unit], *, jobs: int = 1, max_failures: int | None = None, observers: Sequence[Observer] = ()
) -> Iterator[list[TestResult]]:
    """The results of each unit, in order. After `max_failures` bad ones no further unit is started: it has none."""
    failures = 0

    def run_unless_enough(unit: Unit) -> list[TestResult]:
        nonlocal failures
        if max_failures is not None and failures >= max_failures:
            return []
        results = run_group(unit.tests, unit.target, unit.options, unit.driver, observers, unit.lacking)
        failures += sum(not result.outcome.is_good for result in results)
        return results

    pool = ThreadPoolExecutor(max_workers=jobs)
    futures = [pool.submit(run_unless_enough, unit) for unit in units]
    try:
        for future in futures:
            yield future.result()
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


def exit_status(results: Sequence[TestResult], *, is_written: bool = True) -> ExitStatus:
    """0 when every outcome is PASS, XFAIL or UNSUPPORTED, else 1; 2 when results could not be written."""
    if not is_written:
        return ExitStatus.NOT_DONE
    return ExitStatus.GOOD if all(result.outcome.is_good for result in results) else ExitStatus.BAD
