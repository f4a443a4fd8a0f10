"""Telling gdb what to run: the binary, its arguments, its terminal and input, its directory and environment."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from drivers.base import DriverError, Launch
from drivers.gdb.settings import SETTINGS


def startup_commands(launch: Launch, terminal: str) -> list[str]:
    """gdb's commands between its start and the program's. `terminal` is the device for the program's output.

    Raises DriverError for a directory or an input file that is not there, and for a name that gdb cannot be told.
    """
    directory = (launch.directory or Path.cwd()).absolute()
    if not directory.is_dir():
        raise DriverError(f"{directory}: there is no such directory to run the program in")
    binary = str(launch.binary.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    commands = [f"set {setting}" for setting in SETTINGS]
    commands += [
        "set startup-with-shell on",
        f'file "{binary}"',
        f"set inferior-tty {terminal}",
        f"set args {_shell_words(launch)}",
        f"set cwd {directory}",
    ]
    # The program gets our environment, not gdb's, to which gdb adds two variables of its readline.
    for name in ("LC_ALL", "SHELL", "DEBUGINFOD_URLS", "LINES", "COLUMNS"):
        value = os.environ.get(name)
        commands.append(f"unset environment {name}" if value is None else f"set environment {name} = {value}")
    for command in commands:
        if command.encode("utf-8", "replace").decode() != command:
            raise DriverError(f"gdb takes UTF-8 only, which this is not: {command!a}: rename it, or copy it elsewhere")
    return commands


def _shell_words(launch: Launch) -> str:
    """The arguments as gdb hands them to /bin/sh, with the program's input.

    The terminal must not be the program's standard input: reading from it would wait for ever.
    """
    if launch.stdin is not None and not os.access(launch.stdin, os.R_OK):
        raise DriverError(f"{launch.stdin}: the program's input cannot be read")
    source = os.devnull if launch.stdin is None else str(launch.stdin.absolute())
    return " ".join([*map(_shell_word, launch.arguments), "<", _shell_word(source)])


def _shell_word(word: str) -> str:
    if "\n" not in word:
        return shlex.quote(word)
    # A command of gdb ends with its line, so the shell makes the line breaks. It drops the last ones, though.
    if word.endswith("\n"):
        raise DriverError(f"the argument {word!r} ends with a line break, which gdb cannot hand on")
    escaped = word.replace("\\", "\\\\").replace("\n", "\\n")
    return f'"$(printf %b {shlex.quote(escaped)})"'
