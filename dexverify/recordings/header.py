"""What a recording rests on, and what each of its tests is: the header of the file, as checked JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from dexverify.errors import DexterError
from dexverify.trees import Variant
from drivers.base import Limits, LineRange, StopPlan
from drivers.state import Sample

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file as it was: `sha256` in hexadecimal. `text` is kept of what a user wrote."""

    path: str
    sha256: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A stop plan, such that JSON can hold it."""

    ranges: tuple[LineRange, ...]
    samples: tuple[tuple[Sample, tuple[LineRange, ...] | None], ...]

    @staticmethod
    def of(plan: StopPlan) -> Plan:
        return Plan(plan.ranges, tuple(plan.samples.items()))

    def stop_plan(self) -> StopPlan:
        return StopPlan(self.ranges, dict(self.samples))


@dataclass(frozen=True, slots=True)
class CodeNote:
    """What the binary said of the watched files, for the checks that are made before a run.

    `lines`: by file, those at which there can be a step. `functions`: by file. `others`: the program's symbols.
    """

    lines: dict[str, tuple[int, ...]] = field(default_factory=dict)
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestNote:
    """One test of the run: its case, and what was asked for it. `tree` is the root of a kernel's."""

    __test__ = False  # no pytest class, whatever its name

    label: str
    path: str
    files: tuple[str, ...]
    sources: tuple[str, ...]
    plan: Plan
    is_xfail: bool = False
    tree: str | None = None
    variant: Variant | None = None


@dataclass(frozen=True, slots=True)
class MachineNote:
    """The machine of a kernel, as far as options and tree say; what is None is its own default."""

    name: str
    version: str
    kernel_config: str
    cpus: int | None = None
    seed: int | None = None
    ramsize: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What a run's verdicts rest on. `started` is a time of ISO 8601; `debugger` is the version of `driver`."""

    dexter: str
    started: str
    command_line: tuple[str, ...]
    directory: str
    system: str
    builder: str
    compiler: str
    driver: str
    debugger: str
    binary: FileNote
    arguments: tuple[str, ...]
    limits: Limits
    tests: tuple[TestNote, ...]
    sources: tuple[FileNote, ...]
    code: CodeNote
    machine: MachineNote | None = None
    stdin: FileNote | None = None
    source_root: str | None = None


@dataclass(frozen=True, slots=True)
class RunNote:
    """What one test's run told besides its steps, as `recorder.Run` has it; `remarks` are of the machine."""

    is_prefix: bool = False
    addresses: dict[str, int | None] = field(default_factory=dict)
    decided_at: int | None = None
    watched: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    unseen_conditions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def encode(note: Header | RunNote) -> bytes:
    """JSON in ASCII: so file names that are no Unicode, which Python keeps as lone surrogates, survive."""
    return json.dumps(msgspec.to_builtins(note), separators=(",", ":")).encode("ascii")


def decode(content: bytes, kind: type[_T], path: str) -> _T:
    """The inverse of `encode`. Raises DexterError for what is not that, whatever it is."""
    try:
        found: Any = json.loads(content)
        return msgspec.convert(found, kind)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise DexterError(f"{path}: what this recording says of its run makes no sense: {error}") from error


def text_by_path(sources: Sequence[FileNote]) -> dict[str, str]:
    """The texts that were kept."""
    return {source.path: source.text for source in sources if source.text is not None}
