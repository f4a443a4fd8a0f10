"""One judged run as a block: places, values, and the truth of every proposition's parts."""

from __future__ import annotations

from dexverify.judged import Judged
from dexverify.report.html.block import Block
from dexverify.report.html.formulas import Formulas
from dexverify.report.html.places import add_places
from dexverify.report.html.values import add_values


def run_block(judged: Judged) -> tuple[str, list[str]]:
    """The block, and the absolute paths of the source files that it refers to."""
    run, propositions = judged.run, judged.propositions
    block = Block()
    places = add_places(block, run.recording)
    formulas = Formulas(block, run)
    written = {number: each.formula for number, each in enumerate(propositions) if each.formula is not None}
    header = {
        "size": len(run.recording),
        **places,
        **add_values(block, run, list(written.values())),
        "atoms": formulas.atoms(written),
        "propositions": [
            formulas.instances(proposition, finding)
            for proposition, finding in zip(propositions, judged.result.findings, strict=True)
        ],
    }
    paths = [*places["paths"], *(proposition.span.path for proposition in propositions)]
    return block.packed(header), list(dict.fromkeys(filter(None, paths)))
