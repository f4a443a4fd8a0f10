"""What a test is run as: a program of its own, or a kernel on a machine, which tests can share."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dexverify.annotations.commands import Annotations
from dexverify.builders import BuildRequest, PrebuiltBuilder, builder_for
from dexverify.discovery import KERNEL_BUILDER, Case
from dexverify.features import fails_here
from dexverify.options import Options
from drivers.base import Launch, Limits

if TYPE_CHECKING:
    from dexverify.trees import Tree

DEFAULT_BUILDER = "gcc"
# What OS/161's menu takes for the end of its work.
_QUITTING = frozenset({"q", "exit", "halt"})


@dataclass(frozen=True, slots=True)
class Test:
    """A case whose annotations have been read."""

    __test__ = False  # no pytest class, whatever its name

    case: Case
    annotations: Annotations

    def xfail(self, debugger: str) -> str | None:
        """Why it is expected to fail with this debugger; None when it is not."""
        marked = self.annotations.xfail
        if marked is not None and fails_here(marked, debugger):
            return marked if marked not in ("", "*") else "marked XFAIL"
        return "its name begins with xfail_" if self.case.is_xfail else None


def sources_of(test: Test) -> tuple[Path, ...]:
    """What a program is built from; of a `.dex` file alone, the files that it is about."""
    return test.case.sources or tuple(map(Path, test.annotations.files))


def builder_name(test: Test, options: Options) -> str | None:
    """What a test is built by; None for what is built already."""
    if test.case.tree is not None:
        return KERNEL_BUILDER if options.kernel is None else None
    return (options.builder or DEFAULT_BUILDER) if options.binary is None else None


class Target(Protocol):
    """What is built, and how it is run. Tests whose targets are equal share a run."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user ought to know of how it is run."""

    def lacking(self) -> str | None:
        """Why it cannot be run on this machine; None when it can."""

    def build(self, directory: Path) -> Path: ...

    def launch(self, binary: Path, directory: Path) -> Launch: ...

    def limits(self) -> Limits: ...


@dataclass(frozen=True, eq=False)
class Program:
    """A host program, built from a test's sources. No two tests have the same one."""

    test: Test
    options: Options
    notes: tuple[str, ...] = ()

    def lacking(self) -> str | None:
        return None

    def build(self, directory: Path) -> Path:
        options, settings, test = self.options, self.test.case.settings, self.test
        name = options.builder or DEFAULT_BUILDER
        builder = PrebuiltBuilder(options.binary) if options.binary is not None else builder_for(name)
        request = BuildRequest(
            sources=sources_of(test),
            directory=directory,
            cflags=(*settings.cflags, *options.cflags),
            ldflags=(*settings.ldflags, *options.ldflags),
            # gdb takes UTF-8 only; what Python could not decode in a file's name are surrogates.
            name=test.case.path.stem.encode("utf-8", "replace").decode().replace("?", "_") or "program",
        )
        return builder.build(request)

    def launch(self, binary: Path, directory: Path) -> Launch:  # noqa: ARG002 - a program runs where the user is
        arguments = _arguments(self.test, self.options)
        return Launch(binary, arguments, Path.cwd(), self.options.stdin or self.test.case.settings.stdin)

    def limits(self) -> Limits:
        return self.options.limits


@dataclass(frozen=True)
class Kernel:
    """A kernel of an OS/161 tree on a machine. All tests of one configuration and one boot string share it."""

    tree: Tree
    options: Options
    config: str
    boot: str
    notes: tuple[str, ...] = field(default=(), compare=False)

    def lacking(self) -> str | None:
        from dexverify.machines import lacking

        return lacking(self.options, self.tree)

    def build(self, directory: Path) -> Path:
        from dexverify.builders.os161 import Os161Builder

        given = self.options.kernel
        if given is not None:
            return given.absolute()
        return Os161Builder().build(self.tree, self.config, directory=directory)

    def launch(self, binary: Path, directory: Path) -> Launch:
        from dexverify.machines import machine_for

        machine = machine_for(self.tree, self.options, binary)
        return Launch(binary, (self.boot,), Path(tempfile.mkdtemp(prefix="run-", dir=directory)), machine=machine)

    def limits(self) -> Limits:
        given = self.options.console_timeout
        return replace(self.options.kernel_limits, silence_s=self.tree.console_timeout if given is None else given)


def target_of(test: Test, options: Options) -> Target:
    """What a test is run as."""
    tree, variant = test.case.tree, test.case.variant
    if tree is None:
        return Program(test, options)
    command_line = test.annotations.command_line
    own = command_line.arguments if command_line is not None else ()
    if variant is not None:
        config, own = variant.kernel_config, own if variant.arguments is None else variant.arguments
    else:
        config = options.kernel_config or tree.kernel_config
    boot, notes = _boot_string(options.run_arguments or (), own)
    return Kernel(tree, options, config, boot, notes)


def units_of(tests: Sequence[Test], options: Options) -> dict[Target, list[Test]]:
    """The tests by what they are run as, in their order: those that share a run are one unit."""
    units: dict[Target, list[Test]] = {}
    for test in tests:
        units.setdefault(target_of(test, options), []).append(test)
    return units


def _boot_string(*parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The boot string: the menu's commands of each part, of which only the last one powers off."""
    commands: list[str] = []
    for words in parts:
        mine = [command.strip() for command in " ".join(words).split(";") if command.strip()]
        if mine and commands and commands[-1] in _QUITTING:
            commands.pop()
        commands += mine
    if commands and commands[-1] in _QUITTING:
        return ";".join(commands), ()
    boot = ";".join([*commands, "q"])
    return boot, (f"the kernel was booted with {boot!r}: without 'q', its menu would wait for ever",)


def _arguments(test: Test, options: Options) -> tuple[str, ...]:
    """As DExTer has it, DexCommandLine's arguments come after those of `--target-run-args`."""
    given = options.run_arguments if options.run_arguments is not None else test.case.settings.arguments
    command_line = test.annotations.command_line
    return (*given, *(command_line.arguments if command_line is not None else ()))
