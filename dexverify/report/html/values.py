"""The values of a run: for each expression where it changed, and the texts that it changed to."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from dexverify.observation import reads_of
from dexverify.recorder import Run
from dexverify.report.html.block import Block
from dexverify.table import label, read_by_user
from dexverify.threads import THREAD_NAME, shown_name
from drivers.state import Kind, Sample
from ltd.formula import Formula, predicates


def add_values(block: Block, run: Run, formulas: Sequence[Formula]) -> dict[str, Any]:
    """Adds the values of what a reader may want to see, in the order in which they do; returns what they are of."""
    samples = _samples(run, formulas)
    recording = run.recording
    used = sorted({0}.union(*(recording.changes[sample].ids for sample in samples)))
    numbers = {value_id: number for number, value_id in enumerate(used)}
    types: dict[str, int] = {}
    for number, sample in enumerate(samples):
        changes = recording.changes[sample]
        block.differences(f"value_{number}_steps", changes.steps)
        block.differences(f"value_{number}_ids", array("I", map(numbers.__getitem__, changes.ids)))
    values = [recording.pool[value_id] for value_id in used]
    names = recording.changes.get(THREAD_NAME)
    of_threads = set(names.ids) if names is not None else set()
    texts = [
        (shown_name(value) if value_id in of_threads else value.text).encode("utf-8", "replace")
        for value_id, value in zip(used, values, strict=True)
    ]
    block.differences("text_ends", _ends(texts))
    block.content("texts", b"".join(texts))
    block.numbers("value_type", [types.setdefault(value.type, len(types)) for value in values])
    block.content("value_kind", bytes(_KINDS.get(value.kind, 0) for value in values))
    return {
        "samples": [
            {"name": label(sample), "names_thread": sample == THREAD_NAME, "expression": sample.expression}
            for sample in samples
        ],
        "types": list(types),
    }


# 0 is any value that could be read.
_KINDS = {Kind.ABSENT: 1, Kind.UNREADABLE: 2}


def _samples(run: Run, formulas: Sequence[Formula]) -> list[Sample]:
    """What formulas read, what DexWatch names, then the rest, without what only helps to compare."""
    own = [sample for formula in formulas for sample in read_by_user(formula)]
    watched = [Sample(text) for text in run.watched]
    helpers = {sample for formula in formulas for p in predicates(formula) for sample in reads_of(p)}  # type: ignore[arg-type]
    others = [sample for sample in run.recording.samples if sample not in helpers]
    wanted = dict.fromkeys([THREAD_NAME, *own, *watched, *others])
    return [sample for sample in wanted if sample in run.recording.changes]


def _ends(texts: Sequence[bytes]) -> list[int]:
    end, ends = 0, []
    for text in texts:
        end += len(text)
        ends.append(end)
    return ends
