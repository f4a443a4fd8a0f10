"""`dexter man`: the manual page, generated from the parser, in man(7)'s macros."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from dexverify import __version__

_SEE_ALSO = ("gdb", "lldb", "man")


def add_man(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    man = commands.add_parser(
        "man",
        help="print the manual page",
        description="Print the manual page, to be read at once: dexter man | man -l -, or to be kept as dexter.1 in a "
        "folder man1 of the MANPATH.",
    )
    man.set_defaults(command=_man)


def _man(_arguments: argparse.Namespace) -> int:
    from dexverify.cli import make_parser

    print("\n".join(render_man(make_parser())))
    return 0


def render_man(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The lines of the page of a parser that has commands."""
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    summaries = {action.dest: action.help or "" for action in commands._choices_actions}
    name, description = parser.prog, parser.description or ""
    yield f'.TH {name.upper()} 1 "" "{name} {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{name} \\- {_text(_lower(description).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield _synopsis(parser, name)
    for command, sub in commands.choices.items():
        yield ".br"
        yield _synopsis(sub, f"{name} {command}")
    yield ".SH DESCRIPTION"
    yield _text(description)
    yield ".SH OPTIONS"
    yield from _entries(action for action in parser._actions if action.option_strings)
    yield ".SH COMMANDS"
    for command, sub in commands.choices.items():
        yield f".SS {_text(f'{name} {command}')}"
        yield _text(sub.description or f"{_upper(summaries[command])}.")
        for group in sub._action_groups:
            entries = list(_entries(action for action in group._group_actions if "--help" not in action.option_strings))
            if entries and group not in {sub._positionals, sub._optionals}:
                yield ".PP"
                yield _text(f"{_upper(group.title or '')}. {group.description or ''}".rstrip())
            yield from entries
    yield ".SH SEE ALSO"
    yield ", ".join(f"{_bold(each)}(1)" for each in _SEE_ALSO)


def _synopsis(parser: argparse.ArgumentParser, name: str) -> str:
    parts = [_bold(name)]
    if any(action.option_strings and "--help" not in action.option_strings for action in parser._actions):
        parts.append(f"[{_italic('OPTION')} ...]")
    parts += [_value(action) for action in parser._actions if not action.option_strings]
    return " ".join(parts)


def _entries(actions: Iterable[argparse.Action]) -> Iterator[str]:
    for action in actions:
        if not action.help:
            continue
        value = _value(action)
        yield ".TP"
        yield ", ".join(map(_bold, action.option_strings)) + (f" {value}" if action.option_strings and value else value)
        yield _text(argparse.HelpFormatter("dexter")._expand_help(action))


def _value(action: argparse.Action) -> str:
    """What an option or a command takes; empty for a flag."""
    if action.nargs == 0:
        return ""
    if action.metavar is None and action.choices is not None:
        what = "|".join(_bold(str(choice)) for choice in action.choices)
    else:
        what = _italic(str(action.metavar or action.dest.upper()))
    match action.nargs:
        case "?":
            return f"[{what}]"
        case "*":
            return f"[{what} ...]"
        case "+" | argparse.PARSER:
            return f"{what} ..."
    return what


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_text(text)}\\fR"


def _text(text: str) -> str:
    """Text as roff takes it: a dash is a minus sign, which can be searched and copied; a line is never a request.

    Of what is not ASCII it takes only the numbers (groff_char(7)).
    """
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    escaped = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
