"""Annotated files with mistakes in them, by tokens and by characters."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from dexverify.annotations import parse_sources
from dexverify.annotations.sources import Source
from dexverify.errors import DexterError
from dexverify.judging import propositions_of
from dexverify.plan import plan_of
from dexverify.report.annotations import render_annotations

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_ODD = (
    "(", ")", "[", "]", "{", "}", ",", "'", '"', "\\", "?", "±", "+-", "=", ":", "//", "/*", "*/", "\n", "\r\n", "\0",
    "\t", "\u2028", "\udc80", "é", "0", "-1", "0x", "1e999", "9" * 400, "0b2", "0o8", "1.", "not", "and", "until",
    "always", "next", "imply", "True", "NULL", "ref('x')", "expr('x')", "address('a', 3)", "DexVerify(", "DexOperator(",
    "DexProposition(", "DexLabel('x')", "ForEach(", "Expect('x', ", "At(", "Within(", "Ordered(", "hit_count=",
    "on_line=", "from_line=", "times=", "name='n'", "XFAIL:", "REQUIRES: gdb", "DexSources: a.c",
    "DexDeclareFile('a.c')",
    "(" * 60, "not " * 60, "And(" * 60, "'" * 3, "x->y[0].z", "a && b", "f(x)", "x = 1", "x++", "*(int *)p",
)  # fmt: skip


def mutated(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text with a few tokens lost, doubled, exchanged, or replaced by odd ones."""
    places = [match.start() for match in re.finditer(r"Dex[A-Z]", text)]
    start = max(0, chance.choice(places) - 20) if places and chance.random() < 0.8 else 0
    tokens = _TOKEN.findall(text[start : start + 600])
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if not tokens:
            break
        at = chance.randrange(len(tokens))
        match chance.randrange(6):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, chance.choice(_ODD))
            case 2:
                tokens[at] = chance.choice(_ODD)
            case 3:
                other = _TOKEN.findall(chance.choice(others)[:2000])
                tokens[at : at + 1] = other[chance.randrange(len(other) or 1) :][:10]
            case 4:
                tokens[at:at] = tokens[at : at + chance.randrange(1, 12)] * chance.choice((1, 1, 2, 30))
            case _:
                token = tokens[at]
                place = chance.randrange(len(token) + 1)
                tokens[at] = (
                    token[:place] + chr(chance.choice((0, 10, 39, 40, 92, 127, 0x2028, 0x1F600))) + token[place:]
                )
    return text[:start] + "".join(tokens) + text[start + 600 :]


def use(path: Path, text: str) -> str:
    """Everything that is done with annotations before a run; what dexter says of them. Raises a mistake of ours."""
    try:
        annotations = parse_sources([Source(str(path), text)], is_there=lambda _: False)
        propositions = propositions_of(annotations)
        plan_of(annotations, [p.formula for p in propositions if p.formula is not None])
        render_annotations(str(path), annotations)
    except DexterError as error:
        return str(error)
    return ""
