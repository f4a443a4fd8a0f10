"""`--results-directory`: the run is kept while it goes on, with what its verdicts rest on."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from dexverify import __version__
from dexverify.options import Options
from dexverify.places import BinaryCode
from dexverify.recorder import Recorder, Run
from dexverify.recordings.header import CodeNote, FileNote, Header, MachineNote, Plan, RunNote, TestNote, encode
from dexverify.report.paths import own_place
from dexverify.sources import decode
from dexverify.targets import DEFAULT_BUILDER, Kernel, Target, Test, target_of
from drivers.base import Driver, DriverError, Launch, StopPlan
from drivers.recordings import SUFFIX, RecordingWriter, Track

MAX_TEXTS = 8 << 20
"""So many bytes of sources are kept in a recording, which is far more than anybody annotates."""
_MAX_NAME = 200  # bytes; file systems have 255


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that is about to begin, to be kept in `directory` if there is one.

    `plans`, `codes` and `idle` (what there is to tell of lines without code) are of the tests, in their order.
    """

    directory: Path | None
    tests: Sequence[Test]
    target: Target
    options: Options
    driver: Driver
    launch: Launch
    plans: Sequence[StopPlan]
    codes: Sequence[BinaryCode]
    idle: Sequence[Sequence[str]]


@contextmanager
def keeping(kept: Kept, recorders: Sequence[Recorder], of_machine: Sequence[str]) -> Iterator[list[str]]:
    """Keeps what the recorders record inside, in the results directory; `of_machine` are its notes.

    Yields a list; it is empty, or says afterwards why the recording could not be kept. The run is not to blame.
    """
    problems: list[str] = []
    if kept.directory is None:
        yield problems
        return
    path = recording_path(kept.directory, kept.tests, kept.target)
    tracks = []
    for test, recorder, idle in zip(kept.tests, recorders, kept.idle, strict=True):
        remarks = (*target_of(test, kept.options).notes, *of_machine, *idle)
        tracks.append(Track(recorder.run.recording, partial(_note_of, recorder.run, remarks)))
        of_machine = ()  # of all who share the machine, one says it
    with ExitStack() as stack:
        try:
            writer = stack.enter_context(RecordingWriter(path, encode(_header(kept)), tracks))
        except (OSError, DriverError) as error:
            problems.append(_told(path, error))
            yield problems
            return
        yield problems
        try:
            writer.finish()
        except (OSError, DriverError) as error:
            problems.append(_told(path, error))


def recording_path(directory: Path, tests: Sequence[Test], target: Target) -> Path:
    """Where the run of these tests is kept: a tree as the tests' own; a kernel's run by its configuration and boot."""
    if isinstance(target, Kernel):
        boot = quote(target.boot, safe=" ;,=").encode()
        name = boot if len(boot) <= _MAX_NAME else boot[:_MAX_NAME] + b"-" + _sha256(boot)[:16].encode()
        return directory / own_place(str(target.tree.root)) / target.config / (name.decode() + SUFFIX)
    folder = directory / own_place(tests[0].case.label)
    return folder.with_name(folder.name + SUFFIX)


def file_note(path: Path, *, with_text: bool = False) -> FileNote:
    """A file as it is now. Raises OSError."""
    content = path.read_bytes()
    return FileNote(str(path), _sha256(content), decode(content) if with_text else None)


def _told(path: Path, error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"{path}: the recording could not be kept: {why}"


def _note_of(run: Run, remarks: Sequence[str]) -> bytes:
    return encode(
        RunNote(
            run.is_prefix,
            dict(run.addresses),
            run.decided_at,
            run.watched,
            tuple(sorted(run.strangers)),
            run.unseen_conditions,
            tuple(remarks),
        )
    )


def _header(kept: Kept) -> Header:
    options, target, launch = kept.options, kept.target, kept.launch
    return Header(
        dexter=__version__,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command_line=tuple(sys.argv),
        directory=str(Path.cwd()),
        system=platform.platform(),
        builder=_builder(options, target),
        compiler=kept.codes[0].compiler(kept.tests[0].annotations.files),
        driver=options.debugger,
        debugger=kept.driver.version(),
        binary=file_note(launch.binary),
        arguments=launch.arguments,
        limits=target.limits(),
        tests=tuple(_test_note(test, plan) for test, plan in zip(kept.tests, kept.plans, strict=True)),
        sources=tuple(_sources(kept.tests)),
        code=_code_note(kept.codes, kept.tests),
        machine=_machine_note(options, target, launch),
        source_root=str(options.source_root.absolute()) if options.source_root is not None else None,
        stdin=file_note(launch.stdin) if launch.stdin is not None and launch.stdin.is_file() else None,
    )


def _builder(options: Options, target: Target) -> str:
    if isinstance(target, Kernel):
        return "os161" if options.kernel is None else f"none: --kernel {options.kernel}"
    return options.builder or DEFAULT_BUILDER if options.binary is None else f"none: --binary {options.binary}"


def _machine_note(options: Options, target: Target, launch: Launch) -> MachineNote | None:
    if launch.machine is None or not isinstance(target, Kernel):
        return None
    tree = target.tree
    return MachineNote(
        launch.machine.name,
        launch.machine.version(),
        target.config,
        options.cpus if options.cpus is not None else tree.cpus,
        options.seed if options.seed is not None else tree.seed,
        options.ramsize or tree.ramsize,
    )


def _test_note(test: Test, plan: StopPlan) -> TestNote:
    case = test.case
    return TestNote(
        case.label,
        str(case.path.absolute()),
        tuple(str(file.absolute()) for file in case.files),
        tuple(map(str, case.sources)),
        Plan.of(plan),
        case.is_xfail,
        str(case.tree.root) if case.tree is not None else None,
        case.variant,
    )


def _sources(tests: Sequence[Test]) -> Iterator[FileNote]:
    """The annotated files with their texts, and the other sources that are known; one that is gone is left out."""
    annotated = dict.fromkeys(
        str(path) for test in tests for path in (*(f.absolute() for f in test.case.files), *test.annotations.files)
    )
    others = dict.fromkeys(str(path) for test in tests for path in (*test.case.sources, *test.annotations.sources))
    left = MAX_TEXTS
    for path in {**annotated, **others}:
        with suppress(OSError):
            left -= Path(path).stat().st_size
            yield file_note(Path(path), with_text=path in annotated and left >= 0)


def _code_note(codes: Sequence[BinaryCode], tests: Sequence[Test]) -> CodeNote:
    code_of = {path: code for code, test in zip(codes, tests, strict=True) for path in test.annotations.files}
    scopes = {name for path, code in code_of.items() for name in code.scopes([path])}
    return CodeNote(
        {path: tuple(code.lines_with_code(path)) for path, code in code_of.items()},
        {path: tuple(sorted(code.functions(path))) for path, code in code_of.items()},
        tuple(sorted(scopes)),
        tuple(sorted(codes[0].symbols())),
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
