"""Tests from their annotations to their results: build, plan, record, judge, explain. Nothing else is here."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dexverify.discovery import Case
from dexverify.doctor import missing
from dexverify.errors import AnnotationError, BuildError, DexterError
from dexverify.judged import Judged, Observer
from dexverify.judging import Proposition, judge_run, propositions_of
from dexverify.options import Options
from dexverify.outcome import (
    Decided,
    Outcome,
    defect_outcome,
    describe_end,
    describe_stack,
    marked,
    outcome_of,
    place_of,
)
from dexverify.places import Code, aliases_of, begun_at_code, check_places, idle_lines, renamed, strangers
from dexverify.plan import plan_of
from dexverify.recorder import Recorder, Run, record
from dexverify.reference import find_losses
from dexverify.report.model import Configuration, Finding, TestResult
from dexverify.report.paths import own_place
from dexverify.share import Share, joined
from dexverify.targets import Kernel, Program, Target, Test, builder_name, target_of
from dexverify.threads import THREAD_NAME, has_thread_names
from dexverify.watcher import Watcher, can_be_watched
from drivers.base import Driver, DriverError
from drivers.binary.lines import LineTable
from drivers.state import End, EndKind
from ltd.formula import Formula
from ltd.verdict import Verdict


def run_test(test: Test, options: Options, driver: Driver) -> TestResult:
    """Everything that becomes of one test; whatever goes wrong with it is an outcome."""
    return run_group([test], target_of(test, options), options, driver)[0]


def run_group(
    tests: Sequence[Test],
    target: Target,
    options: Options,
    driver: Driver,
    observers: Sequence[Observer] = (),
    lacking: str | None = None,
) -> list[TestResult]:
    """The results of tests that share a run, in their order; what goes wrong with one leaves the others alone.

    `lacking` is why they cannot be run on this machine, if that is known.
    """
    parts = [_Part(test, options) for test in tests]
    lacking = lacking or target.lacking()
    for part in parts:
        if reason := missing(part.test.annotations.requires) or lacking:
            part.end(Outcome.UNSUPPORTED, reason)
    if any(part.is_open for part in parts):
        started = time.monotonic()
        with _guarded(parts), _directory(tests[0].case, options) as directory:
            if isinstance(target, Program):
                driver.prepare()
            _run(parts, target, options, driver, directory)
        seconds = time.monotonic() - started
        for part in parts:
            part.result = replace(part.result, seconds=seconds)
    for part in parts:
        if part.recording is not None and part.result.outcome is not Outcome.ERROR:
            judged = Judged(part.test, part.recording.run, part.propositions, part.result)
            for observe in observers:
                observe(judged)
    return [part.result for part in parts]


class _Part:
    """One test on its way through the stages. It is open until it has its outcome."""

    def __init__(self, test: Test, options: Options) -> None:
        self.test, self.annotations = test, test.annotations
        self.propositions = propositions_of(test.annotations)
        self.result = TestResult(
            test.case.label,
            Outcome.ERROR,
            str(next(iter(test.case.files), test.case.path)),
            configuration=Configuration(builder_name(test, options), options.debugger, options.column),
        )
        self.is_open = True
        self.recording: Recorder | None = None
        self.aliases: dict[str, str] = {}
        self.strangers: frozenset[str] = frozenset()
        self.idle: tuple[str, ...] = ()

    def plan(self, table: LineTable, binary: Path, *, is_kernel: bool) -> None:
        """Raises DexterError for what the annotations name and the program has not."""
        annotations, self.formulas = self.test.annotations, _formulas(self.propositions)
        self.aliases = aliases_of(annotations, table)
        code = Code(table, self.aliases)
        check_places(annotations, self.formulas, code)
        self.annotations = annotations = begun_at_code(annotations, code)
        self.idle = tuple(idle_lines(annotations, code))
        self.strangers = strangers(annotations, self.formulas, code, binary)
        self.stops = plan_of(annotations, self.formulas)
        if is_kernel and has_thread_names(table, [place.path for place in renamed(self.stops, self.aliases).ranges]):
            self.stops = replace(self.stops, samples={**self.stops.samples, THREAD_NAME: None})

    def recorder(self, *, is_shared: bool) -> Recorder:
        is_certain = bool(self.propositions) and len(self.formulas) == len(self.propositions)
        watcher = Watcher(self.formulas) if is_certain and all(map(can_be_watched, self.formulas)) else None
        share = Share(self.stops) if is_shared else None
        recorder = Recorder(self.annotations, tuple(self.stops.samples), watcher, share)
        recorder.run.strangers = self.strangers
        self.recording = recorder
        return recorder

    def judge(self, run: Run, options: Options, remarks: Sequence[str]) -> None:
        findings = judge_run(run, self.propositions)
        if self.test.case.variant is not None:
            # A known defect is shown by what shows it; that all else means something, the usual run has to show.
            findings = [replace(finding, warnings=()) for finding in findings]
        decided = _decide(self.test, run, self.propositions, findings, options.debugger)
        if options.strict and decided.outcome in {Outcome.PASS, Outcome.XPASS}:
            vacuous = next((f for f in findings if f.warnings), None)
            if vacuous is not None:
                decided = Decided(Outcome.FAIL, f"{vacuous.name}: {vacuous.warnings[0]}")
        self.end(
            decided.outcome,
            decided.reason,
            detail=describe_stack(run.recording.end) if decided.outcome is Outcome.FAIL else "",
            steps=len(run.recording),
            end=describe_end(run.recording.end),
            place=place_of(run.recording.end),
            output=run.recording.end.output,
            findings=tuple(findings),
            notes=_notes(run, decided),
            remarks=(*remarks, *self.idle, *self._limit(run.recording.end)),
        )

    def _limit(self, end: End) -> Iterator[str]:
        """Which of a kernel's limits cut its run. It may hang far from the lines that are watched."""
        if self.test.case.tree is not None and end.kind is EndKind.TIME_LIMIT:
            yield f"{end.message}: what is told as its place is that of the last step"

    def end(self, outcome: Outcome, reason: str, **more: Any) -> None:
        self.result = replace(self.result, outcome=outcome, reason=reason, **more)
        self.is_open = False


def _formulas(propositions: Sequence[Proposition]) -> list[Formula]:
    return [proposition.formula for proposition in propositions if proposition.formula is not None]


@contextmanager
def _guarded(parts: Sequence[_Part]) -> Iterator[None]:
    """Whatever goes wrong becomes the outcome of these parts, as far as they have none."""
    at = None
    try:
        yield
    except BuildError as error:
        reason, detail = "the build failed", str(error)
    except (DexterError, DriverError) as error:
        reason, detail = str(error).splitlines()[0], str(error)
        at = (error.span.path, error.span.line) if isinstance(error, AnnotationError) else None
    except Exception as error:  # a bug of ours must not take the results of the other tests with it
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        reason, detail = f"internal error of dexter, please report it: {error!r} at {place}", ""
    else:
        return
    for part in parts:
        if part.is_open:
            part.end(Outcome.ERROR, reason, detail=detail, place=at)
            if "\n" in detail:  # a compiler's message is long, and said once
                reason, detail = f"{reason}: see {part.result.path}", ""


def _run(parts: Sequence[_Part], target: Target, options: Options, driver: Driver, directory: Path) -> None:
    stages: dict[str, float] = {}
    parts[0].result = replace(parts[0].result, stages=stages)  # a shared run's time is spent once
    with _timed(stages, "build"):
        binary = target.build(directory)
    with _timed(stages, "plan"):
        table = LineTable.read(binary)
        for part in parts:
            if part.is_open:
                with _guarded([part]):
                    part.plan(table, binary, is_kernel=isinstance(target, Kernel))
    parts = [part for part in parts if part.is_open]
    if not parts:
        return
    with _timed(stages, "record"):
        aliases = {theirs: ours for part in parts for theirs, ours in part.aliases.items()}
        plans = [part.stops for part in parts]
        plan = renamed(joined(plans) if len(plans) > 1 else plans[0], aliases)
        launch = target.launch(binary, directory)
        with driver.launch(launch, plan, target.limits()) as session:
            recorders = [part.recorder(is_shared=len(parts) > 1) for part in parts]
            record(session, recorders, aliases)
            of_machine = session.notes
    if options.against is not None and isinstance(target, Program):
        with _timed(stages, "compare"):
            (part,), (recorder,) = parts, recorders
            losses = find_losses(target, binary, part.stops, recorder.run.recording.end, driver, directory)
            part.result = replace(part.result, losses=losses)
    with _timed(stages, "judge"):
        for part, recorder in zip(parts, recorders, strict=True):
            with _guarded([part]):
                part.judge(recorder.run, options, (*target_of(part.test, options).notes, *of_machine))
                of_machine = ()  # of all who share the machine, one says it


def _decide(
    test: Test, run: Run, propositions: Sequence[Proposition], findings: Sequence[Finding], debugger: str
) -> Decided:
    expected, end, was_released = test.annotations.expect_end, run.recording.end, run.decided_at is not None
    if not propositions and expected is None:
        return Decided(Outcome.UNRESOLVED, "nothing to verify: the test has no DexVerify and no expectation")
    verdicts = [(finding.name, finding.verdict) for finding in findings]
    variant = test.case.variant
    known = [(name, verdict) for name, verdict in verdicts if variant is not None and name in variant.fails]
    others = [each for each in verdicts if each not in known]
    # Stopped because one was certain to fail, a run says of the others what it said of them until then.
    is_decided = bool(known) and end.kind is EndKind.DECIDED and all(v is Verdict.HOLDS for _, v in others)
    decided = Decided(Outcome.PASS) if is_decided else outcome_of(others, end, expected, was_released=was_released)
    if decided.outcome is Outcome.PASS and run.unseen_conditions:
        why = "is the condition of a command, and was never observable where it was asked"
        decided = Decided(Outcome.UNRESOLVED, f"'{run.unseen_conditions[0]}' {why}")
    if variant is not None and known and decided.outcome is Outcome.PASS:
        return defect_outcome(known, end, variant.reason, was_released=was_released)
    xfail = test.xfail(debugger)
    return marked(decided, xfail) if xfail is not None else decided


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
        directory = base / options.column.replace("/", "_") / own_place(case.label)
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
