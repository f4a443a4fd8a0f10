"""The outcome of a test, from the verdicts of its propositions and the end of its run.

A verdict is about a formula, an outcome about a test (lit's and DejaGnu's words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from dexverify.annotations.commands import ExpectEnd
from drivers.state import End, EndKind, Frame
from ltd.verdict import Verdict

# The functions by which OS/161 gives up.
_PANICKING = frozenset({"panic", "badassert"})


class Outcome(Enum):
    """What became of a test."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    XFAIL = "XFAIL"
    XPASS = "XPASS"
    UNRESOLVED = "UNRESOLVED"
    UNSUPPORTED = "UNSUPPORTED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"

    @property
    def is_good(self) -> bool:
        """Whether a suite of such outcomes exits with 0."""
        return self in {Outcome.PASS, Outcome.XFAIL, Outcome.UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Decided:
    """An outcome and the reason for it, in a few words; for an XFAIL, `failure` says how it failed."""

    outcome: Outcome
    reason: str = ""
    failure: str = ""


def outcome_of(
    verdicts: Sequence[tuple[str, Verdict]], end: End, expected: ExpectEnd | None, *, was_released: bool
) -> Decided:
    """The outcome before any xfail mark, from each proposition's name and verdict, and from how the run ended.

    A failure is certain whatever follows, so it comes first; then what cut the run; then what could not be known.
    """
    failed = [name for name, verdict in verdicts if verdict is Verdict.FAILS]
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        return Decided(Outcome.FAIL, f"{failed[0]} fails{more}")
    if problem := end_problem(end, expected):
        return Decided(Outcome.FAIL, problem)
    if end.kind is EndKind.TIME_LIMIT:
        return Decided(Outcome.TIMEOUT, describe_end(end))
    if not end.is_complete:
        return Decided(Outcome.UNRESOLVED, describe_end(end))
    for name, verdict in verdicts:
        if verdict is Verdict.UNKNOWN:
            return Decided(Outcome.UNRESOLVED, f"{name} cannot be judged")
        if verdict is not Verdict.HOLDS:
            why = "recording had ended" if was_released else "the run was cut"
            return Decided(Outcome.UNRESOLVED, f"{name} {verdict.value}: {why}")
    return Decided(Outcome.PASS)


def marked(decided: Decided, xfail: str | None) -> Decided:
    """The outcome of a test that is marked as expected to fail, for the given reason."""
    match decided.outcome:
        case Outcome.FAIL:
            return Decided(Outcome.XFAIL, xfail or decided.reason, decided.reason)
        case Outcome.PASS:
            return Decided(Outcome.XPASS, f"expected to fail ({xfail}), and it did not")
    return decided  # what could not be judged has not failed as it should


def defect_outcome(known: Sequence[tuple[str, Verdict]], end: End, reason: str, *, was_released: bool) -> Decided:
    """The outcome of a test in a variant with a known defect, by which exactly the propositions `known` must fail.

    It is asked once all else is as it should be.
    """
    missed = [name for name, verdict in known if verdict is Verdict.HOLDS]
    if missed:
        return Decided(Outcome.XPASS, f"{missed[0]} was expected to fail ({reason}), and it did not")
    uncertain = [(name, verdict) for name, verdict in known if verdict is not Verdict.FAILS]
    if uncertain:
        return outcome_of(uncertain, end, None, was_released=was_released)
    return Decided(Outcome.XFAIL, reason, f"{known[0][0]} fails")


def end_problem(end: End, expected: ExpectEnd | None) -> str:
    """What is wrong with how a run ended; empty when nothing is. A cut run has not ended: nothing is said of it."""
    if not end.is_complete:
        return ""
    if expected is None:
        return describe_end(end) if end.kind in {EndKind.SIGNAL, EndKind.PANIC} else ""
    is_kind = end.kind.value == expected.kind
    is_value = expected.value is None or expected.value in {end.code, end.signal}
    if is_kind and is_value:
        return ""
    wanted = expected.kind + (f" {expected.value}" if expected.value is not None else "")
    return f"{describe_end(end)}, where {wanted} is expected"


def describe_stack(end: End) -> str:
    """The stack at which a kernel panicked, a line for each frame, the innermost first; empty for any other end."""
    places = [_place(frame) for frame in _frames(end)] if end.kind is EndKind.PANIC else []
    return "\n".join(["the stack at the panic:", *(f"  {place}" for place in places)]) if places else ""


def place_of(end: End) -> tuple[str, int] | None:
    """The file and line at which a run ended, where that is in a source file."""
    frame = _frame_of(end)
    return (frame.path, frame.line) if frame is not None and frame.path else None


def _frame_of(end: End) -> Frame | None:
    frames = _frames(end)
    if end.kind is EndKind.PANIC:  # the kernel's own words are said by the message; who called it is what one asks
        frames = [frame for frame in frames if frame.function not in _PANICKING] or frames
    return frames[0] if frames else None


def _frames(end: End) -> list[Frame]:
    return [frame for frame in end.frames if frame.path and frame.line]


def _place(frame: Frame) -> str:
    return f"{frame.function or '??'} ({PurePath(frame.path or '').name}:{frame.line})"


def describe_end(end: End) -> str:
    """How a run ended, in a few words: `exit 0`, `SIGSEGV in f (a.c:3)`."""
    frame = _frame_of(end)
    place = f" in {_place(frame)}" if frame is not None else ""
    match end.kind:
        case EndKind.EXIT:
            return f"exit {end.code}"
        case EndKind.SIGNAL:
            return f"{end.signal}{place}"
        case EndKind.PANIC:
            return f"panic: {end.message}{place}"
        case EndKind.POWEROFF:
            return "power-off"
        case EndKind.FINISHED:
            return "ended by DexFinishTest"
        case EndKind.DECIDED:
            return "stopped: every proposition was decided"
        case EndKind.STEP_LIMIT:
            return f"cut at the step limit{place}"
        case EndKind.TIME_LIMIT:
            return f"cut at the time limit{place}"
        case EndKind.LOST:
            said = end.message.strip().split("\n", 1)[0]
            return f"the debugger was lost: {said}" if said else "the debugger was lost"
        case EndKind.INTERRUPTED:
            return "interrupted"
