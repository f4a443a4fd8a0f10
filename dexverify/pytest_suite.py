"""The suite that one run of pytest has: which files are tests, and one run of each program, whoever needs it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dexverify.claims import Account, accounts_of
from dexverify.cli.embedded import embedded_options
from dexverify.debuggers import driver_for
from dexverify.discovery import TEST_SUFFIXES, Case, discover
from dexverify.errors import ConfigError, DexterError
from dexverify.judged import Judged
from dexverify.options import Options
from dexverify.pipeline import run_group
from dexverify.pytest_items import AnnotatedFile, PropositionItem
from dexverify.pytest_plugin import ARGS
from dexverify.run import check_options
from dexverify.settings import FILE_NAME
from dexverify.suite import check_variants
from dexverify.targets import Kernel, Test, target_of
from drivers.base import DriverError
from drivers.state import End

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHARED = "dexter_folder"
_Key = tuple[str, str]


class Suite:
    """Registered as a plugin for the length of a run. A worker of xdist has one of its own, as the controller has.

    `folder` is where workers share what became of each run; None where there is only this process.
    """

    def __init__(self, options: Options, folder: Path | None) -> None:
        self.options = options
        self._folder = folder
        self._is_worker = folder is not None
        self._trouble: DexterError | None = None
        self._driver = driver_for(options)
        self._tests: list[Test] = []
        self._accounts: dict[_Key, tuple[Account, ...]] = {}
        self._cases: Mapping[Path, tuple[Case, ...]] = {}
        self._told: dict[str, str] = {}

    @classmethod
    def configured(cls, config: pytest.Config) -> Suite:
        """Raises pytest.UsageError for options that make no sense."""
        words = list(config.getini(ARGS))
        for name in ("builder", "debugger"):
            if (value := config.getoption(f"--dexter-{name}")) is not None:
                words.append(f"--{name}={value}")
        with _usage():
            words += _split(config.getoption("--dexter-args") or "")
            options = embedded_options(words, source="--dexter-args")
            workerinput: Mapping[str, Any] = getattr(config, "workerinput", {})
            folder = workerinput.get(_SHARED)
            return cls(options, Path(folder) if folder else None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker of xdist is about to start: tell it where results are shared."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="dexter-pytest-"))
        node.workerinput[_SHARED] = str(self._folder)

    def pytest_unconfigure(self) -> None:
        self._driver.close()
        if not self._is_worker and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @pytest.hookimpl(tryfirst=True)  # before xdist's controller, which collects nothing
    def pytest_collection(self, session: pytest.Session) -> None:
        paths = [_from_here(Path(argument.partition("::")[0])) for argument in session.config.args]
        with _usage():
            found: dict[Path, list[Case]] = {}
            for case in discover([path for path in paths if _may_hold_tests(path)], self.options):
                # A folder that is one test is found by the file that makes it one.
                file = case.path / FILE_NAME if case.path.is_dir() else case.path
                # As pytest writes it, with links as they are.
                found.setdefault(Path(os.path.abspath(file)), []).append(case)  # noqa: PTH100
            self._cases = {file: tuple(cases) for file, cases in found.items()}

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> AnnotatedFile | None:
        cases = self._cases.get(file_path)
        if cases is None:
            return None
        node: AnnotatedFile = AnnotatedFile.from_parent(parent, path=file_path, cases=cases, suite=self)
        return node

    @pytest.hookimpl(tryfirst=True)  # with all that was collected, before anything is deselected
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        tests = _tests_of(items)
        if not tests:
            return
        try:
            if session.testsfailed == 0:
                check_variants(tests)
            check_options(self.options, tests)
        except DexterError as error:
            if not self._is_worker:
                raise pytest.UsageError(str(error)) from None
            self._trouble = error  # xdist takes what is raised here for a crash

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._tests = _tests_of(session.items)

    def group_name(self, test: Test) -> str:
        """The same for tests that share a run, and for no others."""
        target = target_of(test, self.options)
        if isinstance(target, Kernel):
            return f"{target.tree.root} {target.config} {target.boot}"
        return str(test.case.path.absolute())

    def account(self, item: PropositionItem) -> Account:
        """What became of the item's claim; runs its program, with all that share the run, unless that was done.

        Raises DexterError for options that no test can be run with.
        """
        if self._trouble is not None:
            raise self._trouble
        key = _key(item.test)
        if key not in self._accounts:
            with self._shared(self.group_name(item.test)) as file:
                if file is not None and file.exists():
                    self._accounts.update(_load(file))
                else:
                    self._run(item.test)
                    if file is not None:
                        _save(file, self._accounts)
        return self._accounts[key][item.index]

    def tell(self, nodeid: str, text: str) -> str:
        """The text, the first time; after that its first line, and whose it was: a compiler's message can be long."""
        first = self._told.setdefault(text, nodeid)
        return text if first == nodeid else f"{text.splitlines()[0]}\n  as told of {first}"

    def _run(self, test: Test) -> None:
        target = target_of(test, self.options)
        group = [test]
        if isinstance(target, Kernel):
            group = [each for each in self._tests if target_of(each, self.options) == target]
        ends: dict[int, End] = {}

        def observe(judged: Judged) -> None:
            ends[id(judged.test)] = judged.run.recording.end

        for each, result in zip(group, run_group(group, target, self.options, self._driver, [observe]), strict=True):
            accounts = accounts_of(each, result, ends.get(id(each)), is_strict=self.options.strict)
            self._accounts[_key(each)] = accounts

    @contextmanager
    def _shared(self, name: str) -> Iterator[Path | None]:
        """The file that says what became of a group, once that is known; nobody else has it as long as we have."""
        if self._folder is None:
            yield None
            return
        base = self._folder / hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        with base.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield base.with_suffix(".json")


def _tests_of(items: Sequence[pytest.Item]) -> list[Test]:
    """Each once, in their order."""
    found = {id(item.test): item.test for item in items if isinstance(item, PropositionItem)}
    return list(found.values())


def _key(test: Test) -> _Key:
    case = test.case
    return str(case.path.absolute()), case.variant.kernel_config if case.variant is not None else ""


def _from_here(path: Path) -> Path:
    """As the user would write it: pytest names the present folder in full."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _may_hold_tests(path: Path) -> bool:
    return path.is_dir() or path.suffix in TEST_SUFFIXES | {".h"}


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"--dexter-args {text!r} cannot be split as a shell would: {error}") from error


@contextmanager
def _usage() -> Iterator[None]:
    """Our errors in pytest's way."""
    try:
        yield
    except (DexterError, DriverError) as error:
        raise pytest.UsageError(str(error)) from None


def _load(file: Path) -> dict[_Key, tuple[Account, ...]]:
    rows = msgspec.json.decode(file.read_bytes(), type=list[tuple[str, str, tuple[Account, ...]]])
    return {(path, variant): accounts for path, variant, accounts in rows}


def _save(file: Path, accounts: Mapping[_Key, tuple[Account, ...]]) -> None:
    rows = [(path, variant, each) for (path, variant), each in accounts.items()]
    new = file.with_suffix(".new")  # a worker may be killed while it writes
    new.write_bytes(msgspec.json.encode(rows))
    new.replace(file)
