"""One test for each kind of error: the caret stands under the exact columns, and the hint says what to do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dexverify.annotations import parse_formula, parse_test
from dexverify.errors import AnnotationError, AnnotationErrors

_CARETS = re.compile(r"[ \t]*\^+\Z")


@dataclass(frozen=True)
class Case:
    """A source file, the stretch of it that the error must point at, and parts of the message and of the hint."""

    text: str
    line: int
    column: int
    end_column: int
    message: str
    hint: str


def read_cases() -> Iterator[pytest.param]:
    """The cases in `errors/*.txt`: the file with a line of carets in it, then `error:` and, mostly, `hint:`."""
    for path in sorted(Path(__file__).with_name("errors").glob("*.txt")):
        for number, case in enumerate(path.read_text(encoding="utf-8").split("\n\n"), start=1):
            lines = case.strip("\n").split("\n")
            said = {"error": "", "hint": ""}
            while (parts := lines[-1].partition(": "))[0] in said:
                said[parts[0]] = parts[2]
                lines.pop()
            index = next(i for i, line in enumerate(lines) if _CARETS.match(line))
            carets = lines.pop(index)
            place = index, carets.index("^") + 1, len(carets) + 1
            yield pytest.param(Case("\n".join(lines), *place, said["error"], said["hint"]), id=f"{path.stem}-{number}")


@pytest.mark.parametrize("case", list(read_cases()))
def test_error(folder, case: Case) -> None:
    (error,) = folder.errors(case.text)
    assert case.message in error.message
    assert case.hint in error.hint
    path = str(folder.path / "t.c")
    assert (error.span.path, error.span.line, error.span.column) == (path, case.line, case.column)
    assert (error.span.end_line, error.span.end_column) == (case.line, case.end_column)
    assert str(error).split("\n")[:3] == [
        f"{path}:{case.line}:{case.column}: error: {error.message}",
        f"  {case.line} | {case.text.split(chr(10))[case.line - 1]}",
        f"    | {' ' * (case.column - 1)}{'^' * (case.end_column - case.column)}",
    ]


def test_columns_count_characters_and_tabs_stay_under_tabs(folder) -> None:
    (error,) = folder.errors("int x;\r\n\tf(); // größe ± DexVerify(Oops(1))\r\n")
    assert (error.span.line, error.span.column) == (2, 28)
    assert str(error).split("\n")[1:3] == [
        "  2 | \tf(); // größe ± DexVerify(Oops(1))",
        "    | \t" + " " * 26 + "^^^^",
    ]


def test_an_error_in_a_command_that_spans_lines(folder) -> None:
    block = "/* DexVerify(Henceforth(\n *     Implies(In('f'),\n *             Oops(True))))\n */\n"
    (error,) = folder.errors(block)
    assert (error.span.line, error.span.column, error.span.end_column) == (3, 16, 20)
    lines = "// DexVerify(And(True,\n//     Oops(True)))\n"
    (error,) = folder.errors(lines)
    assert (error.span.line, error.span.column, error.span.end_column) == (2, 8, 12)


def test_an_error_in_an_expression_with_escapes(folder) -> None:
    (error,) = folder.errors("// DexWatch('a == \\'b\\' || f(1)')\n")
    assert (error.span.column, error.span.end_column) == (28, 30)


def test_all_errors_are_told_in_the_order_of_the_files(folder) -> None:
    errors = folder.errors("// DexVerify(Oops(1))\n// DexWatch(x)\n// DexLable('a')\n", h="// DexVerify(True\n")
    assert [(Path(e.span.path).name, e.span.line) for e in errors] == [("t.c", 1), ("t.c", 2), ("t.c", 3), ("t.h", 1)]
    with pytest.raises(AnnotationErrors) as caught:
        parse_test([folder.path / "t.c", folder.path / "t.h"])
    assert str(caught.value).count(": error: ") == 4
    assert str(caught.value.errors[0]) in str(caught.value)
    assert caught.value.span == errors[0].span
    assert isinstance(caught.value, AnnotationError)


def test_an_operator_at_fault_is_told_once_however_often_it_is_used(folder) -> None:
    text = "// DexOperator(F(p), Oops(p)) DexVerify(F(True)) DexVerify(F(False))\n"
    (error,) = folder.errors(text)
    assert error.message == "there is no operator Oops"


@pytest.mark.parametrize("name", ["lib/x.c", "x.c"])
def test_a_file_that_could_be_two(folder, name: str) -> None:
    paths = [folder.write("int a;\n", "one/lib/x.c"), folder.write("int b;\n", "two/lib/x.c")]
    paths.append(folder.write(f"// DexVerify(At('{name}', 1))\n", "t.c"))
    with pytest.raises(AnnotationErrors, match=f"more than one file of this test is called '{name}'"):
        parse_test(paths)
    folder.write("// DexVerify(At('two/lib/x.c', 1))\n", "t.c")
    assert parse_test(paths).verifies


def test_lines_in_two_files(folder) -> None:
    errors = folder.errors(
        "// DexWatch('x', from_line=ref('a'), to_line=ref('b')) DexLabel('a')\n", h="// DexLabel('b')\n"
    )
    assert errors[0].message == "from_line= and to_line= are in different files"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("DexVerify(True) oops\n", 17, "this is no command"),
        ("DexWatch('x', on_line=3)\n", 23, "no source file to which this line belongs"),
        ("DexDeclareFile('t.c') DexWatch('x')\n", 23, "this command needs a line"),
        ("DexDeclareFile('t.c') DexDeclareFile('u.c')\n", 38, "no file of this test is called 'u.c'"),
    ],
)
def test_errors_in_a_dex_file(folder, text: str, column: int, message: str) -> None:
    folder.write("int x;\n")
    (error,) = folder.errors(text, "t.dex")
    assert (error.message, error.span.line, error.span.column) == (message, 1, column)


def test_a_formula_alone() -> None:
    with pytest.raises(AnnotationError) as caught:
        parse_formula("always (p imply")
    assert str(caught.value).split("\n") == [
        "<formula>:1:16: error: the formula ends too early",
        "  1 | always (p imply",
        "    |                ^",
        "  hint: an operand is missing",
    ]
    for text, message, hint in (
        ("", "the formula ends too early", "an operand is missing"),
        ("True)", "unexpected ')'", "the formula is complete before it"),
        ("In('f)", "this string is not closed", "close it with '"),
        ("In('f'", "the formula ends too early", "a bracket is not closed"),
    ):
        with pytest.raises(AnnotationError) as caught:
            parse_formula(text)
        assert (caught.value.message, caught.value.hint) == (message, hint)
