"""The recipes of docs/cookbook.md stand in the example kernel, and catch what they are said to catch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dexverify.trees import tree_of
from tests.docs.blocks import ROOT, Block
from tests.docs.cookbook import BLOCKS
from tests.docs.play import KERNEL, apply, copy, lacking, run

QUOTES = [block for block in BLOCKS if block.action == "quotes"]
RECIPES = [block for block in QUOTES if block.text.startswith("DexVerify(")]
BUGS = [block for block in BLOCKS if block.action == "bug"]
TREE = tree_of(ROOT / KERNEL)
VARIANTS = TREE.variants if TREE is not None else ()


def name_of(recipe: Block) -> str:
    (name,) = re.findall(r"name='([^']*)'", recipe.text)
    return str(name)


@pytest.mark.parametrize("quote", QUOTES, ids=str)
def test_what_is_quoted_stands_there(quote: Block) -> None:
    source = (ROOT / KERNEL / quote.attributes["quotes"]).read_text("utf-8")
    assert quote.text in re.sub(r"^ \* ", "", source, flags=re.MULTILINE)


def test_there_are_twenty_recipes_and_no_name_twice() -> None:
    assert len({name_of(recipe) for recipe in RECIPES}) == len(RECIPES) == 20


def test_each_mistake_of_the_kernel_has_its_recipe() -> None:
    said = {recipe.attributes["variant"]: name_of(recipe) for recipe in RECIPES if "variant" in recipe.attributes}
    assert {config: (name,) for config, name in said.items()} == {v.kernel_config: v.fails for v in VARIANTS}


def test_each_recipe_says_what_it_catches() -> None:
    assert len(RECIPES) == len(VARIANTS) + len(BUGS)
    assert {block.attributes["says"] for block in BLOCKS if block.action == "says"} == {
        variant.kernel_config for variant in VARIANTS
    }


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_recipe_catches_the_mistake_that_is_shown(bug: Block, tmp_path: Path) -> None:
    if reason := lacking(BLOCKS):
        pytest.skip(reason)
    recipe = next(block for block in reversed(RECIPES) if block.start < bug.start)
    copy(ROOT / KERNEL, tmp_path)
    apply(bug, tmp_path / bug.attributes["bug"])
    command = f"dexter test --machine qemu --console-timeout 5 {bug.attributes.get('runs', bug.attributes['bug'])}"
    output, status = run(command, tmp_path.resolve(), 0)
    assert status == 1
    fails = rf"^  \S+: {re.escape(name_of(recipe))}: (?!holds|unknown|presumably holds)"
    assert re.search(fails, output, re.MULTILINE), output
