"""Which tests of a suite are run, and in which order: `--shard`, `--rerun-failed`, `--shuffle`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from dexverify.last_time import was_good
from dexverify.options import Options
from dexverify.report.terminal import count
from dexverify.targets import Test, units_of


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `total` parts, from 1."""

    number: int
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The tests to run, in order, and what to say of how they were chosen."""

    tests: tuple[Test, ...]
    notes: tuple[str, ...] = ()


def select(
    tests: Sequence[Test],
    options: Options,
    *,
    shard: Shard | None = None,
    rerun_failed: bool = False,
    seed: int | None = None,
) -> Selection:
    """Of these tests, those of the shard; of these, those not known to be good; in the order that the seed gives.

    The shards come first: they are the same parts of the suite on every machine, whatever was run there before.
    """
    chosen, notes = list(tests), []
    if shard is not None:
        chosen = _part(chosen, options, shard)
        notes.append(f"shard {shard}: {len(chosen):,} of {count(len(tests), 'test')}")
    if rerun_failed:
        good = was_good(test.case for test in chosen)
        again = [test for test in chosen if test.case not in good]
        notes.append(f"to be run again: {len(again):,} of {count(len(chosen), 'test')}, the others were good last time")
        chosen = again
    if seed is not None:
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order is no secret
        notes.append(f"shuffled: --shuffle {seed} gives this order again")
    return Selection(tuple(chosen), tuple(notes))


def _part(tests: Sequence[Test], options: Options, shard: Shard) -> list[Test]:
    """Every `total`-th unit: tests that share a run stay together.

    Not by how long they took: then shards would part or overlap wherever two machines remember different times.
    Neighbours in a folder are alike, and go to different shards.
    """
    units = list(units_of(tests, options).values())
    mine = {id(test) for unit in units[shard.number - 1 :: shard.total] for test in unit}
    return [test for test in tests if id(test) in mine]
