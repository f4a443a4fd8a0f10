"""What the options take, from text. Each raises argparse.ArgumentTypeError for what it does not take."""

from __future__ import annotations

import argparse
import shlex


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


def whole(text: str, first: int, last: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(last)) or not first <= int(text) <= last:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {first} to {last:,}")
    return int(text)


def ramsize(text: str) -> str:
    from dexverify.options import RAMSIZE

    if not RAMSIZE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number with K or M, such as 4M")
    return text
