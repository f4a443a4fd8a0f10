"""One run of a suite that has every outcome in it, for all renderers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dexverify.debuggers import driver_for
from dexverify.judged import Judged
from dexverify.options import Options
from dexverify.report.model import TestResult
from dexverify.suite import load, run_suite
from drivers.base import Limits
from tests.report.suite import PROGRAMS


@dataclass
class Suite:
    """The folder that it was run in, the results in order, and what observers saw."""

    folder: Path
    results: list[TestResult] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)

    def __getitem__(self, name: str) -> TestResult:
        return next(result for result in self.results if result.path == f"suite/{name}")

    def run(self, name: str) -> Judged:
        return next(judged for judged in self.judged if judged.result.path == f"suite/{name}")


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The suite, which was run; the present folder is that above it."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "suite").mkdir()
    for name, text in PROGRAMS.items():
        (folder / "suite" / name).write_text(text, "utf-8")
    options = Options(limits=Limits(steps=200))
    driver, before = driver_for(options), Path.cwd()
    os.chdir(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:
            # Whatever this machine has: REQUIRES names something that is not there.
            patch.setattr("dexverify.pipeline.missing", lambda names: "sys161 cannot be used" if names else None)
            tests, suite = load([Path("suite")], options=options), Suite(folder)
            for test in tests:
                own = replace(options, limits=Limits(total_s=2.0)) if "endless" in test.case.label else options
                suite.results += run_suite([test], own, driver, observers=[suite.judged.append])
        yield suite
    finally:
        os.chdir(before)
        driver.close()
