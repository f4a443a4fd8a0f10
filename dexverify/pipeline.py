"""One test from its annotations to its result: build, plan, record, judge, explain. Nothing else is here."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dexverify.annotations.commands import Annotations
from dexverify.builders import BuildRequest, PrebuiltBuilder, builder_for
from dexverify.discovery import Case
from dexverify.doctor import missing
from dexverify.errors import BuildError, DexterError
from dexverify.judging import Proposition, judge_run, propositions_of
from dexverify.options import Options
from dexverify.outcome import Decided, Outcome, describe_end, marked, outcome_of
from dexverify.places import Code, aliases_of, check_places, renamed, strangers
from dexverify.plan import plan_of
from dexverify.recorder import Run, record
from dexverify.report.model import TestResult
from dexverify.watcher import Watcher, can_be_watched
from drivers.base import Driver, DriverError, Launch
from drivers.gdb.lines import LineTable
from ltd.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Test:
    """A case whose annotations have been read."""

    __test__ = False  # no pytest class, whatever its name

    case: Case
    annotations: Annotations

    @property
    def xfail(self) -> str | None:
        """Why it is expected to fail; None when it is not."""
        if self.annotations.xfail is not None:
            return self.annotations.xfail or "marked XFAIL"
        return "its name begins with xfail_" if self.case.is_xfail else None


def run_test(test: Test, options: Options, driver: Driver) -> TestResult:
    """Everything that becomes of one test; whatever goes wrong with it is an outcome."""
    started = time.monotonic()
    result = TestResult(str(test.case.path), Outcome.ERROR)
    if lacking := missing(test.annotations.requires):
        return replace(result, outcome=Outcome.UNSUPPORTED, reason=lacking)
    stages: dict[str, float] = {}
    try:
        with _directory(test.case, options) as directory:
            driver.prepare()
            result = _run(test, options, driver, directory, stages, result)
    except BuildError as error:
        result = replace(result, reason="the build failed", detail=str(error))
    except (DexterError, DriverError) as error:
        result = replace(result, reason=str(error).splitlines()[0], detail=str(error))
    except Exception as error:  # a bug of ours must not take the results of the other tests with it
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        result = replace(result, reason=f"internal error of dexter, please report it: {error!r} at {place}")
    return replace(result, seconds=time.monotonic() - started, stages=stages)


def _run(
    test: Test, options: Options, driver: Driver, directory: Path, stages: dict[str, float], result: TestResult
) -> TestResult:
    annotations = test.annotations
    propositions = propositions_of(annotations)
    with _timed(stages, "build"):
        binary = _build(test, options, directory)
    with _timed(stages, "plan"):
        formulas = [p.formula for p in propositions if p.formula is not None]
        table = LineTable.read(binary)
        aliases = aliases_of(annotations, table)
        code = Code(table, aliases)
        check_places(annotations, formulas, code)
        unknown_functions = strangers(annotations, formulas, code, binary)
        plan = renamed(plan_of(annotations, formulas), aliases)
    with _timed(stages, "record"):
        launch = Launch(binary, _arguments(test, options), Path.cwd(), options.stdin or test.case.settings.stdin)
        is_watched = bool(propositions) and len(formulas) == len(propositions) and all(map(can_be_watched, formulas))
        watcher = Watcher(formulas) if is_watched else None
        with driver.launch(launch, plan, options.limits) as session:
            run = record(session, annotations, tuple(plan.samples), watcher, aliases)
            run.strangers = unknown_functions
    with _timed(stages, "judge"):
        findings = judge_run(run, propositions)
    decided = _decide(test, run, propositions, [(f.name, f.verdict) for f in findings])
    if options.strict and decided.outcome in {Outcome.PASS, Outcome.XPASS}:
        vacuous = next((f for f in findings if f.warnings), None)
        if vacuous is not None:
            decided = Decided(Outcome.FAIL, f"{vacuous.name}: {vacuous.warnings[0]}")
    return replace(
        result,
        outcome=decided.outcome,
        reason=decided.reason,
        steps=len(run.recording),
        end=describe_end(run.recording.end),
        output=run.recording.end.output,
        findings=tuple(findings),
        notes=_notes(run, decided),
    )


def _decide(
    test: Test, run: Run, propositions: tuple[Proposition, ...], verdicts: list[tuple[str, Verdict]]
) -> Decided:
    expected = test.annotations.expect_end
    if not propositions and expected is None:
        return Decided(Outcome.UNRESOLVED, "nothing to verify: the test has no DexVerify and no expectation")
    decided = outcome_of(verdicts, run.recording.end, expected, was_released=run.decided_at is not None)
    if decided.outcome is Outcome.PASS and run.unseen_conditions:
        why = "is the condition of a command, and was never observable where it was asked"
        decided = Decided(Outcome.UNRESOLVED, f"'{run.unseen_conditions[0]}' {why}")
    return marked(decided, test.xfail) if test.xfail is not None else decided


def _build(test: Test, options: Options, directory: Path) -> Path:
    builder = PrebuiltBuilder(options.binary) if options.binary is not None else builder_for(options.builder)
    settings = test.case.settings
    request = BuildRequest(
        sources=test.case.sources or tuple(map(Path, test.annotations.files)),
        directory=directory,
        cflags=(*settings.cflags, *options.cflags),
        ldflags=(*settings.ldflags, *options.ldflags),
        # gdb takes UTF-8 only; what Python could not decode in a file's name are surrogates.
        name=test.case.path.stem.encode("utf-8", "replace").decode().replace("?", "_") or "program",
    )
    return builder.build(request)


def _arguments(test: Test, options: Options) -> tuple[str, ...]:
    """As DExTer has it, DexCommandLine's arguments come after those of `--target-run-args`."""
    given = options.run_arguments if options.run_arguments is not None else test.case.settings.arguments
    command_line = test.annotations.command_line
    return (*given, *(command_line.arguments if command_line is not None else ()))


def _notes(run: Run, decided: Decided) -> tuple[str, ...]:
    notes = [f"failed, as expected: {decided.failure}"] if decided.failure else []
    if run.decided_at is not None and run.recording.end.is_complete:
        notes.append(f"everything was decided after {run.decided_at:,} steps; the rest of the run was not recorded")
    return tuple(notes)


@contextmanager
def _directory(case: Case, options: Options) -> Iterator[Path]:
    """Where a test's files go: a folder of its own, kept with `--save-temps`."""
    if options.save_temps:
        base = options.results_directory or Path("dexter-results")
        # The tests' own tree again: two of them never meet, and no name grows too long.
        directory = base.joinpath(*("up" if part == ".." else part for part in case.path.parts if part != "/"))
        directory.mkdir(parents=True, exist_ok=True)
        yield directory
        return
    directory = Path(tempfile.mkdtemp(prefix="dexter-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _timed(stages: dict[str, float], stage: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        stages[stage] = stages.get(stage, 0.0) + time.monotonic() - started
