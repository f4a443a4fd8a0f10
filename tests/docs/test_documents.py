"""Every example in the README and in docs/ is what really happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dexverify.annotations import parse_formula, parse_test
from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks_of
from tests.docs.play import comparable, lacking, play

BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
ANEW = "python -m tests.docs.regenerate writes what is printed now into the documents; read the difference"

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_a_document_print_what_it_says(document: Path, tmp_path: Path) -> None:
    blocks = blocks_of(document)
    if reason := lacking(blocks):
        pytest.skip(reason)
    for block, actual in play(blocks, tmp_path.resolve()):
        assert comparable(block, actual) == comparable(block, block.text), f"{block}: {ANEW}"


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.action == "formulas"], ids=str)
def test_the_formulas_of_a_document_parse(block: Block) -> None:
    lines = [line.partition("  //")[0].strip() for line in block.text.splitlines()]
    assert [parse_formula(line) for line in lines if line]


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.action == "parses"], ids=str)
def test_the_annotations_of_a_document_parse(block: Block, tmp_path: Path) -> None:
    file = tmp_path / f"example.{block.language}"
    file.write_text(block.text, "utf-8")
    assert parse_test([file]).files


def test_every_block_says_what_is_to_be_done_with_it() -> None:
    assert [str(block) for block in BLOCKS if not block.action] == []


def test_the_few_blocks_that_are_not_run_say_why() -> None:
    not_run = [block for block in BLOCKS if block.action == "not-run"]
    assert all(len(block.attributes["not-run"].split()) >= 3 for block in not_run)
    counts = {path.name: sum(block.path == path for block in not_run) for path in DOCUMENTS}
    assert {name: count for name, count in counts.items() if count} == NOT_RUN


NOT_RUN = {"README.md": 1, "command.md": 1, "cookbook.md": 1, "how-it-works.md": 1, "kernels.md": 2, "tutorial.md": 2}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for match in _LINK.finditer(document.read_text("utf-8")):
        target, _, heading = match["target"].partition("#")
        if ":" in target:
            continue
        path = (document.parent / target) if target else document
        assert path.exists(), f"{document.name}: {match['target']}"
        assert path.resolve().is_relative_to(ROOT)
        if heading:
            assert heading in {_anchor(found["text"]) for found in _HEADING.finditer(path.read_text("utf-8"))}, heading


def _anchor(heading: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
