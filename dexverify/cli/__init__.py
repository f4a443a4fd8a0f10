"""The command line: a module for each command; whatever goes wrong is told in words."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from dexverify import __version__
from dexverify.cli.arguments import joined
from dexverify.cli.check import add_check
from dexverify.cli.completions import add_completions
from dexverify.cli.machine import add_doctor, add_list_debuggers
from dexverify.cli.man import add_man
from dexverify.cli.parse import add_parse
from dexverify.cli.test import add_test
from dexverify.cli.view import add_diff, add_view
from dexverify.cli.write import add_write
from dexverify.depth import make_room
from dexverify.errors import DexterError
from dexverify.streams import abandon_output, prepare_streams

USAGE_ERROR = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. Whatever goes wrong is told in words."""
    prepare_streams()
    make_room()
    if threading.current_thread() is threading.main_thread():  # no other one may
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # under nohup, a hang-up is ignored
                signal.signal(number, _end_by_signal)
    try:
        try:
            status = _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            # What cannot be written is told here, not at the interpreter's end. Help ends by SystemExit.
            sys.stdout.flush()
    except DexterError as error:
        _say_error(str(error))
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("dexter: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        abandon_output()  # whoever read it has gone
        return 1
    except OSError as error:
        # A disk that is full, a folder that must not be read.
        _say_error(f"{error.filename}: {error.strerror}" if error.filename else f"cannot write: {error.strerror}")
        abandon_output()
        return USAGE_ERROR
    return status


def _run(arguments: Sequence[str]) -> int:
    parser = make_parser()
    options, unknown = parser.parse_known_args(joined(arguments))
    # argparse takes the paths before the first option only; those behind it are left over (bpo-14191).
    refused = [each for each in unknown if each.startswith("-") or not hasattr(options, "paths")]
    if refused:
        _refuse(parser, refused[0], options)
    if unknown:
        options.paths += map(Path, unknown)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 0
    return command(options)


def _refuse(parser: argparse.ArgumentParser, unknown: str, options: argparse.Namespace) -> NoReturn:
    from difflib import get_close_matches

    names = [f"--{name.replace('_', '-')}" for name in vars(options)]
    near = get_close_matches(unknown.partition("=")[0], names, n=1)
    parser.error(f"unrecognized argument: {unknown}" + (f"; did you mean {near[0]}?" if near else ""))


def _end_by_signal(number: int, _frame: object) -> None:
    """End as on Ctrl-C, with everything cleaned up, and with the status that a shell gives to this signal."""
    raise SystemExit(128 + number)


def make_parser() -> argparse.ArgumentParser:
    """The whole command line; the command reference is made from it."""
    parser = argparse.ArgumentParser(
        prog="dexter",
        description="Verify temporal properties of C programs, written in comments, under a real debugger.",
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"dexter {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="dexter")
    first = (add_test, add_check, add_view, add_diff, add_write, add_parse)
    for add in (*first, add_doctor, add_list_debuggers, add_completions, add_man):
        add(commands)
    helper = commands.add_parser("help", help="help on a command")
    helper.add_argument("topic", nargs="?", choices=sorted(commands.choices), metavar="COMMAND")
    helper.set_defaults(command=lambda options: _help(parser, commands.choices, options.topic))
    for each in commands.choices.values():
        each.formatter_class = _formatter
    return parser


def _help(parser: argparse.ArgumentParser, commands: dict[str, argparse.ArgumentParser], topic: str | None) -> int:
    (commands[topic] if topic else parser).print_help()
    return 0


def _formatter(prog: str) -> argparse.HelpFormatter:
    from rich_argparse import RichHelpFormatter

    return RichHelpFormatter(prog)


def _say_error(text: str) -> None:
    # What has a place in a file begins with it, as editors expect.
    prefix = "" if ": error: " in text.split("\n", 1)[0] else "dexter: error: "
    print(f"{prefix}{text}", file=sys.stderr)
