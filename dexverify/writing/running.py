"""Whole runs to learn from: a run of the test as it is now, or recordings."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dexverify.errors import ConfigError
from dexverify.judging import propositions_of
from dexverify.options import Options
from dexverify.outcome import describe_end
from dexverify.places import BinaryCode, aliases_of, begun_at_code, check_places, renamed, strangers
from dexverify.plan import plan_of
from dexverify.recorder import Recorder, Run, record
from dexverify.recordings.checking import run_of_test
from dexverify.recordings.keeping import Kept, keeping
from dexverify.recordings.loading import load_recording
from dexverify.targets import Test, target_of
from dexverify.writing.variables import Variable, scalars
from drivers.base import Driver, StopPlan
from drivers.binary.lines import LineTable
from drivers.state import Sample


@dataclass(frozen=True, slots=True)
class Learnt:
    """Runs that ended by themselves, and what can be guessed about."""

    runs: tuple[Run, ...]
    variables: tuple[Variable, ...]


def run_whole(test: Test, options: Options, driver: Driver) -> Learnt:
    """One run of the test to its end, at every step of which all that may be guessed about is read.

    Raises DexterError and DriverError where the test cannot be built or run.
    """
    target = target_of(test, options)
    with tempfile.TemporaryDirectory(prefix="dexter-") as name:
        directory = Path(name)
        binary = target.build(directory)
        table = LineTable.read(binary)
        annotations = test.annotations
        formulas = [p.formula for p in propositions_of(annotations) if p.formula is not None]
        aliases = aliases_of(annotations, table)
        code = BinaryCode(table, aliases, binary)
        check_places(annotations, formulas, code)
        annotations = begun_at_code(annotations, code)
        plan = plan_of(annotations, formulas)
        theirs = {ours: path for path, ours in aliases.items()}
        variables = [each for path in annotations.files for each in scalars(table, theirs.get(path, path))]
        scoped = {variable.name for variable in variables if variable.function is not None}
        named = [Variable(s.expression) for s in plan.samples if not s.depth and s.expression not in scoped]
        more = {Sample(variable.name): None for variable in variables if Sample(variable.name) not in plan.samples}
        plan = StopPlan(plan.ranges, {**plan.samples, **more})
        launch = target.launch(binary, directory)
        recorder = Recorder(annotations, tuple(plan.samples), None)
        recorder.run.strangers = strangers(annotations, formulas, code)
        with driver.launch(launch, renamed(plan, aliases), target.limits()) as session:
            kept = Kept(options.results_directory, [test], target, options, driver, launch, [plan], [code], [()])
            with keeping(kept, [recorder], session.notes) as problems:
                record(session, [recorder], aliases)
    for problem in problems:
        print(f"dexter: {problem}", file=sys.stderr)
    _check_whole(recorder.run, str(test.case.path))
    return Learnt((recorder.run,), tuple(dict.fromkeys((*named, *variables))))


def read_whole(test: Test, paths: Sequence[Path]) -> Learnt:
    """What recordings have of a test. Raises DexterError for one that was cut, or is of another program."""
    runs = []
    for path in paths:
        run = run_of_test(load_recording(path), test)
        _check_whole(run, str(path))
        runs.append(run)
    variables = [Variable(sample.expression) for sample in runs[0].recording.samples if not sample.depth]
    return Learnt(tuple(runs), tuple(variables))


def _check_whole(run: Run, name: str) -> None:
    if run.is_prefix:
        end = run.recording.end
        why = describe_end(end) if not end.is_complete else "everything was decided before its end"
        raise ConfigError(f"{name}: the run was cut ({why}): what held until then need not hold in the rest of it")
