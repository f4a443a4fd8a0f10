"""What pytest collects of an annotated file: an item for each proposition, judged over one run of its program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from dexverify.claims import Account, Claim, Status, claims_of
from dexverify.discovery import Case
from dexverify.errors import DexterError
from dexverify.suite import read_test
from dexverify.targets import Test

if TYPE_CHECKING:
    from dexverify.pytest_suite import Suite


class AnnotatedFile(pytest.File):
    """The tests of one file: itself, and once more for each variant of its kernel."""

    def __init__(self, *, cases: tuple[Case, ...], suite: Suite, **node: Any) -> None:
        super().__init__(**node)
        self._cases = cases
        self._suite = suite

    def collect(self) -> Iterator[PropositionItem]:
        for case in self._cases:
            try:
                test = read_test(case)
            except DexterError as error:
                raise self.CollectError(str(error)) from error
            suffix = f" ({case.variant.kernel_config})" if case.variant is not None else ""
            for index, claim in enumerate(claims_of(test)):
                # pytest takes '::' in the name of an item for the end of it.
                name = claim.name.replace("::", ":") + suffix
                yield PropositionItem.from_parent(
                    self, name=name, test=test, index=index, claim=claim, suite=self._suite
                )


class PropositionItem(pytest.Item):
    """One thing that a test claims."""

    def __init__(self, *, test: Test, index: int, claim: Claim, suite: Suite, **node: Any) -> None:
        super().__init__(**node)
        self.test = test
        self.index = index
        self._claim = claim
        self._suite = suite
        self.add_marker(pytest.mark.dexter)
        if self.config.pluginmanager.hasplugin("xdist"):
            # With --dist loadgroup, what shares a run goes to one worker; else they share it through a file.
            self.add_marker(pytest.mark.xdist_group(suite.group_name(test)))

    def runtest(self) -> None:
        account = self._suite.account(self)
        match account.status:
            case Status.SKIPPED:
                pytest.skip(account.reason)
            case Status.FAILED:
                raise Unverified(account)
            case Status.FAILED_AS_EXPECTED:
                self._expect_failure(account)
                raise Unverified(account)
            case Status.NOT_FAILED:
                self._expect_failure(account)

    def _expect_failure(self, account: Account) -> None:
        # Only now: a test fails as a whole, and which of its propositions fails is seen when it has been run.
        # What could not be built or run has not failed as it should.
        self.add_marker(pytest.mark.xfail(reason=account.reason, strict=True, raises=Unverified))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Unverified):
            return self._explained(excinfo.value.account)
        if isinstance(excinfo.value, DexterError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def _explained(self, account: Account) -> ReprExceptionInfo:
        # A plain string would do, were it not that pytest repeats all of it in its summary when it runs on CI.
        text = self._suite.tell(self.nodeid, account.text)
        crash = ReprFileLocation(self._claim.path, self._claim.line, account.reason.partition("\n")[0])
        return ReprExceptionInfo(ReprTraceback([ReprEntryNative([text + "\n"])], None, "native"), crash)

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self._claim.path), self._claim.line - 1, self.name


class Unverified(Exception):
    """A claim that does not hold, or that could not be judged."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.reason)
        self.account = account
