"""`--against`: the test's program once more, by the reference's flags, and what is lost against it.

Both programs are recorded to their end, whatever is decided before: so the test's own run, and its outcome, stay what
they are without the option.
"""

from __future__ import annotations

import filecmp
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dexverify.builders.native import DEFAULT_FLAGS
from dexverify.errors import ConfigError, DexterError
from dexverify.losses import Side, compare_runs
from dexverify.options import Options
from dexverify.outcome import describe_end
from dexverify.places import BinaryCode, aliases_of, begun_at_code, renamed
from dexverify.propositions import MAX_LINE
from dexverify.recorder import Recorder, record
from dexverify.report.model import Losses
from dexverify.targets import Program, Test
from drivers.base import Driver, DriverError, LineRange, StopPlan
from drivers.binary.lines import LineTable
from drivers.binary.scopes import uninitialised_names
from drivers.probes import plan_probes
from drivers.recording import Recording
from drivers.state import End, EndKind, Sample


def check_against(options: Options, tests: Sequence[Test]) -> None:
    """Raises ConfigError for tests that cannot be built by other flags."""
    if options.against is None:
        return
    if options.binary is not None:
        raise ConfigError("--against builds a program twice, and --binary is built already: give one of them")
    if part := next((test.case for test in tests if test.case.tree is not None), None):
        raise ConfigError(f"--against is not for kernels, which their tree builds its own way: {part.label} is in one")


def find_losses(program: Program, binary: Path, plan: StopPlan, end: End, driver: Driver, directory: Path) -> Losses:
    """What `binary`, built by `program`, loses against the reference, of what is read by `plan`, the test's own.

    `end` is how the test's own run ended: one that was cut would be cut again.
    """
    against = program.options.against or ()
    text = shlex.join(against or DEFAULT_FLAGS)
    if problem := _cut(end):
        return Losses(text, problem=f"the test's run: {problem}")
    try:
        reference = Program(program.test, replace(program.options, cflags=against))
        other = reference.build(directory / "reference")
        if filecmp.cmp(binary, other, shallow=False):
            return Losses(text, problem="both builds are the same program")
        before = _record(reference, other, plan, driver, directory)
        after = _record(program, binary, plan, driver, directory)
        _check_ends(before.recording.end, after.recording.end)
    except (DexterError, DriverError) as error:
        return Losses(text, problem=str(error))
    return compare_runs(before.side(), after.side(), plan, before.uninitialised(), text)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A whole run of a program. `plan` is in the program's own names for the files, `aliases` map them to ours."""

    recording: Recording
    plan: StopPlan
    table: LineTable
    aliases: dict[str, str]

    def side(self) -> Side:
        probes = plan_probes(self.table, self.plan)
        asked = {probe.address: {probes.samples[number] for number in probe.samples} for probe in probes.probes}

        def is_asked(step: int, sample: Sample) -> bool:
            return sample in asked.get(self.recording.codes[step], ())

        return Side(self.recording, is_asked)

    def uninitialised(self) -> set[str]:
        paths = dict.fromkeys(place.path for place in self.plan.ranges)
        return {name for path in paths for name in uninitialised_names(self.table, path)}


def _record(program: Program, binary: Path, plan: StopPlan, driver: Driver, directory: Path) -> _Recorded:
    table = LineTable.read(binary)
    aliases = aliases_of(program.test.annotations, table)
    annotations = begun_at_code(program.test.annotations, BinaryCode(table, aliases, binary))
    theirs = renamed(_widened(plan, program.test), aliases)
    # Which steps are of interest to the propositions is no matter here; where the test ends is.
    recorder = Recorder(replace(annotations, limits=(), step_functions=(), continues=()), tuple(plan.samples), None)
    with driver.launch(program.launch(binary, directory), theirs, program.limits()) as session:
        record(session, [recorder], aliases)
    return _Recorded(recorder.run.recording, theirs, table, aliases)


def _widened(plan: StopPlan, test: Test) -> StopPlan:
    """The plan with every sample read at all lines, which shows when a variable is given its first value.

    A user's limits stay: they are there to make the run bearable.
    """
    everywhere = tuple(LineRange(path, 1, MAX_LINE) for path in test.annotations.files)
    return StopPlan(plan.ranges if test.annotations.limits else everywhere, dict.fromkeys(plan.samples))


def _cut(end: End) -> str:
    """How a run was cut that nobody wanted to be; empty for one that ended well enough."""
    return "" if end.is_complete or end.kind is EndKind.DECIDED else describe_end(end)


def _check_ends(before: End, after: End) -> None:
    for end, whose in ((before, "the reference"), (after, "the program")):
        if problem := _cut(end):
            raise DexterError(f"the run of {whose}: {problem}")
    if (before.kind, before.code, before.signal) != (after.kind, after.code, after.signal):
        raise DexterError(
            f"the two programs do different things: the reference ends with {describe_end(before)}, "
            f"this one with {describe_end(after)}"
        )
