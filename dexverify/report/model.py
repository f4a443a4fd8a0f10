"""What a report is made of: tests, findings, explanations. Renderers read this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePath

from dexverify.errors import Span
from dexverify.outcome import Outcome
from ltd.verdict import Verdict


def place_of(path: str | None, line: int) -> str:
    """A place in short: `file.c:12`."""
    return f"{PurePath(path or '??').name}:{line}"


@dataclass(frozen=True, slots=True)
class Row:
    """A step that matters: its index, function, file (absolute; empty if unknown) and line, the values, what it is."""

    step: int
    function: str
    path: str
    line: int
    values: tuple[str, ...] = ()
    mark: str = ""

    @property
    def place(self) -> str:
        """`file.c:12`."""
        return place_of(self.path, self.line)

    def said(self, columns: Sequence[str]) -> str:
        """The step on one line, `columns` being the names of its values: `step 9 in main: n = 4 (it does not hold)`."""
        values = ", ".join(f"{name} = {value}" for name, value in zip(columns, self.values, strict=True))
        said = f"step {self.step:,} in {self.function}"
        return said + (f": {values}" if values else "") + (f" ({self.mark})" if self.mark else "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a verdict is what it is.

    `summary` says it in a sentence. `span` is the part of the user's formula that decided, `label` what is said
    under its caret. `columns` name the values in `rows`. `notes` are what else must be known. `step` is the one that
    decided, if one did.
    """

    summary: str
    span: Span | None = None
    label: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One proposition, judged. `proposition` is its text, `name` what the user calls it (or the text again)."""

    proposition: str
    name: str
    span: Span
    verdict: Verdict
    explanation: Explanation
    warnings: tuple[str, ...] = ()


class LossKind(Enum):
    """What became of an expression on a line, or of the whole line."""

    UNREADABLE = "unreadable"  # it could be read in the reference
    WRONG = "wrong"  # it can be read, and is not what it was in the reference
    UNREACHABLE = "unreachable"  # the line is never stepped on


@dataclass(frozen=True, slots=True)
class Loss:
    """One expression on one line; `expression` is None for an unreachable line.

    `visits` of the `of` visits of the line are concerned (of an unreachable line: those in the reference). `shown` is
    what the debugger shows at the first of them, `reference` what the reference has there, None when the visits could
    not be paired.
    """

    path: str
    line: int
    kind: LossKind
    visits: int
    of: int
    expression: str | None = None
    shown: str = ""
    reference: str | None = None

    @property
    def place(self) -> str:
        """`file.c:12`."""
        return f"{PurePath(self.path).name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Losses:
    """What is lost against a build with the compiler's flags `against`.

    `compared` is how many pairs of a line and an expression could be compared, `problem` why none was.
    """

    against: str
    compared: int = 0
    lost: tuple[Loss, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a test was run; `builder` is None for what was built already.

    `name` is what the configuration is called in reports where there are several, else empty.
    """

    builder: str | None
    debugger: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test. `end` says in a few words how its run ended; `detail` is a longer message, such as a compiler's.

    `file` is the first that has its annotations; `place` the file and line of what is wrong with the
    run as a whole, if that is known: where it ended, or which annotation the program does not go with.
    `remarks` are what the user has to know of the run, `notes` what may be of interest. `is_kept` is False where its
    recording was to be kept and could not be: a remark says why.
    """

    __test__ = False  # no pytest class, whatever its name

    path: str
    outcome: Outcome
    file: str = ""
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0
    steps: int = 0
    end: str = ""
    place: tuple[str, int] | None = None
    output: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_kept: bool = True
    configuration: Configuration | None = None
    losses: Losses | None = None  # with `--against`
    stages: dict[str, float] = field(default_factory=dict)  # seconds spent in each, in order

    @property
    def label(self) -> str:
        """The path, with the name of the configuration where there are several: no two results have the same."""
        name = self.configuration.name if self.configuration is not None else ""
        return f"{self.path} ({name.replace('/', '_')})" if name else self.path
