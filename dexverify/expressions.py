"""Which C expressions may be read at a step: those that neither write nor call.

The expression is parsed by the grammar of C11 6.5, leaving out what has an effect or could have one. What is
refused, and why: assignments, `++` and `--` write; calls run code of the program, and so does a string literal
(gdb calls `malloc` in the program to place it); braces, `@`, `$f()` and history values are one debugger's own.
Which names are types is not known here: `(name) (x)` could be a call or a cast, and is refused unless the name is
a type by its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dexverify.errors import AnnotationError, Span
from dexverify.propositions import Expression

MAX_DEPTH = 60  # brackets and unary operators inside one another


class ExpressionError(ValueError):
    """An expression that is refused. `start` and `end` are the offsets of the fault in its text."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


def check(text: str, span: Span) -> Expression:
    """The expression `text`, which stands at `span` (without quotes). Raises AnnotationError at the very column."""
    try:
        return analyse(text)
    except ExpressionError as error:
        column = span.column + error.start
        place = Span(span.path, span.line, column, span.line, max(column + 1, span.column + error.end))
        raise AnnotationError(str(error), place, error.hint) from None


def analyse(text: str) -> Expression:
    """The expression `text`, with the variables it begins paths with. Raises ExpressionError."""
    reader = _Reader(text)
    reader.expression(0)
    reader.finish()
    return Expression(" ".join(text.strip().split("\n")), tuple(dict.fromkeys(reader.names)))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # name, number, character, string, register, operator, end
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
    \s*(?:
      (?P<name> [^\W\d]\w* )
    | (?P<number> \.?\d (?: [eEpP][+-] | [\w.] )* )
    | (?P<character> (?: ' (?: \\(?:[0-7]{1,3}|x[0-9a-fA-F]+|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.) | [^'\\\n] ) ' ) )
    | (?P<string> " )
    | (?P<register> \$[A-Za-z_]\w* )
    | (?P<operator> <<= | >>= | \.\.\. | ->\* | -> | \+\+ | -- | << | >> | <= | >= | == | != | && | \|\|
        | [-+*/%&|^]= | :: | \.\* | [-+*/%&|^!~<>=?:.,;()\[\]{}@] )
    )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*")

_TYPE_WORDS = frozenset(
    [
        "void",
        "char",
        "short",
        "int",
        "long",
        "float",
        "double",
        "signed",
        "unsigned",
        "bool",
        "_Bool",
        "const",
        "volatile",
        "struct",
        "union",
        "enum",
        "class",
        "__int128",
        "_Complex",
        "wchar_t",
    ]
)
_TAGS = frozenset({"struct", "union", "enum", "class"})
_TYPE_NAMES = re.compile(
    r"(?:u?int(?:_least|_fast)?(?:8|16|32|64)|u?intptr|u?intmax|s?size|ptrdiff|off|pid|uid|gid|tid|time|mode|dev|ino"
    r"|va|[pv]addr|char(?:8|16|32)|wint|clock|nlink|blkcnt)_t\Z|userptr_t\Z|[su](?:8|16|32|64)\Z"
)
_REFUSED_WORDS = {
    "new": "allocates memory in the program",
    "delete": "frees memory in the program",
    "throw": "raises an exception in the program",
    "operator": "calls a function of the program",
    "asm": "is no expression",
    "__asm__": "is no expression",
    "co_await": "runs code of the program",
    "co_yield": "runs code of the program",
    "return": "is no expression",
    "goto": "is no expression",
}
_CASTS = frozenset({"static_cast", "dynamic_cast", "reinterpret_cast", "const_cast"})
_SIZES = frozenset({"sizeof", "alignof", "_Alignof", "__alignof__"})
_ASSIGNMENTS = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="])
_BINARY = frozenset(["+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||"])
_UNARY = frozenset(["+", "-", "!", "~", "*", "&"])
_CLOSING = {"(": ")", "[": "]"}


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(kind), match.end(kind))
        position = match.end()
    blank = _BLANK.match(text, position)
    position = blank.end() if blank else position
    if position < len(text):
        character = text[position]
        message, hint = f"unexpected character {character!r} in a C expression", ""
        if character == "'":
            message, hint = "a character constant is one character in quotes", "write a newline as '\\\\n'"
        elif character == "$":
            message = "the debugger's history values are not the program's"
            hint = "name a variable or a register, such as $sp"
        raise ExpressionError(message, position, position + 1, hint)
    yield _Token("end", "", position, position)


class _Reader:
    """A recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0
        self.names: list[str] = []
        if self.now.kind == "end":
            raise ExpressionError("an empty expression", 0, len(text), "name a variable, such as 'x'")

    @property
    def now(self) -> _Token:
        return self.tokens[self.position]

    def after(self, distance: int = 1) -> _Token:
        return self.tokens[min(self.position + distance, len(self.tokens) - 1)]

    def finish(self) -> None:
        """Nothing may follow the expression."""
        if self.now.kind != "end":
            self.refuse_operator(self.now)

    def expression(self, depth: int) -> None:
        """Operands with operators between them; precedence does not matter to what is read."""
        opened: _Token | None = None  # a `<` right behind a name, as in f<3>(x), which a C++ debugger would call
        is_name = self.unary(depth)
        while True:
            token = self.now
            if token.text == "?":
                self.position += 1
                self.expression(depth + 1)
                self.expect(":", token)
            elif token.text in _BINARY:
                if token.text == "<" and is_name:
                    opened = token
                elif token.text == ">" and opened and self.after().text == "(":
                    hint = "put each comparison in parentheses: (a < b) && (c > d)"
                    raise ExpressionError("this could be a call of a template", opened.start, token.end, hint)
                self.position += 1
            else:
                return
            is_name = self.unary(depth)

    def unary(self, depth: int) -> bool:
        """An operand with what stands before and behind it. Says whether it ends with a name."""
        if depth > MAX_DEPTH:
            raise ExpressionError("this expression is nested too deeply", self.now.start, self.now.end)
        while self.now.text in _UNARY and self.now.kind == "operator":
            self.position += 1
        token = self.now
        if token.text in _SIZES:
            self.position += 1
            if self.now.text == "(" and self.is_type_group():
                self.type_group()
                return False
            return self.unary(depth + 1)
        if token.text == "(" and self.is_cast():
            self.type_group()
            return self.unary(depth + 1)
        self.primary(depth)
        return self.postfix(depth)

    def primary(self, depth: int) -> None:
        token = self.now
        match token.kind:
            case "name":
                self.name()
            case "number" | "character" | "register":
                self.position += 1
            case "string":
                hint = "to compare text, write Expect('s', 'text')"
                message = "a string inside an expression: the debugger would call malloc() in the program to place it"
                raise ExpressionError(message, token.start, token.end, hint)
            case _ if token.text == "(":
                self.position += 1
                self.expression(depth + 1)
                self.expect(")", token)
            case _:
                self.refuse_operand(token)

    def name(self) -> None:
        first = self.now
        self.refuse_words(first)
        if first.text in _CASTS:
            hint = "write a cast as in C: (int)x"
            raise ExpressionError(f"'{first.text}' is not read here", first.start, first.end, hint)
        path = first.text
        self.position += 1
        while self.now.text == "::":
            if self.after().kind != "name":
                self.refuse_operand(self.after())
            self.refuse_words(self.after())
            path += f"::{self.after().text}"
            self.position += 2
        if path in _TYPE_WORDS:
            hint = "a type stands in a cast, (int)x, or in sizeof(int)"
            raise ExpressionError(f"the type '{path}' is no value", first.start, first.end, hint)
        if path not in {"true", "false", "nullptr"}:
            self.names.append(path)

    def postfix(self, depth: int) -> bool:
        is_name = self.tokens[self.position - 1].kind == "name"
        while True:
            token = self.now
            if token.text == "[":
                self.position += 1
                self.expression(depth + 1)
                self.expect("]", token)
                is_name = False
            elif token.text in {".", "->"}:
                member = self.after()
                if member.kind != "name":
                    message = f"a member's name is missing behind '{token.text}'"
                    raise ExpressionError(message, token.start, token.end, "as in s.x or p->x")
                self.refuse_words(member)
                self.position += 2
                is_name = True
            elif token.text == "(":
                self.refuse_call(token)
            elif token.text in {"++", "--"}:
                self.refuse_write(token)
            else:
                return is_name

    def is_cast(self) -> bool:
        """Whether the parenthesis here opens a cast: a type by its spelling, or `(name) operand`."""
        if self.is_type_group():
            return True
        follows = self.after(3)
        return (
            self.after().kind == "name"
            and self.after(2).text == ")"
            and follows.kind in {"name", "number", "character", "register"}
        )

    def is_type_group(self) -> bool:
        """Whether `(…)` here holds a type: words of types, a tag, a known name, or any name and stars."""
        index = self.position + 1
        words = []
        while self.tokens[index].kind == "name":
            words.append(self.tokens[index].text)
            index += 1
        stars = 0
        while self.tokens[index].text in {"*", "const", "volatile"}:
            stars += self.tokens[index].text == "*"
            index += 1
        if not words or self.tokens[index].text != ")":
            return False
        return bool(stars) or words[0] in _TYPE_WORDS or (len(words) == 1 and bool(_TYPE_NAMES.match(words[0])))

    def type_group(self) -> None:
        """Skips the parentheses around a type."""
        opening = self.now
        while self.now.text != ")":
            self.position += 1
        words = [t for t in self.tokens[self.tokens.index(opening) + 1 : self.position] if t.kind == "name"]
        for before, word in pairwise(words):
            if word.text not in _TYPE_WORDS and before.text not in _TYPE_WORDS:
                raise ExpressionError(f"'{word.text}' follows '{before.text}' in a type", word.start, word.end)
        self.position += 1

    def expect(self, text: str, opening: _Token) -> None:
        """Takes the token that must close, or go with, `opening`."""
        if self.now.text == text:
            self.position += 1
        elif self.now.kind == "end":
            message = f"'{opening.text}' has no '{text}'"
            raise ExpressionError(message, opening.start, opening.end, f"write the missing '{text}'")
        else:
            self.refuse_operator(self.now)

    def refuse_words(self, token: _Token) -> None:
        """Raises for a word that is no name: the C++ operators that do something."""
        if token.text in _REFUSED_WORDS:
            raise ExpressionError(f"'{token.text}' {_REFUSED_WORDS[token.text]}", token.start, token.end)

    def refuse_call(self, token: _Token) -> None:
        before = self.tokens[self.position - 1]
        start = before.start if before.kind in {"name", "register"} else token.start
        hint = "dexter only looks at the program; read a variable instead"
        if before.text == ")":
            hint += ". A cast to a named type needs no parentheses around its operand: (t)x, or say (struct t)(x)"
        raise ExpressionError("a call would run code of the program", start, token.end, hint)

    def refuse_write(self, token: _Token) -> None:
        message = f"'{token.text}' would write to the program's memory"
        hint = "to compare, write '=='" if token.text == "=" else "dexter only looks at the program"
        raise ExpressionError(message, token.start, token.end, hint)

    def refuse_operand(self, token: _Token) -> None:
        """Raises for a token where a value must stand."""
        if token.text in {"++", "--"} or token.text in _ASSIGNMENTS:
            self.refuse_write(token)
        if token.kind == "end":
            last = self.tokens[max(0, len(self.tokens) - 2)]
            raise ExpressionError("the expression ends too early", last.start, last.end, "a value is missing behind it")
        if token.text == "{":
            message = "braces are not part of a C expression that only reads"
            raise ExpressionError(message, token.start, token.end, "write a cast as in C: *(int *)p")
        if token.text == "&&":
            raise ExpressionError("the address of a label is not read here", token.start, token.end)
        raise ExpressionError(f"a value is missing before '{token.text}'", token.start, token.end)

    def refuse_operator(self, token: _Token) -> None:
        """Raises for a token that cannot follow a value."""
        if token.text in _ASSIGNMENTS or token.text in {"++", "--"}:
            self.refuse_write(token)
        match token.text:
            case ",":
                raise ExpressionError(
                    "one expression at a time", token.start, token.end, "write each in its own quotes"
                )
            case ";":
                raise ExpressionError("';' ends a statement: an expression is wanted", token.start, token.end)
            case ")" | "]":
                raise ExpressionError(f"'{token.text}' closes nothing", token.start, token.end, "take it away")
            case "{":
                message = "braces are not part of a C expression that only reads"
                raise ExpressionError(message, token.start, token.end)
            case "@":
                raise ExpressionError(
                    "'@' is gdb's own", token.start, token.end, "read the elements one by one: a[0], a[1]"
                )
            case _:
                message = f"no operator before {token.text!r}"
                if token.kind == "string":
                    message = "a string is not read here"
                raise ExpressionError(
                    message, token.start, token.end, "join two values by an operator, such as == or +"
                )
