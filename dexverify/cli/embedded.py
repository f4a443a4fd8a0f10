"""The options of `dexter test` in other people's tools: pytest's `--dexter-args`, the arguments of lit's format."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from dexverify.cli.arguments import joined
from dexverify.cli.test import add_judging_options, add_run_options, options_of
from dexverify.errors import ConfigError
from dexverify.options import Options


def embedded_options(words: Sequence[str], *, source: str) -> Options:
    """The options that these words ask for; `source` is where they stand, for messages.

    Those that choose tests, or say how they are reported, are not taken: the other tool has its own. Raises
    ConfigError.
    """
    parser = _Parser(prog=source, add_help=False, allow_abbrev=False)
    add_run_options(parser)
    add_judging_options(parser)
    parser.set_defaults(against=None, results_directory=None, save_temps=False, source_root_dir=None)
    arguments, unknown = parser.parse_known_args(joined(words))
    if unknown:
        taken = sorted(option for action in parser._actions for option in action.option_strings)
        raise ConfigError(f"{source}: {unknown[0]!r} is not taken here; there are {', '.join(taken)}")
    return options_of(arguments)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{self.prog}: {message}")
