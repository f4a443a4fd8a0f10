"""Says in the user's terms why a text does not parse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lark import UnexpectedToken

Fault: TypeAlias = tuple[str, int, int, str]
"""Message, start and end offset, hint."""

_UNARY = frozenset({"NOT", "NEXT", "ALWAYS", "EVENTUALLY"})
_KEYWORDS = _UNARY | {"AND", "OR", "IMPLY", "EQUIVALENT", "UNTIL", "WEAK"}
_OPERAND_STARTS = _UNARY | {"NAME", "STRING", "NUMBER", "LPAR", "LSQB", "LBRACE", "TRUE", "FALSE", "BLANK"}

_OTHER_NOTATIONS = (
    ("&&", "write 'and', or And(p, q)"),
    ("||", "write 'or', or Or(p, q)"),
    ("<->", "write 'equivalent', or Iff(p, q)"),
    ("->", "write 'imply', or Implies(p, q)"),
    ("=>", "write 'imply', or Implies(p, q)"),
    ("!=", "compare with Expect('expression', '!=', value)"),
    ("==", "compare with Expect('expression', '==', value)"),
    ("<", "compare with Expect('expression', '<', value)"),
    (">", "compare with Expect('expression', '>', value)"),
    ("!", "write 'not', or Not(p)"),
    ("*", "a C expression stands in quotes: Expect('*p', 1)"),
    ("&", "a C expression stands in quotes: Expect('&x', 'y')"),
    (".", "a C expression stands in quotes: Expect('a.b', 1)"),
    ("“", "write plain quotes"),
    ("”", "write plain quotes"),
    ("‘", "write plain quotes"),
    ("’", "write plain quotes"),
)


def explain_character(text: str, position: int) -> Fault:
    """The fault at a character with which no token begins."""
    for notation, hint in _OTHER_NOTATIONS:
        # What stands before it may have been a token of its own, as the - of ->.
        for start in range(max(0, position - len(notation) + 1), position + 1):
            if text.startswith(notation, start):
                return f"'{notation}' is not part of this language", start, start + len(notation), hint
    character = text[position]
    if character in "'\"":
        return "this string is not closed", position, len(text), f"close it with {character}"
    return f"unexpected character {character!r}", position, position + 1, "a C expression stands in quotes"


def explain_token(text: str, error: UnexpectedToken) -> Fault:
    """The fault at a token that cannot stand where it stands."""
    token = error.token
    wants_operand = "NAME" in error.expected or "STRING" in error.expected
    if token.type == "$END":
        end = len(text.rstrip())
        hint = "an operand is missing" if wants_operand else "a bracket is not closed"
        return "the formula ends too early", end, end + 1, hint
    start = token.start_pos or 0
    end = start + len(token)
    if token.type == "EQUAL":
        if start > 0 and text[start - 1] == "=":  # the first of the two was taken for a keyword argument's
            return explain_character(text, start - 1)
        hint = "a keyword argument is a name, '=' and a value; to compare, write Expect('expression', '==', value)"
        return "unexpected '='", start, end, hint
    if error.expected == {"NUMBER"}:
        return f"a number is missing before '{token}'", start, end, "write it without a sign"
    if wants_operand:
        return f"an argument or operand is missing before '{token}'", start, end, _missing(token.type)
    if token.type in _OPERAND_STARTS:
        before = re.search(r"\w+\s*$", text[:start])
        if token.type == "LPAR" and before and before[0].strip() in ("True", "False"):
            return f"{before[0].strip()} takes no arguments", start, end, "leave the parentheses out"
        return f"unexpected '{token}'", start, end, "is a comma missing before it, or an operator such as 'and'?"
    return f"unexpected '{token}'", start, end, _expected(error.expected)


def _missing(kind: str) -> str:
    if kind in _KEYWORDS:
        return "an infix operator stands between two operands: p and q; as a function it is capitalised: And(p, q)"
    return "write it, or take the comma or operator before it away"


_SPELLINGS = {"RPAR": "')'", "RSQB": "']'", "RBRACE": "'}'", "COMMA": "','", "COLON": "':'"}


def _expected(kinds: set[str]) -> str:
    wanted = [spelling for kind, spelling in _SPELLINGS.items() if kind in kinds]
    return f"expected {' or '.join(wanted)}" if wanted else "the formula is complete before it"
