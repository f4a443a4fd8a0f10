"""The references leave nothing out, and speak of nothing that is not there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Hashable
from itertools import product
from pathlib import Path

import pytest

from dexverify.annotations import parse_test
from dexverify.annotations.calls import COMMANDS
from dexverify.annotations.resolve.atoms import ATOMS, COMPARISONS
from dexverify.annotations.resolve.formulas import INFIX
from dexverify.annotations.resolve.handlers import END_KINDS, STEP_KINDS
from dexverify.cli import make_parser
from dexverify.outcome import Outcome
from dexverify.probes import PROBES
from dexverify.propositions import In
from dexverify.settings import Settings
from ltd.columns import Bounds, Evaluation, pack
from ltd.operators import standard
from ltd.verdict import Verdict
from tests.docs.blocks import ROOT

LANGUAGE = (ROOT / "docs/language.md").read_text("utf-8")
COMMAND = (ROOT / "docs/command.md").read_text("utf-8")
OPERATORS = standard()


def _subcommands() -> dict[str, argparse.ArgumentParser]:
    parser = make_parser()
    (action,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return {"dexter": parser, **{f"dexter {name}": sub for name, sub in action.choices.items()}}


def _section(name: str) -> str:
    match = re.search(rf"^## `{name}`$(.*?)(?=^## |\Z)", COMMAND, re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/command.md has no section `{name}`"
    return match[1]


@pytest.mark.parametrize("name", _subcommands())
def test_the_command_reference_has_every_option_and_no_other(name: str) -> None:
    known = {option for action in _subcommands()[name]._actions for option in action.option_strings}
    rows = re.findall(r"^\| (`-[^|]*) \|", _section(name), re.MULTILINE)
    told = {option for row in rows for option in re.findall(r"`(--?[a-z][a-z-]*)", row)}
    assert told == known


def test_the_command_reference_has_every_section_of_the_settings() -> None:
    for key in Settings.__dataclass_fields__:
        assert f"| `{key}` |" in _section("dexter.toml")


@pytest.mark.parametrize(
    "name",
    [
        *COMMANDS,
        *OPERATORS.names(),
        *ATOMS,
        "ForEach",
        "XFAIL:",
        "REQUIRES:",
        "UNSUPPORTED:",
        "DexSources:",
        "expr",
        "ref",
        "address",
    ],
)
def test_the_language_reference_has_every_name(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}(?!\w)", LANGUAGE, re.MULTILINE), f"{name} is in no table"


@pytest.mark.parametrize(
    "word",
    [*INFIX, *STEP_KINDS, *END_KINDS, *COMPARISONS, *(o.value for o in Outcome), *(v.value for v in Verdict)],
)
def test_the_language_reference_has_every_word(word: str) -> None:
    assert re.search(rf"`[^`\n]*(?<!\w){re.escape(word)}(?!\w)[^`\n]*`", LANGUAGE)


def test_the_references_name_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"\bDex[A-Z]\w+", LANGUAGE))
    assert named - set(COMMANDS) == {"DexSources"}


def test_the_language_reference_has_every_capability() -> None:
    assert all(f"`{name}`" in LANGUAGE for name in PROBES)


def _definitions() -> list[tuple[str, str]]:
    """The rows of the tables of operators that define one by others."""
    rows: list[tuple[str, str]] = re.findall(r"^\| `([A-Z]\w+\([^`]*\))` \| `([^`]*)` \|", LANGUAGE, re.MULTILINE)
    return rows


@pytest.mark.parametrize(("operator", "definition"), _definitions(), ids=lambda text: text)
def test_an_operator_is_what_its_definition_says(operator: str, definition: str, tmp_path: Path) -> None:
    names = sorted(set(re.findall(r"\b[pqr]\b", operator)))
    file = tmp_path / "definition.c"
    commands = [*(f"DexProposition({name}, In('{name}'))" for name in names), *map(_verify, (operator, definition))]
    file.write_text("".join(f"// {command}\n" for command in commands), "utf-8")
    left, right = (verify.formula for verify in parse_test([file]).verifies)
    for length in range(1, 5):
        for bits in product(product(b"01", repeat=length), repeat=len(names)):
            packed: dict[Hashable, int] = {
                In(name): pack(bytes(column)) for name, column in zip(names, bits, strict=True)
            }
            columns = {predicate: Bounds(column, column) for predicate, column in packed.items()}
            values = [Evaluation(side, length, columns).of(side) for side in (left, right)]
            assert values[0] == values[1], bits


def _verify(formula: str) -> str:
    return f"DexVerify({formula})"


def test_there_are_definitions_to_be_checked() -> None:
    assert len(_definitions()) >= 30
