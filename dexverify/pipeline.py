"""Tests from their annotations to their results: build, plan, record, judge, explain. Nothing else is here."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dexverify.discovery import Case
from dexverify.doctor import excluded, missing
from dexverify.errors import AnnotationError, BuildError, DexterError, internal_error
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
from dexverify.places import BinaryCode, aliases_of, begun_at_code, check_places, idle_lines, renamed, strangers
from dexverify.plan import plan_of
from dexverify.recorder import Recorder, Run, record
from dexverify.reference import find_losses
from dexverify.report.model import Configuration, Finding, TestResult
from dexverify.report.paths import own_place
from dexverify.share import Share, joined
from dexverify.targets import Kernel, Program, Target, Test, builder_name, target_of
from dexverify.threads import THREAD_NAME, has_thread_names
from dexverify.watcher import Watcher, can_be_watched
from drivers.base import Driver, DriverError, Launch
from drivers.binary.lines import LineTable
from drivers.state import End, EndKind
from ltd.formula import Formula
from ltd.verdict import Verdict

if TYPE_CHECKING:
    from dexverify.caching.store import Slot
    from dexverify.recordings.keeping import Kept


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
        marks = part.test.annotations
        if reason := missing(marks.requires) or excluded(marks.unsupported) or lacking:
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
        if part.run is not None and (judged := Judged(part.test, part.run, part.propositions, part.result)).is_whole:
            for observe in observers:
                observe(judged)
    return [part.result for part in parts]


def judge_again(
    test: Test,
    run: Run,
    options: Options,
    remarks: Sequence[str] = (),
    propositions: tuple[Proposition, ...] | None = None,
) -> Judged:
    """What becomes of a test over a run that was recorded before; of these propositions, if they are given."""
    part = _Part(test, options)
    if propositions is not None:
        part.propositions = propositions
    with _guarded([part]):
        part.judge(run, options, remarks)
    return Judged(test, run, part.propositions, part.result)


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
        self.run: Run | None = None
        self.aliases: dict[str, str] = {}
        self.strangers: frozenset[str] = frozenset()
        self.idle: tuple[str, ...] = ()

    def plan(self, table: LineTable, binary: Path, *, is_kernel: bool) -> None:
        """Raises DexterError for what the annotations name and the program has not."""
        annotations, self.formulas = self.test.annotations, _formulas(self.propositions)
        self.aliases = aliases_of(annotations, table)
        self.code = code = BinaryCode(table, self.aliases, binary)
        check_places(annotations, self.formulas, code)
        self.annotations = annotations = begun_at_code(annotations, code)
        self.idle = tuple(idle_lines(annotations, code))
        self.strangers = strangers(annotations, self.formulas, code)
        self.stops = plan_of(annotations, self.formulas)
        if is_kernel and has_thread_names(table, [place.path for place in renamed(self.stops, self.aliases).ranges]):
            self.stops = replace(self.stops, samples={**self.stops.samples, THREAD_NAME: None})

    def recorder(self, *, is_shared: bool) -> Recorder:
        is_certain = bool(self.propositions) and len(self.formulas) == len(self.propositions)
        watcher = Watcher(self.formulas) if is_certain and all(map(can_be_watched, self.formulas)) else None
        share = Share(self.stops) if is_shared else None
        recorder = Recorder(self.annotations, tuple(self.stops.samples), watcher, share)
        recorder.run.strangers = self.strangers
        self.recording, self.run = recorder, recorder.run
        return recorder

    def take(self, judged: Judged) -> None:
        """It was judged over an earlier run."""
        self.run, self.propositions = judged.run, judged.propositions
        self.result = replace(judged.result, stages=self.result.stages)
        self.is_open = False

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
    except OSError as error:  # a disk that is full, above all
        reason, detail = ": ".join(filter(None, [error.filename and str(error.filename), error.strerror])), ""
    except Exception as error:  # a bug of ours must not take the results of the other tests with it
        reason, detail = internal_error(error), ""
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
        kept = _kept(parts, target, options, driver, launch)
        slot = _slot(kept)
        if slot is not None and (judged := slot.find()) is not None:
            parts[0].take(judged)
            return
        with driver.launch(launch, plan, target.limits()) as session:
            recorders = [part.recorder(is_shared=len(parts) > 1) for part in parts]
            of_machine = session.notes
            filling = slot.filling(recorders[0]) if slot is not None else nullcontext()
            with _keeping(kept, recorders, of_machine) as problems, filling:
                record(session, recorders, aliases)
            of_machine += tuple(problems)
            for part in parts:
                part.result = replace(part.result, is_kept=not problems)
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
            if slot is not None and slot.why_not:
                part.result = replace(part.result, notes=(*part.result.notes, f"not cached: {slot.why_not}"))


def _kept(parts: Sequence[_Part], target: Target, options: Options, driver: Driver, launch: Launch) -> Kept | None:
    """The run that is about to begin, where it is to be kept or cached."""
    if options.results_directory is None and not options.cache:
        return None
    from dexverify.recordings.keeping import Kept

    plans, codes = [part.stops for part in parts], [part.code for part in parts]
    tests, idle = [part.test for part in parts], [part.idle for part in parts]
    results = options.results_directory
    return Kept(
        results / options.column_folder if results is not None else None,
        tests,
        target,
        options,
        driver,
        launch,
        plans,
        codes,
        idle,
    )


def _keeping(
    kept: Kept | None, recorders: Sequence[Recorder], of_machine: Sequence[str]
) -> AbstractContextManager[list[str]]:
    """Keeps what is recorded inside, where that is wanted; yields what becomes the reasons why it could not."""
    if kept is None or kept.directory is None:
        return nullcontext([])
    from dexverify.recordings.keeping import keeping

    return keeping(kept, recorders, of_machine)


def _slot(kept: Kept | None) -> Slot | None:
    """The place of the run in the cache, where there is to be one."""
    if kept is None or not kept.options.cache or kept.options.against is not None:
        return None
    from dexverify.caching.store import slot_of

    return slot_of(kept)


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
        directory = base / options.column_folder / own_place(case.label)
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
