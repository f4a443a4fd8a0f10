"""Names as gdb spells them: lldb's functions carry parameters, its C types lack their keyword."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What stands behind a parameter list.
_QUALIFIERS = re.compile(r"(?: (?:const|volatile|&&?|noexcept))*$")
_OPERATOR = re.compile(r"(?:^|::|[ >])(operator\b)")
_UNNAMED_TYPE = re.compile(r"(?:(?:struct|union|enum) )?\((?:unnamed|anonymous) (struct|union|enum)\b[^)]*\)")
#: A function that the object file does not name, which lldb calls by its number.
_UNNAMED = "___lldb_unnamed_symbol"


def function_name(name: str | None) -> str | None:
    """Without return type and parameters: `int ns::twice<int>(int)` is `ns::twice<int>`. None where it has no name."""
    if not name or name.startswith(_UNNAMED):
        return None
    name = name.removeprefix("::")
    bare = _QUALIFIERS.sub("", name)
    if bare.endswith(")"):
        name = bare[: _opening(bare)]
    operator = _OPERATOR.search(name)
    return name[_last_space(name[: operator.start(1)] if operator else name) + 1 :] or None


def _opening(text: str) -> int:
    """Where the parenthesis that ends the text was opened."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def _last_space(text: str) -> int:
    """The last space that is in no brackets; -1 where there is none."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += 1 if text[place] in ")>]" else -1 if text[place] in "(<[" else 0
        if depth == 0 and text[place] == " ":
            return place
    return -1


def type_name(name: str, keywords: Mapping[str, str]) -> str:
    """The name of a type as gdb has it: `point *` is `struct point *`, `int[4]` is `int [4]`.

    `keywords`: what stands before the names of the structs, unions and enumerations that the type is made of; empty
    where the language needs none.
    """
    for tag, keyword in keywords.items():
        name = re.sub(rf"(?<![\w:])(?<!\b{keyword} ){re.escape(tag)}(?![\w:])", f"{keyword} {tag}", name)
    name = _UNNAMED_TYPE.sub(r"\1 {...}", name)
    name = re.sub(r"\bconst const\b", "const", name)  # an array of what is const is const itself
    name = re.sub(r"\*(?=const\b|volatile\b)", "* ", name)
    name = name.replace("()", "(void)")
    return re.sub(r"(?<!\* const)(?<=[\w>])(?=\[)", " ", name)
