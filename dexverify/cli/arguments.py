"""What the options take, from text. Each raises argparse.ArgumentTypeError for what it does not take."""

from __future__ import annotations

import argparse
import secrets
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dexverify.selection import Shard

MAX_SHARD_DIGITS = 6

_TAKES_FLAGS = frozenset({"--cflags", "--against", "--ldflags", "--target-run-args"})
_TAKES_A_NUMBER_OR_NOTHING = frozenset({"--shuffle"})


def joined(arguments: Sequence[str]) -> list[str]:
    """`--cflags -O2` as `--cflags=-O2`: argparse takes a value that begins with a dash for an option.

    And `--shuffle folder` as `--shuffle= folder`: it takes whatever follows for the value that may be left out.
    """
    joined: list[str] = []
    for argument in arguments:
        last = joined[-1] if joined else ""
        if last in _TAKES_FLAGS or (last in _TAKES_A_NUMBER_OR_NOTHING and argument.isdecimal()):
            joined[-1] += f"={argument}"
            continue
        if last in _TAKES_A_NUMBER_OR_NOTHING:
            joined[-1] += "="
        joined.append(argument)
    return joined


def words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be split as a shell would: {error}") from error


def names(text: str) -> list[str]:
    found = list(dict.fromkeys(text.split(",")))
    if "" in found:
        raise argparse.ArgumentTypeError(f"{text!r} has an empty name: write names with commas between them")
    return found


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def cpus(text: str) -> int:
    from dexverify.options import MAX_CPUS

    return whole(text, 1, MAX_CPUS)


def seed(text: str) -> int:
    from dexverify.options import MAX_SEED

    return whole(text, 0, MAX_SEED)


def shuffle_seed(text: str) -> int:
    """The seed, or where none is given one that is drawn now."""
    from dexverify.options import MAX_SEED

    return seed(text) if text else secrets.randbelow(MAX_SEED + 1)


def shard(text: str) -> Shard:
    from dexverify.selection import Shard

    number, slash, total = text.partition("/")
    is_whole = all(part.isascii() and part.isdecimal() and len(part) <= MAX_SHARD_DIGITS for part in (number, total))
    if not slash or not is_whole or not 1 <= int(number) <= int(total):
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a whole, such as 1/4, 2/4, 3/4 and 4/4")
    return Shard(int(number), int(total))


def whole(text: str, first: int, last: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(last)) or not first <= int(text) <= last:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {first} to {last:,}")
    return int(text)


def ramsize(text: str) -> str:
    from dexverify.options import RAMSIZE

    if not RAMSIZE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number with K or M, such as 4M")
    return text


def steps(text: str) -> range:
    first, dash, last = text.partition("-")
    if not all(not each or (each.isascii() and each.isdecimal() and len(each) <= 18) for each in (first, last)):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of steps: write A-B, A-, -B or A")
    if not first and not last:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of steps: write A-B, A-, -B or A")
    start = int(first or 0)
    return range(start, (int(last) if last else 10**18 if dash else start) + 1)


def place(text: str) -> tuple[str, int]:
    path, _, line = text.rpartition(":")
    if not path or not (line.isascii() and line.isdecimal()) or len(line) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is no line of a file: write FILE:N")
    return path, int(line)
