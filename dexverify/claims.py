"""What a test claims, one thing at a time, and which of its claims account for its outcome.

For frameworks that want an item for each: a test has one outcome, decided by all its propositions and by its end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum

from dexverify.annotations.commands import ExpectEnd
from dexverify.judging import propositions_of
from dexverify.outcome import Outcome, end_problem
from dexverify.report.model import Finding, TestResult
from dexverify.report.terminal import plain, render_test
from dexverify.sources import text_of
from dexverify.targets import Test
from drivers.state import End, EndKind
from ltd.verdict import Verdict

EMPTY = "the test"


class Status(Enum):
    """What became of one claim."""

    PASSED = "passed"
    FAILED = "failed"
    FAILED_AS_EXPECTED = "failed, as expected"
    NOT_FAILED = "expected to fail, and it did not"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Claim:
    """A proposition, or DexExpectEnd; a test that claims nothing has one of the name EMPTY. Names are unique."""

    name: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a claim. `reason` is a few words; `text` is what the terminal's report says of it."""

    status: Status
    reason: str = ""
    text: str = ""


def claims_of(test: Test) -> tuple[Claim, ...]:
    """Those of its propositions, in the order of the source, then the expected end."""
    claims = [Claim(each.name, each.span.path, each.span.line) for each in propositions_of(test.annotations)]
    end = test.annotations.expect_end
    if end is not None:
        claims.append(Claim(text_of(end.span), end.span.path, end.span.line))
    if not claims:
        claims.append(Claim(EMPTY, str(test.case.files[0]), 1))
    counts = Counter(claim.name for claim in claims)
    seen: Counter[str] = Counter()
    unique = []
    for claim in claims:
        seen[claim.name] += 1
        suffix = f" #{seen[claim.name]}" if counts[claim.name] > 1 else ""
        unique.append(replace(claim, name=claim.name + suffix))
    return tuple(unique)


def accounts_of(test: Test, result: TestResult, end: End | None, *, is_strict: bool = False) -> tuple[Account, ...]:
    """What became of each claim, in the order of `claims_of`; `end` is that of the run, if there was one.

    An outcome that is not PASS is accounted for by at least one claim: by those that do not hold; where all do, by
    the end; where nothing is claimed of that, by all of them. `is_strict`: what holds vacuously does not.
    """
    count = len(claims_of(test))
    if result.outcome is Outcome.UNSUPPORTED:
        return (Account(Status.SKIPPED, result.reason),) * count
    if result.outcome is Outcome.XPASS and test.case.variant is None:
        return (Account(Status.NOT_FAILED, result.reason, _text(result)),) * count
    if len(result.findings) != len(propositions_of(test.annotations)):  # nothing was judged
        return (Account(Status.FAILED, result.reason, _text(result)),) * count
    accounts = [_of_finding(test, result, finding, is_strict=is_strict) for finding in result.findings]
    if test.annotations.expect_end is not None:
        is_left = result.outcome is not Outcome.PASS and all(each.status is Status.PASSED for each in accounts)
        accounts.append(_of_end(test.annotations.expect_end, result, end, is_left=is_left))
    if result.outcome is not Outcome.PASS and all(each.status is Status.PASSED for each in accounts):
        return (_not_fine(result, result),) * count
    return tuple(accounts)


def _of_finding(test: Test, result: TestResult, finding: Finding, *, is_strict: bool) -> Account:
    variant = test.case.variant
    if finding.verdict is not Verdict.HOLDS:
        outcome = result.outcome
        if outcome is not Outcome.TIMEOUT:
            outcome = Outcome.FAIL if finding.verdict is Verdict.FAILS else Outcome.UNRESOLVED
        mine = replace(result, outcome=outcome, reason=f"{finding.name}: {finding.verdict.value}", findings=(finding,))
        return _not_fine(result, mine)
    if is_strict and result.outcome is Outcome.FAIL and finding.warnings:
        reason = f"{finding.name}: {finding.warnings[0]}"
        return _not_fine(result, replace(result, reason=reason, findings=(finding,)))
    if result.outcome is Outcome.XPASS and variant is not None and finding.name in variant.fails:
        return Account(Status.NOT_FAILED, result.reason, _text(result))
    return Account(Status.PASSED)


def _of_end(expected: ExpectEnd, result: TestResult, end: End | None, *, is_left: bool) -> Account:
    """`is_left`: no proposition accounts for the outcome."""
    if end is not None and end.kind is EndKind.DECIDED and not is_left:
        return Account(Status.SKIPPED, f"the run was stopped: {result.reason}")
    is_fine = end is not None and end.is_complete and not end_problem(end, expected)
    return Account(Status.PASSED) if is_fine and not is_left else _not_fine(result, replace(result, findings=()))


def _not_fine(result: TestResult, shown: TestResult) -> Account:
    """`shown` is as much of the result as this claim is about."""
    if result.outcome is Outcome.XFAIL:
        return Account(Status.FAILED_AS_EXPECTED, result.reason, _text(shown))
    return Account(Status.FAILED, shown.reason, _text(shown))


def _text(result: TestResult) -> str:
    """As on the terminal."""
    return render_test(result, verbose=False, style=plain)
