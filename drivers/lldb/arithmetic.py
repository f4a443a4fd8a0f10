"""Expressions that are computed from variables here: lldb's compiler takes a millisecond for each.

And it computes no floating-point number unless it runs code in the program. The rules are those of C on machines whose
`long` is a pointer's size, with the types that gdb gives its results (GDB's `binop_promote`). What is not understood
here is left to lldb: pointer arithmetic, calls, types that have names of their own.
"""

from __future__ import annotations

import math
import operator
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = "int | float"


@dataclass(frozen=True)
class Type:
    """`size` in bytes. The name of a variable's is "" here: it is not that of a result."""

    name: str
    size: int
    is_signed: bool = True
    is_float: bool = False
    is_pointer: bool = False

    def wrap(self, value: Value) -> Value:
        """As a variable of this type would hold it. Raises OverflowError or ValueError where none can."""
        if self.is_float:
            return _single(value) if self.size == 4 else float(value)
        if self.name in ("_Bool", "bool"):
            return int(value != 0)
        number = math.trunc(value) & ((1 << 8 * self.size) - 1)
        return number - (1 << 8 * self.size) if self.is_signed and number >> (8 * self.size - 1) else number


INT, UNSIGNED = Type("int", 4), Type("unsigned int", 4, is_signed=False)
LONG, UNSIGNED_LONG = Type("long", 8), Type("unsigned long", 8, is_signed=False)
CHAR, DOUBLE, FLOAT = Type("char", 1), Type("double", 8, is_float=True), Type("float", 4, is_float=True)
BOOL = Type("bool", 1, is_signed=False)
_NAMED = {
    **dict.fromkeys(("int", "signed", "signed int"), INT),
    **dict.fromkeys(("unsigned", "unsigned int"), UNSIGNED),
    **dict.fromkeys(("long", "long int", "signed long"), LONG),
    **dict.fromkeys(("unsigned long", "unsigned long int", "long unsigned int"), UNSIGNED_LONG),
    "short": Type("short", 2),
    "unsigned short": Type("unsigned short", 2, is_signed=False),
    "char": CHAR,
    "signed char": Type("signed char", 1),
    "unsigned char": Type("unsigned char", 1, is_signed=False),
    "float": FLOAT,
    "double": DOUBLE,
}


class NotHere(Exception):
    """This is not computed here."""


class Impossible(Exception):
    """There is no such value; the message is gdb's."""


@dataclass(frozen=True)
class Typed:
    """A function from a frame to the value of this type."""

    type: Type
    read: Callable[[Any], Value]


#: The path of a variable to how it is read. Raises NotHere for what is no number.
Leaf = Callable[[str], Typed]
#: The type that a name means; None for one that means another thing.
Named = Callable[[str], "Type | None"]

_TOKEN = re.compile(
    r"\s*(?:(?P<float>(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|\d+[eE][+-]?\d+[fF]?)(?![\w.])"
    r"|(?P<integer>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)(?P<suffix>[uUlL]*)(?![\w.])|(?P<character>'[^'\\]')"
    r"|(?P<path>[^\W\d]\w*(?:::[^\W\d]\w*)*(?:(?:\.|->)[^\W\d]\w*|\[\d+\])*)(?!\s*(?:[\w(\[.]|->))"
    r"|(?P<sign>\|\||&&|<<|>>|[=!<>]=|[-+*/%<>|^&!~()?:]))"
)
_TYPE = re.compile(r"\s*\(\s*((?:signed|unsigned|char|short|int|long|float|double)(?:\s+(?:char|int|long))*)\s*\)")
_CAST = re.compile(r"\s*\(\s*([^\W\d]\w*)\s*\)(?=\s*[\w(!~+*&'.-])")
_LEVELS = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def compute(expression: str, leaf: Leaf, named: Named = lambda _: None, *, is_c: bool = True) -> Typed:
    """How the value of the expression is computed. Raises NotHere for what is left to lldb."""
    parser = _Parser(expression, leaf, named, INT if is_c else BOOL)
    found = parser.expression(0)
    if expression[parser.place :].strip() or not found.type.name:
        raise NotHere
    return found


class _Parser:
    """By precedence climbing. `truth` is the type of comparisons."""

    def __init__(self, text: str, leaf: Leaf, named: Named, truth: Type) -> None:
        self._text, self._leaf, self._named, self._truth = text, leaf, named, truth
        self.place = 0

    def _next(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self.place)

    def expression(self, level: int) -> Typed:
        left = self._unary()
        while (token := self._next()) and (sign := token["sign"]):
            if sign == "?" and level == 0:
                self.place = token.end()
                left = self._choice(left)
                continue
            own = _LEVELS.get(sign, 0)
            if own <= level:
                break
            self.place = token.end()
            left = self._binary(sign, left, self.expression(own))
        return left

    def _choice(self, condition: Typed) -> Typed:
        yes = self.expression(0)
        token = self._next()
        if token is None or token["sign"] != ":":
            raise NotHere
        self.place = token.end()
        no = self.expression(0)
        if yes.type != no.type:  # gdb's type is that of the one that was chosen
            raise NotHere
        return Typed(yes.type, lambda frame: yes.read(frame) if condition.read(frame) else no.read(frame))

    def _unary(self) -> Typed:
        if cast := _TYPE.match(self._text, self.place):
            kind = _NAMED.get(" ".join(cast[1].split()))
            if kind is None:
                raise NotHere
            return self._converted(cast, kind)
        if (cast := _CAST.match(self._text, self.place)) and (kind := self._named(cast[1])) is not None:
            return self._converted(cast, kind)
        token = self._next()
        if token is None:
            raise NotHere
        self.place = token.end()
        match token["sign"]:
            case None:
                return self._primary(token)
            case "(":
                inner = self.expression(0)
                token = self._next()
                if token is None or token["sign"] != ")":
                    raise NotHere
                self.place = token.end()
                return inner
            case "*" | "&" as sign:
                token = self._next()
                if token is None or token["path"] is None:
                    raise NotHere
                self.place = token.end()
                return self._leaf(f"{sign}{token['path']}")
            case "!":
                inner = self._unary()
                return Typed(self._truth, lambda frame: int(not inner.read(frame)))
            case "-" | "+" | "~" as sign:
                return _unary(sign, _number(self._unary()))
        raise NotHere

    def _converted(self, cast: re.Match[str], kind: Type) -> Typed:
        self.place = cast.end()
        operand = self._unary()
        return _converted(_number(operand) if kind.is_float else operand, kind)

    def _primary(self, token: re.Match[str]) -> Typed:
        if token["path"]:
            return self._leaf(token["path"])
        if token["character"]:
            return _constant(CHAR, ord(token["character"][1]))
        if token["float"]:
            is_single = token["float"][-1] in "fF"
            return _constant(FLOAT if is_single else DOUBLE, float(token["float"].rstrip("fF")))
        return _integer(token["integer"], token["suffix"].lower())

    def _binary(self, sign: str, left: Typed, right: Typed) -> Typed:
        if sign == "&&":
            return Typed(self._truth, lambda frame: int(bool(left.read(frame)) and bool(right.read(frame))))
        if sign == "||":
            return Typed(self._truth, lambda frame: int(bool(left.read(frame)) or bool(right.read(frame))))
        if sign in _COMPARISONS:
            compare, wrap = _COMPARISONS[sign], _common(left.type, right.type).wrap
            return Typed(self._truth, lambda frame: int(compare(wrap(left.read(frame)), wrap(right.read(frame)))))
        return _binary(sign, _number(left), _number(right))


def _constant(kind: Type, value: Value) -> Typed:
    value = kind.wrap(value)
    return Typed(kind, lambda _: value)


def _integer(digits: str, suffix: str) -> Typed:
    is_decimal = not digits.startswith("0") or digits == "0"
    number = int(digits, 16 if digits[:2].lower() == "0x" else 10 if is_decimal else 8)
    kinds = [LONG, UNSIGNED_LONG] if "l" in suffix else [INT, UNSIGNED, LONG, UNSIGNED_LONG]
    if "u" in suffix:
        kinds = [kind for kind in kinds if not kind.is_signed]
    elif is_decimal:
        kinds = [kind for kind in kinds if kind.is_signed]
    kind = next((kind for kind in kinds if kind.wrap(number) == number), None)
    if kind is None or suffix.count("u") > 1 or suffix.count("l") > 2:
        raise NotHere
    return _constant(kind, number)


def _number(operand: Typed) -> Typed:
    if operand.type.is_pointer:
        raise NotHere
    return operand


def _converted(operand: Typed, kind: Type) -> Typed:
    def read(frame: Any) -> Value:
        value = operand.read(frame)
        try:
            return kind.wrap(value)
        except (OverflowError, ValueError) as error:  # what is no number has no integer
            raise Impossible("Cannot convert value to integer.") from error

    return Typed(kind, read)


def _promoted(kind: Type) -> Type:
    return INT if not kind.is_float and kind.size < 4 else kind


def _common(left: Type, right: Type) -> Type:
    """What both operands are converted to: of integers, the size decides, not the name."""
    left, right = _promoted(left), _promoted(right)
    if left.is_float or right.is_float:
        kind = max((kind for kind in (left, right) if kind.is_float), key=lambda kind: kind.size)
        return DOUBLE if kind.size == 8 else FLOAT
    size = max(left.size, right.size)
    if size > 8:
        raise NotHere
    is_signed = all(kind.is_signed for kind in (left, right) if kind.size == size)
    return {(4, True): INT, (4, False): UNSIGNED, (8, True): LONG, (8, False): UNSIGNED_LONG}[size, is_signed]


def _unary(sign: str, operand: Typed) -> Typed:
    kind = _common(operand.type, operand.type)
    if sign == "~" and kind.is_float:
        raise NotHere
    appliers: dict[str, Callable[[Any], Value]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
    apply = appliers[sign]
    return Typed(kind, lambda frame: kind.wrap(apply(kind.wrap(operand.read(frame)))))


def _binary(sign: str, left: Typed, right: Typed) -> Typed:
    kind = _common(left.type, right.type)
    if sign in ("<<", ">>") and kind != _common(left.type, left.type):
        raise NotHere  # C's type is the left one's, that of older versions of gdb is not
    if kind.is_float and sign in ("%", "<<", ">>", "|", "^", "&"):
        raise NotHere
    bits = 8 * kind.size
    apply: Callable[[Any, Any], Value] = {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": _divide_floats if kind.is_float else _divide,
        "%": lambda a, b: a - b * _divide(a, b),
        "<<": lambda a, b: a << b if 0 <= b < bits else 0,
        ">>": lambda a, b: a >> b if 0 <= b < bits else -(a < 0),
        "|": operator.or_,
        "^": operator.xor,
        "&": operator.and_,
    }[sign]
    wrap = kind.wrap
    return Typed(kind, lambda frame: wrap(apply(wrap(left.read(frame)), wrap(right.read(frame)))))


def _divide(a: int, b: int) -> int:
    """As C does, towards zero."""
    if b == 0:
        raise Impossible("Division by zero")
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _divide_floats(a: float, b: float) -> float:
    if b:
        return a / b
    return math.copysign(math.inf, a) * math.copysign(1, b) if a == a and a else math.nan


def _single(value: Value) -> float:
    """The nearest that a `float` can hold."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
