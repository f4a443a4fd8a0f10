"""Judging over a recording: the propositions it was made for, other ones, or those that its files have by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from dexverify.annotations import Annotations
from dexverify.annotations.commands import ExpectEnd
from dexverify.annotations.sources import Source, read_source
from dexverify.errors import FORMULA, ConfigError, Span
from dexverify.judged import Judged
from dexverify.judging import Proposition, propositions_of
from dexverify.observation import OF_STEP
from dexverify.options import Options
from dexverify.outcome import Outcome
from dexverify.pipeline import judge_again
from dexverify.places import begun_at_code, check_places, strangers
from dexverify.plan import key_sample, plan_of
from dexverify.recorder import Recorder, Run, record
from dexverify.recordings.header import CodeNote, text_by_path
from dexverify.recordings.loading import Loaded, RecordedCode, Track, is_file
from dexverify.recordings.moves import Moves, moved_lines
from dexverify.recordings.needs import lacking
from dexverify.report.model import TestResult
from dexverify.sources import shown_as
from dexverify.table import read_by_user
from dexverify.targets import Test
from drivers.base import Launch, Limits, StopPlan
from drivers.replay import ReplayDriver
from ltd.formula import ForEach, Formula, walk
from ltd.verdict import Verdict


def check_own(loaded: Loaded, options: Options, pattern: str = "") -> Iterator[Judged]:
    """Each test of the recording whose label contains `pattern`, by the texts that its files had."""
    changed = tuple(f"{note.path} has changed since: it is shown as it was" for note in loaded.changed() if note.text)
    with shown_as(texts_of(loaded)):
        for track in (track for track in loaded.tracks if pattern in track.note.label):
            test = loaded.test(track.note, loaded.annotations(track.note))
            yield judge_again(test, track.run, _as_run(loaded, options), (*track.remarks, *changed, *_problem(loaded)))
            changed = ()  # said once


def check_formulas(loaded: Loaded, formulas: Sequence[str], options: Options) -> Iterator[Judged]:
    """Formulas, over the run of each test that has what they need; of no test, if none has.

    All that the test's files define can be named in them. How the run ended is not judged. Together the formulas are
    a text, in which each begins on a line of its own; results are numbered from the second on.
    """
    whole, count = "", 0
    with shown_as(texts_of(loaded, formulas)):
        for text in formulas:
            source = Source(FORMULA, "\n" * whole.count("\n") + text)
            found = [_over(loaded, track, source, options) for track in loaded.tracks]
            able = [each for each in found if not any(p.lacks for p in each.propositions)]
            for judged in able or found[:1]:
                count += 1
                yield _numbered(judged, count)
            whole += f"{text}\n"


def texts_of(loaded: Loaded, formulas: Sequence[str] = ()) -> dict[str, str]:
    """What is shown, by path, of the files that a recording keeps, and of formulas."""
    return {**text_by_path(loaded.header.sources), FORMULA: "\n".join(formulas)}


def _numbered(judged: Judged, number: int) -> Judged:
    if number == 1:
        return judged
    return replace(judged, result=replace(judged.result, path=f"{judged.result.path} ({number})"))


def check_tests(loaded: Loaded, tests: Sequence[Test], options: Options) -> Iterator[Judged]:
    """Tests as their files are now. Raises ConfigError for one that the recording is not of."""
    for test in tests:
        yield _by_files(loaded, _track_of(loaded, test), test, options)


def _over(loaded: Loaded, track: Track, formula: Source, options: Options) -> Judged:
    annotations = loaded.annotations(track.note, [formula])
    end = ExpectEnd(track.run.recording.end.kind.value, None, Span(FORMULA, 1, 1, 1, 1))
    mine = tuple(verify for verify in annotations.verifies if verify.span.path == FORMULA)
    annotations = replace(annotations, verifies=mine, expectations=(), expect_end=end, xfail=None)
    note = replace(track.note, is_xfail=False, variant=None, label=str(loaded.path))
    test = loaded.test(note, annotations)
    run = _with_strangers(loaded.header.code, track.run, annotations)
    propositions = _with_lacks(annotations, track.note.plan.stop_plan(), loaded.header.code)
    judged = judge_again(test, run, options, (*track.remarks, *_problem(loaded)), propositions)
    if all(finding.verdict is Verdict.HOLDS for finding in judged.result.findings):
        # It was asked of what is recorded, and is certain whatever followed: how the run was cut does not matter.
        reason = f"{judged.propositions[0].name} holds"
        return replace(judged, result=replace(judged.result, outcome=Outcome.PASS, reason=reason))
    return judged


def _as_run(loaded: Loaded, options: Options) -> Options:
    """With the debugger of the run: a test may be expected to fail with that one only."""
    return replace(options, debugger=loaded.header.driver)


def run_of_test(loaded: Loaded, test: Test) -> Run:
    """The run of a test as its files are now. Raises ConfigError where the recording is of something else by now."""
    found = _run_now(loaded, _track_of(loaded, test), test)
    if isinstance(found, str):
        raise ConfigError(f"{loaded.path}: {found}")
    return found[0]


def _by_files(loaded: Loaded, track: Track, test: Test, options: Options) -> Judged:
    remarks = (*track.remarks, *_problem(loaded))
    found = _run_now(loaded, track, test)
    if isinstance(found, str):
        file = str(next(iter(test.case.files), test.case.path))
        result = TestResult(test.case.label, Outcome.UNRESOLVED, file, found)
        result = replace(result, steps=len(track.run.recording), remarks=remarks)
        return Judged(test, track.run, propositions_of(test.annotations), result)
    run, had, code = found
    return judge_again(test, run, _as_run(loaded, options), remarks, _with_lacks(test.annotations, had, code))


def _run_now(loaded: Loaded, track: Track, test: Test) -> tuple[Run, StopPlan, CodeNote] | str:
    """The run in terms of the test's files as they are now, what was recorded and where; why there is no such run.

    Raises AnnotationError for places and functions that the program has not.
    """
    moves = _moves(loaded, track)
    if isinstance(moves, str):
        return f"{moves} has changed since it was recorded, and not only in its comments: record it again"
    had = moves.plan(track.note.plan.stop_plan())
    run = replace(track.run, recording=moves.recording(track.run.recording))
    now, before = test.annotations, loaded.annotations(track.note)
    code = moves.code(loaded.header.code)
    begun = begun_at_code(now, RecordedCode(code))
    needed = plan_of(begun, _formulas(begun))
    if _windows(now) != _windows(before, moves):
        if any(_windows(before)):
            return "the recording was limited by DexLimitSteps or its like, which are others now: record it again"
        run = _replayed(run, begun, StopPlan(had.ranges, needed.samples))
    elif had.samples != needed.samples or _addresses(now) != _addresses(before, moves):
        run = _replayed(run, _without_windows(now), StopPlan(had.ranges, {**had.samples, **needed.samples}))
    return _with_strangers(code, run, now), had, code


def _with_lacks(annotations: Annotations, had: StopPlan, code: CodeNote) -> tuple[Proposition, ...]:
    """The propositions, each with what it needs and the recording has not."""
    annotations = begun_at_code(annotations, RecordedCode(code))
    whole = plan_of(annotations, _formulas(annotations))
    commands = plan_of(replace(annotations, verifies=(), expectations=(), watches=()), ())
    found = []
    for proposition in propositions_of(annotations):
        formula = proposition.formula
        reads = set(_reads(formula)) if formula is not None else set()
        needed = plan_of(annotations, [formula] if formula is not None else [])
        wanted = {s: within for s, within in whole.samples.items() if s in reads or s in commands.samples}
        found.append(replace(proposition, lacks=next(lacking(StopPlan(needed.ranges, wanted), had, code.lines), "")))
    return tuple(found)


def _reads(formula: Formula) -> Iterator[object]:
    """What it cannot do without: a name that may be an enum's constant is found unknown where it is needed."""
    yield from (sample for sample in read_by_user(formula) if sample not in OF_STEP)
    yield from (key_sample(node.key) for node in walk(formula) if isinstance(node, ForEach))


def _with_strangers(note: CodeNote, run: Run, annotations: Annotations) -> Run:
    """Raises AnnotationError for places and functions that the program has not."""
    code = RecordedCode(note)
    formulas = _formulas(annotations)
    check_places(annotations, formulas, code)
    return replace(run, strangers=strangers(annotations, formulas, code))


def _replayed(run: Run, annotations: Annotations, plan: StopPlan) -> Run:
    """The run as these annotations would have recorded it."""
    recorder = Recorder(annotations, tuple(plan.samples), None)
    limits = Limits(steps=len(run.recording) + 1)
    with ReplayDriver(run.recording).launch(Launch(Path()), plan, limits) as session:
        record(session, [recorder], {})
    again = recorder.run
    again.is_prefix, again.decided_at = again.is_prefix or run.is_prefix, run.decided_at
    return again


def _moves(loaded: Loaded, track: Track) -> Moves | str:
    """Where the lines of its files are now; the name of a file of which that is not known."""
    texts = text_by_path(loaded.header.sources)
    moved = {}
    for note in loaded.changed():
        if note.path not in track.note.files:
            continue
        lines = None
        if note.path in texts and is_file(note.path):
            lines = moved_lines(Source(note.path, texts[note.path]), read_source(Path(note.path)))
        if lines is None:
            return PurePath(note.path).name
        moved[note.path] = lines
    return Moves(moved)


def _windows(annotations: Annotations, moves: Moves | None = None) -> tuple[object, ...]:
    """The commands that say which steps are recorded, wherever they are written."""
    commands = (annotations.limits, annotations.step_functions, annotations.finishes, annotations.continues)
    return tuple(tuple(_nowhere(command, moves) for command in group) for group in commands)


def _addresses(annotations: Annotations, moves: Moves | None = None) -> tuple[object, ...]:
    return tuple(_nowhere(command, moves) for command in annotations.addresses)


def _nowhere(command: object, moves: Moves | None) -> object:
    changes: dict[str, object] = {"span": None}
    if moves is not None and hasattr(command, "lines"):
        changes["lines"] = moves.lines(command.lines)
    if moves is not None and hasattr(command, "line"):
        changes["line"] = replace(command.line, line=moves.line(command.line.path, command.line.line))
    return replace(command, **changes)  # type: ignore[type-var]  # every command is a dataclass


def _without_windows(annotations: Annotations) -> Annotations:
    return replace(annotations, limits=(), step_functions=(), finishes=(), continues=())


def _formulas(annotations: Annotations) -> list[Formula]:
    return [p.formula for p in propositions_of(annotations) if p.formula is not None]


def _track_of(loaded: Loaded, test: Test) -> Track:
    files = {str(file.resolve()) for file in test.case.files}
    for track in loaded.tracks:
        if files & {str(Path(file).resolve()) for file in track.note.files if is_file(file)}:
            return track
    names = ", ".join(track.note.label for track in loaded.tracks)
    raise ConfigError(f"{loaded.path} is not a recording of {test.case.path}: it is one of {names}")


def _problem(loaded: Loaded) -> Iterator[str]:
    if loaded.problem:
        yield f"{loaded.path}: {loaded.problem}; what is there is judged"
