"""The contract of a builder, and how a builder runs a program."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dexverify.errors import BuildError, ConfigError
from drivers import process

MESSAGE_LINES = 200
"""How much of a compiler's message is shown: the first errors are the ones that matter."""

# What is named as a source of a test for the sake of its annotations, but is no input of a compiler.
_NOT_COMPILED = frozenset({".h", ".hh", ".hpp", ".hxx", ".h++", ".dex"})


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build. The binary becomes `directory / name`; `deadline_s` bounds the whole build."""

    sources: tuple[Path, ...]
    directory: Path
    cflags: tuple[str, ...]
    ldflags: tuple[str, ...]
    name: str
    deadline_s: float = 120

    def output(self) -> Path:
        """Where the binary goes, absolute; its folder is made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        return self.directory.absolute() / self.name

    def inputs(self) -> tuple[Path, ...]:
        """The sources that are compiled, absolute: not the headers.

        Absolute, because the compiler writes the names it is given into the debug information, where the
        debugger's stops are matched against them.

        Raises:
            ConfigError: there is nothing to compile, or a source does not exist.
        """
        inputs = tuple(source.absolute() for source in self.sources if source.suffix not in _NOT_COMPILED)
        if not inputs:
            named = ", ".join(str(source) for source in self.sources) or "no source at all"
            raise ConfigError(f"nothing to compile ({named}): name the program's sources with 'DexSources: file.c …'")
        for source in inputs:
            if not source.is_file():
                raise ConfigError(f"no such source file: {source}")
        return inputs


class Builder(Protocol):
    """Makes a binary with debug information from sources."""

    @property
    def name(self) -> str: ...

    def build(self, request: BuildRequest) -> Path:
        """The path of the binary, absolute.

        Raises:
            BuildError: the compiler failed; the message holds the command and the compiler's own output.
            ConfigError: there is no such compiler, or nothing to build.
        """


def run(
    command: Sequence[str],
    *,
    deadline_s: float,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> None:
    """Run `command` to its end, in `directory` if given, with `environment` added to ours and `without` taken away.

    Raises:
        BuildError: it failed, or took longer than `deadline_s`.
        ConfigError: it cannot be started.
    """
    ours = {name: value for name, value in os.environ.items() if name not in without}
    try:
        done = process.run(
            command, deadline_s=deadline_s, directory=directory, environment={**ours, **(environment or {})}
        )
    except OSError as error:
        raise ConfigError(f"cannot run {command[0]}: {error}") from error
    if done.status is None:
        raise failure(f"the build took longer than {deadline_s:g} s", command, done.output, directory)
    if done.status < 0:
        raise failure(f"the build was killed by signal {-done.status}", command, done.output, directory)
    if done.status > 0:
        raise failure(f"the build failed with exit status {done.status}", command, done.output, directory)


def failure(what: str, command: Sequence[str], output: str, directory: Path | None = None) -> BuildError:
    """The error to raise: what happened, the command as one could paste it, and its output, capped."""
    lines = output.splitlines()
    if len(lines) > MESSAGE_LINES:
        lines[MESSAGE_LINES:] = [f"… and {len(lines) - MESSAGE_LINES:,} more lines"]
    place = f"cd {shlex.quote(str(directory))} && " if directory is not None else ""
    return BuildError("\n".join([what, f"$ {place}{shlex.join(command)}", *lines]))
