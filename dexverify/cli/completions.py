"""`dexter completions SHELL`: what makes a shell complete our command line, generated from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")


def add_completions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    completions = commands.add_parser(
        "completions",
        help="print what makes a shell complete commands and options",
        description="Print the completions of dexter for a shell, to be kept where that shell looks for them.",
    )
    completions.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    completions.set_defaults(command=_completions)


def _completions(arguments: argparse.Namespace) -> int:
    import shtab

    from dexverify.cli import make_parser

    parser = make_parser()
    for action in actions_of(parser):
        match action.metavar:
            case "FILE" | "PATH":
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab's way
            case "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for summary in action._choices_actions:  # shtab would show the description, which is long
                action.choices[summary.dest].description = summary.help
    print(shtab.complete(parser, arguments.shell))
    return 0


def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from actions_of(command)
