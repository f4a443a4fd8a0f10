"""`--builder gcc,clang --debugger gdb,lldb`: every test in each configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from dexverify.builders import NativeBuilder, builder_for
from dexverify.discovery import KERNEL_BUILDER
from dexverify.errors import ConfigError
from dexverify.judged import Observer
from dexverify.options import Options
from dexverify.report.model import TestResult
from dexverify.suite import Unit, run_units, units_with
from dexverify.targets import DEFAULT_BUILDER, Test, sources_of
from drivers.base import Driver, DriverError


@dataclass(frozen=True)
class Column:
    """One configuration."""

    options: Options
    driver: Driver

    @property
    def name(self) -> str:
        """What the user calls it: `clang`, `lldb`, or `clang+lldb` where both vary; empty when it is the only one."""
        return self.options.column

    def lacking(self, test: Test) -> str | None:
        """Why the test cannot be run in this configuration on this machine; None when it can."""
        if self._lacks_debugger is not None or self.options.binary is not None or test.case.tree is not None:
            return self._lacks_debugger
        builder = builder_for(self.options.builder or DEFAULT_BUILDER)
        return builder.lacking(sources_of(test)) if isinstance(builder, NativeBuilder) else None

    @cached_property
    def _lacks_debugger(self) -> str | None:
        try:
            self.driver.version()
        except DriverError as error:
            return str(error).splitlines()[0]
        return None


def columns_of(options: Options, builders: Sequence[str], drivers: Mapping[str, Driver]) -> list[Column]:
    """A column for each builder with each debugger; `builders` may be empty, for the tree's own or the default.

    Raises ConfigError for builders that cannot stand beside each other.
    """
    if len(builders) > 1 and options.binary is not None:
        raise ConfigError(f"--binary is built already: --builder {','.join(builders)} has nothing to build")
    if len(builders) > 1 and KERNEL_BUILDER in builders:
        raise ConfigError(f"{KERNEL_BUILDER} builds kernels, and other builders programs: name it alone")
    columns = []
    for builder, debugger in product(builders or (None,), drivers):
        varying = [*([builder] if builder and len(builders) > 1 else []), *([debugger] if len(drivers) > 1 else [])]
        own = replace(options, builder=builder, debugger=debugger, column="+".join(varying))
        columns.append(Column(own, drivers[debugger]))
    return columns


def run_columns(
    tests: Sequence[Test],
    columns: Sequence[Column],
    *,
    jobs: int = 1,
    max_failures: int | None = None,
    observers: Sequence[Observer] = (),
) -> Iterator[TestResult]:
    """Each result, test by test, and of each in all columns; tests that share a run in one column do so in each."""
    units = list(_units(tests, columns))
    for results in run_units(units, jobs=jobs, max_failures=max_failures, observers=observers):
        yield from results


def _units(tests: Sequence[Test], columns: Sequence[Column]) -> Iterator[Unit]:
    grouped = [units_with(tests, column.options, column.driver) for column in columns]
    for row in zip(*grouped, strict=True):
        for column, unit in zip(columns, row, strict=True):
            # What a lone configuration lacks is told by its run. Tests that share one are parts of one kernel, and
            # lack the same.
            yield replace(unit, lacking=column.lacking(unit.tests[0])) if len(columns) > 1 else unit
