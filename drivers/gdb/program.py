"""Telling gdb what to run: the binary, its arguments, its terminal and input, its directory and environment."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from drivers.base import DriverError, Launch
from drivers.gdb.transport import CommandError, Transport, console, quote
from drivers.process import Terminal


def check_binary(binary: Path) -> None:
    """Raises DriverError, in plain words, for what cannot be run at all."""
    if not binary.exists():
        raise DriverError(f"{binary}: there is no such file")
    if binary.is_dir():
        raise DriverError(f"{binary} is a directory: name the program in it")
    if not os.access(binary, os.R_OK):
        raise DriverError(f"{binary} cannot be read: its permissions forbid it")
    with binary.open("rb") as file:
        magic = file.read(4)
    if magic != b"\x7fELF":
        raise DriverError(f"{binary} is not an ELF program: build it, or name the built file")
    if not os.access(binary, os.X_OK):
        raise DriverError(f"{binary} is not executable: run 'chmod +x' on it")


def prepare(transport: Transport, launch: Launch, terminal: Terminal) -> None:
    """Everything between gdb's start and `-exec-run`. Raises DriverError."""
    check_binary(launch.binary)
    commands = [
        "-gdb-set confirm off",
        "-gdb-set pagination off",
        "-gdb-set width 0",
        "-gdb-set height 0",
        "-gdb-set print inferior-events off",
        "-gdb-set breakpoint pending off",
        # An expression must not run code of the program that it looks at.
        "-gdb-set may-call-functions off",
        # The program itself decides over its children: gdb follows the parent and lets the others go.
        "-gdb-set follow-fork-mode parent",
        "-gdb-set detach-on-fork on",
        "-gdb-set startup-with-shell on",
        console(f"file {_gdb_word(str(launch.binary.absolute()))}"),
        f"-inferior-tty-set {quote(terminal.name)}",
        console(f"set args {_shell_words(launch)}"),
        *transport.inferior_environment(),
    ]
    directory = launch.directory or Path.cwd()
    if not directory.is_dir():
        raise DriverError(f"{directory}: there is no such directory to run the program in")
    commands.append(console(f"set cwd {directory.absolute()}"))
    for command, answer in zip(commands, transport.request_all(commands), strict=True):
        if isinstance(answer, CommandError):
            raise DriverError(f"gdb refuses {launch.binary}: {answer} (on {command})")


def _gdb_word(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shell_words(launch: Launch) -> str:
    """The arguments as gdb hands them to /bin/sh, with the program's input.

    The terminal must not be the program's standard input: reading from it would wait for ever.
    """
    if launch.stdin is not None and not os.access(launch.stdin, os.R_OK):
        raise DriverError(f"{launch.stdin}: the program's input cannot be read")
    source = os.devnull if launch.stdin is None else str(launch.stdin.absolute())
    return " ".join([*map(shlex.quote, launch.arguments), "<", shlex.quote(source)])
