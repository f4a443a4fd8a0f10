"""What is printed parses again, in both notations; and no text makes the parser fail in any way but its own."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.annotations import parse_formula, parse_test
from dexverify.annotations.calls import COMMANDS
from dexverify.errors import AnnotationError
from dexverify.expressions import ExpressionError, analyse
from dexverify.propositions import (
    At,
    Entered,
    Expect,
    ExpectState,
    Expression,
    FramePattern,
    In,
    Line,
    OnStack,
    Returned,
    Thread,
    Tolerance,
    WatchPattern,
)
from ltd.formula import Atom, Constant, ForEach, Formula
from ltd.operators import standard
from ltd.printer import infix, prefix

OPERATORS = standard()

_words = st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable())
_expressions = st.sampled_from(["x", "p->y[i]", "a == 'b'", "*q + 0x1f", "s.t ? \t1 : 2", "c != '\\n'"]).map(analyse)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_values = st.one_of(
    st.integers(-(2**64), 2**64),
    st.booleans(),
    _floats,
    st.text(),
    _expressions,
    st.builds(Tolerance, _floats, _floats.map(abs)),
)
_lines = st.integers(1, 99).flatmap(
    lambda n: st.sampled_from([Line("/d/t.c", n, str(n)), Line("/d/t.c", n, f"'t.c', {n}"), Line("/e/u.c", n)])
)


@st.composite
def _states(draw: st.DrawFn) -> ExpectState:
    watches = draw(st.lists(st.tuples(_expressions, st.one_of(st.integers(), st.text(), st.booleans())), max_size=2))
    function, line = draw(st.none() | _words), draw(st.none() | st.integers(1, 99))
    parts = [f"'function': {function!r}"] if function else []
    parts += [f"'location': {{'lineno': {line}}}"] if line else []
    parts += [f"'watches': {{{', '.join(f'{e.text!r}: {v!r}' for e, v in watches)}}}"]
    patterns = tuple(WatchPattern(expression, value) for expression, value in watches)
    return ExpectState(
        (FramePattern(function, line=line, watches=patterns),), f"{{'frames': [{{{', '.join(parts)}}}]}}"
    )


_predicates = st.one_of(
    st.builds(Expect, _expressions),
    st.builds(Expect, _expressions, st.just("=="), _values, st.just(True)),
    st.builds(Expect, _expressions, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _values),
    *(st.builds(kind, _words) for kind in (In, OnStack, Entered, Returned)),
    st.builds(At, _lines),
    st.builds(Thread, st.integers(0, 99) | _expressions),
    _states(),
)


@st.composite
def formulas(draw: st.DrawFn, depth: int = 4) -> Formula:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(_predicates.map(Atom) | st.booleans().map(Constant))
    operand = formulas(depth=depth - 1)
    operator = OPERATORS[draw(st.sampled_from(OPERATORS.names()))]
    operands, keywords = [], {}
    for parameter in operator.positional():
        operands.append(draw(st.integers(1, 3)) if parameter.kind == "int" else draw(operand))
    if operator.is_variadic:
        operands += draw(st.lists(operand, max_size=1))
    for parameter in operator.keywords().values():
        if parameter not in operator.positional() and draw(st.integers(0, 3)) == 0 and not keywords:
            pair = parameter.kind == "pair"
            keywords[parameter.name] = (draw(operand), draw(operand)) if pair else draw(operand)
    return OPERATORS.apply(operator.name, operands, keywords)


@given(formulas(), st.none() | _expressions)
def test_what_is_printed_parses_again(formula: Formula, key: Expression | None) -> None:
    if key is not None:
        formula = ForEach(key, formula)
    for notation in (prefix, infix):
        assert parse_formula(notation(formula), path="/d/t.c") == formula


_TOKENS = (
    *COMMANDS, *OPERATORS.names(), "Expect", "ExpectState", "At", "In", "ForEach", "expr", "ref", "(", ")", "(", ")",
    "[", "]", "{", "}", ",", ",", "=", ":", "+", "-", "±", "'x'", '"f(1)"', "1", "2.5", "0x", "and", "until", "not",
    "True", "x", "on_line", "\n", "\n//", "/*", "*/", "'", '"', "\\", " ", "é", "\x00", "{'frames': [",
)  # fmt: skip
_junk = st.one_of(
    st.text(), st.lists(st.sampled_from(_TOKENS)).map("".join), st.lists(st.sampled_from(_TOKENS)).map(" ".join)
)


def assert_within(error: AnnotationError, text: str) -> None:
    """The error has something to say, and a place in the text."""
    lines = text.split("\n")
    assert error.message
    assert 1 <= error.span.line <= len(lines)
    assert 1 <= error.span.column <= len(lines[error.span.line - 1]) + 1


def assert_inside(error: ExpressionError, text: str) -> None:
    assert str(error)
    assert 0 <= error.start <= error.end
    assert error.start <= len(text)


@given(_junk)
def test_junk_yields_only_our_errors(text: str) -> None:
    try:
        parse_formula(text)
    except AnnotationError as error:
        assert_within(error, text)
    try:
        analyse(text)
    except ExpressionError as error:
        assert_inside(error, text)


@given(_junk, st.sampled_from(["t.c", "t.dex", "t.S"]))
def test_junk_files_yield_only_our_errors(tmp_path_factory, text: str, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(f"// DexVerify({text}".encode("utf-8", "replace"))
    try:
        parse_test([path])
    except AnnotationError as error:
        assert_within(error, path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("seed", range(3))
def test_a_valid_command_with_a_few_wrong_characters(folder, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    text = "/* DexVerify(Absence(Expect('a[1]', 0x10), between=(At(ref('l') + 1), not In(\"f\")))) DexLabel('l') */"
    for _ in range(200):
        characters = list(text)
        for _ in range(random.randint(1, 3)):
            characters[random.randrange(3, len(text) - 3)] = random.choice("()[]{},='\"\\+ax1 \n*/")
        try:
            folder.parse("".join(characters))
        except AnnotationError as error:
            assert_within(error, "".join(characters))
