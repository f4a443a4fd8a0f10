"""What docs/cookbook.md shows of the reports of the example kernel's variants."""

from __future__ import annotations

from tests.docs.blocks import ROOT, blocks_of
from tests.docs.play import without_numbers

BLOCKS = blocks_of(ROOT / "docs/cookbook.md")


def check_what_is_said(kernel_config: str, report: str) -> None:
    """That the key lines that the cookbook shows of a variant are in its report, numbers aside."""
    (block,) = (block for block in BLOCKS if block.attributes.get("says") == kernel_config)
    lines = without_numbers(report).splitlines()
    assert block.text.strip(), f"{block} is empty"
    for line in without_numbers(block.text).splitlines():
        assert line in lines, f"{block}: {line!r} is not in\n{report}"
