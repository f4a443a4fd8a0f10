"""One test for each kind of error: the caret stands under the exact columns, and the hint says what to do.

A line of carets is no part of the file: it marks what the error must point at in the line above it.
"""

import re
from pathlib import Path

import pytest

from dexverify.annotations import parse_formula, parse_test
from dexverify.errors import AnnotationError, AnnotationErrors, DexterError

_CARETS = re.compile(r"[ \t]*\^+\Z")

SYNTAX = [
    # the commands
    ("// DexVerfy(True)\n   ^^^^^^^^", "there is no command DexVerfy", "did you mean DexVerify?"),
    ("// dexverify(True)\n   ^^^^^^^^^", "there is no command dexverify", "did you mean DexVerify?"),
    ("// DexFrobnicate(1)\n   ^^^^^^^^^^^^^", "there is no command DexFrobnicate", "the commands are: DexCommandLine"),
    ("// DexVerify(True\n            ^\nint x;", "this '(' is never closed", "write the missing ')'"),
    ("// DexVerify(And(True, [True))\n                            ^", "')' does not close the '['", "write ']' there"),
    ("// DexLabel('here)\n            ^^^^^^", "this string is not closed", "close it with '"),
    ('/* DexLabel("here) */\n            ^^^^^^', "this string is not closed", 'close it with "'),
    ("// DexVerify()\n             ^", "DexVerify needs more arguments", "write DexVerify(formula, name='…')"),
    ("// DexVerify(True, False)\n                   ^^^^^", "DexVerify takes 1 argument", "write DexVerify("),
    ("// DexVerify(True, nam='x')\n                   ^^^", "DexVerify has no argument nam=", "did you mean name?"),
    ("// DexVerify(True, name='x', name='y')\n                             ^^^^", "name= is given twice", "take one"),
    (
        "// DexWatch(on_line=1, 'x')\n                       ^^^",
        "an argument without a name after on_line=",
        "come first",
    ),
    (
        "// DexVerify(And(True,, False))\n                      ^",
        "an argument or operand is missing before ','",
        "comma",
    ),
    ("// DexVerify(True False)\n                  ^^^^^", "unexpected 'False'", "is a comma missing before it"),
    ("// DexVerify(True))) DexLabel(3)\n                              ^", "a label must be a string, not a number", ""),
    # literals
    ("// DexLabel('a\\q')\n              ^^", "there is no escape \\q", "write \\\\q"),
    ("// DexLabel('\\ud800')\n             ^^^^^^", "\\ud800 is no character", ""),
    ("// DexLabel('a', on_line=012)\n                         ^^^", "leading zeros", "write 0o12 for octal, or 12"),
    ("// DexVerify(Expect('x', 1e999))\n                         ^^^^^", "this number is too large", "1.8e308"),
    (f"// DexVerify(Expect('x', {'9' * 50}))\n{' ' * 25}{'^' * 50}", "this number is too long", "at most 40"),
    ("// DexVerify(Expect('x', 1 ± -1))\n                             ^", "a number is missing before '-'", ""),
    # infix
    ("// DexVerify(True && True)\n                  ^^", "'&&' is not part of this language", "write 'and'"),
    ("// DexVerify(True || True)\n                  ^^", "'||' is not part of this language", "write 'or'"),
    ("// DexVerify(!True)\n             ^", "'!' is not part of this language", "write 'not'"),
    ("// DexVerify(True -> True)\n                  ^^", "'->' is not part of this language", "write 'imply'"),
    (
        "// DexVerify(Expect(x == 1))\n                      ^^",
        "'==' is not part of this language",
        "Expect('expression'",
    ),
    ("// DexVerify(x < 1)\n               ^", "'<' is not part of this language", "Expect('expression', '<', value)"),
    ("// DexVerify(and(True, True))\n             ^^^", "missing before 'and'", "capitalised: And(p, q)"),
    ("// DexVerify(True and)\n                     ^", "an argument or operand is missing before ')'", ""),
    ("// DexVerify(True())\n                 ^", "True takes no arguments", "leave the parentheses out"),
    ("// DexVerify(Expect(“x”, 1))\n                    ^", "'“' is not part of this language", "plain quotes"),
    ("// DexVerify(Expect(#x, 1))\n                    ^", "unexpected character '#'", "stands in quotes"),
]

FORMULAS = [
    ("// DexVerify(Eventualy(True))\n             ^^^^^^^^^", "there is no operator Eventualy", "did you mean Eventually?"),
    ("// DexVerify(Frob(True))\n             ^^^^", "there is no operator Frob", "define it with DexOperator(Frob(p), …)"),
    ("// DexProposition(Busy, True) DexVerify(Bsy)\n                                        ^^^", "there is no proposition Bsy", "did you mean Busy?"),
    ("// DexVerify(Busy)\n             ^^^^", "there is no proposition Busy", "define it with DexProposition(Busy, …)"),
    ("// DexVerify(Expect)\n             ^^^^^^", "Expect needs arguments", "write them in parentheses"),
    ("// DexVerify(And)\n             ^^^", "And needs arguments", "write And(p, q, …)"),
    ("// DexVerify('x > 1')\n             ^^^^^^^", "a proposition is wanted here, not a string", "write Expect("),
    ("// DexVerify(Until(True))\n             ^^^^^^^^^^^", "Until has 1 operand, q missing", "write Until(p, q)"),
    ("// DexVerify(Not(True, False))\n                       ^^^^^", "Not has 2 operands, more than it can take", "write Not(p)"),
    ("// DexVerify(Within(True, 3))\n                    ^^^^", "operand 1 of Within must be a whole number", "Within(n: int, p)"),
    ("// DexVerify(Within(0, True))\n                    ^", "Within looks at 1 step or more, not 0", ""),
    ("// DexVerify(Absence(True, befor=False))\n                           ^^^^^^^^^^^", "Absence has no keyword befor", "before"),
    ("// DexVerify(Absence(True, between=True))\n                           ^^^^^^^^^^^^", "between= of Absence must be a pair", ""),
    ("// DexVerify(Absence(True, after=True, after=True))\n                                       ^^^^^", "after= is given twice", ""),
    ("// DexVerify(Not(ForEach('x', True)))\n                 ^^^^^^^", "ForEach stands outermost", "put it outside"),
    ("// DexVerify(ForEach(x, True))\n                     ^", "must be a C expression in quotes, not the name x", "'x'"),
    (f"// DexVerify({'Not(' * 101}True{')' * 101})\n{' ' * 417}^^^^", "more than 100 operators inside one", "DexProposition"),
    # definitions
    ("// DexProposition('Busy', True)\n                  ^^^^^^", "what is defined must be a name, not a string", ""),
    ("// DexProposition(Expect, True)\n                  ^^^^^^", "Expect is a name of the language", "another name"),
    ("// DexProposition(And, True)\n                  ^^^", "And is a name of the language", "another name"),
    ("// DexProposition(A, True) DexProposition(A, False)\n                                          ^", "A is defined twice", "t.c:1"),
    ("// DexProposition(A, Eventually(B)) DexProposition(B, Not(A))\n                  ^", "reaches itself: A -> B -> A", "no recursion"),
    ("// DexOperator(F(p), And(p, G(p))) DexOperator(G(p), F(p))\n               ^", "reaches itself: F -> G -> F", "no recursion"),
    ("// DexOperator(F(p), F(p))\n               ^", "the definition of F reaches itself: F -> F", "no recursion"),
    ("// DexOperator(F, True)\n               ^", "must be a name with its parameters, not the name F", "Name(p, q)"),
    ("// DexOperator(F(1), True)\n                 ^", "a parameter must be a name, not a number", ""),
    ("// DexOperator(F(p, p), True)\n                    ^", "two parameters are called p", ""),
    ("// DexOperator(F(), True)\n               ^^^", "an operator needs a parameter", "a DexProposition"),
    ("// DexOperator(F(p), p())\n                     ^", "p is a parameter: it takes no arguments", "parentheses"),
    ("// DexOperator(F(p), Oops(p))\n                     ^^^^", "there is no operator Oops", ""),
]  # fmt: skip

ATOMS = [
    ("// DexVerify(Expect())\n                    ^", "Expect needs more arguments", "Expect('expression', value)"),
    ("// DexVerify(Expect(x, 1))\n                    ^", "must be a C expression in quotes, not the name x", "in quotes: 'x'"),
    ("// DexVerify(Expect(f(x), 1))\n                    ^^^^", "must be a C expression in quotes, not f(…)", "cannot call"),
    ("// DexVerify(Expect('', 1))\n                     ^", "an empty expression", "name a variable"),
    ("// DexVerify(Expect('x = 1'))\n                       ^", "'=' would write to the program's memory", "write '=='"),
    ("// DexVerify(Expect('a[f(1)]', 2))\n                       ^^", "a call would run code of the program", "only looks"),
    ("// DexVerify(Expect('a' \"\\x5b f(1)]\", 2))\n                              ^^", "a call would run code", ""),
    ("// DexVerify(Expect('x', '=', 2))\n                         ^^^", "there is no comparison '='", "did you mean '=='?"),
    ("// DexVerify(Expect('x', 'is', 2))\n                         ^^^^", "there is no comparison 'is'", "the comparisons are"),
    ("// DexVerify(Expect('x', OPEN))\n                         ^^^^", "a value must be a literal, not the name OPEN", "'OPEN'"),
    ("// DexVerify(Expect('x', [1]))\n                         ^^^", "a value must be a number, a string or a truth value, not a list", ""),
    ("// DexVerify(Expect('x', open('/etc/passwd')))\n                         ^^^^", "there is no value open(…)", "nothing is ever called"),
    ("// DexVerify(Expect('x', address('a')))\n                                 ^^^", "there is no address 'a'", "DexDeclareAddress"),
    ("// DexVerify(In(f))\n                ^", "the name of a function must be a string, not the name f", "'f'"),
    ("// DexVerify(In(' '))\n                ^^^", "the name of a function is empty", ""),
    ("// DexVerify(Thread(-1))\n                    ^^", "a thread must be 0 or more, not -1", ""),
    ("// DexVerify(At('other.c', 3))\n                ^^^^^^^^^", "no file of this test is called 'other.c'", "t.c"),
    ("// DexVerify(At(0))\n                ^", "a line must be 1 or more, not 0", ""),
    ("// DexVerify(At(1.5))\n                ^^^", "a line must be a whole number", ""),
    ("// DexVerify(At('t.c'))\n                ^^^^^", "a line must be a number or ref('label'), not a string", "ref('x') + 1"),
    ("// DexVerify(At(ref('there'))) DexLabel('here')\n                    ^^^^^^^", "there is no label 'there'", "did you mean here?"),
    ("// DexVerify(At(ref('x') - 1)) DexLabel('x')\n                ^^^^^^^^^^^^", "there is no line 0", "'x' is line 1"),
    ("// DexVerify(At(ref('x') + 0.5)) DexLabel('x')\n                ^^^^^^^^^^^^^^", "lines are counted in whole numbers", ""),
    ("// DexVerify(ExpectState([]))\n                         ^^", "a state must be a dict, not a list", "{'x': 1}"),
    ("// DexVerify(ExpectState({}))\n                         ^^", "a state has no 'frames'", "'frames'"),
    ("// DexVerify(ExpectState({'frame': []}))\n                          ^^^^^^^", "a state has no 'frame'", "did you mean frames?"),
    ("// DexVerify(ExpectState({'frames': []}))\n                                    ^^", "a state without frames says nothing", ""),
    ("// DexVerify(ExpectState({'frames': [{'watches': {'x++': 1}}]}))\n                                                    ^^", "'++' would write", ""),
    ("// DexVerify(ExpectState({'frames': [{'is_inlined': 1}]}))\n                                                    ^", "must be True or False", ""),
    ("// DexVerify(ExpectState({'frames': [{'function': 'f', 'function': 'g'}]}))\n                                                       ^^^^^^^^^^", "'function' is given twice", ""),
]  # fmt: skip

COMMANDS = [
    ("// DexWatch('x', on_lin=1)\n                 ^^^^^^", "DexWatch has no argument on_lin=", "did you mean on_line?"),
    ("// DexWatch('x', on_line=1, from_line=1)\n                            ^^^^^^^^^", "from_line= together with on_line=", "either"),
    ("// DexWatch('x', from_line=3, to_line=2)\n                                      ^", "to_line= is line 2, before from_line=", "smaller"),
    ("// DexWatch()\n            ^", "DexWatch needs more arguments", "DexWatch('expression', …"),
    ("// DexLabel('a') DexLabel('a')\n                          ^^^", "the label 'a' is given twice", "t.c:1"),
    ("// DexCommandLine('a')\n                  ^^^", "the command line must be a list, not a string", "brackets"),
    ("// DexCommandLine([True])\n                   ^^^^", "an argument must be a string, not a truth value", ""),
    ("// DexCommandLine(['a']) DexCommandLine([])\n                         ^^^^^^^^^^^^^^^^^^", "a test has one DexCommandLine", "t.c:1"),
    ("// DexLimitSteps('x')\n                 ^^^", "the value of the condition is missing", "'expression', value"),
    ("// DexStepFunction('f', hit_count=-1)\n                                  ^^", "hit_count= must be 0 or more", ""),
    ("// DexFinishTest(hit_count='1')\n                           ^^^", "hit_count= must be a whole number, not a string", ""),
    ("// DexDeclareFile('none.c')\n                  ^^^^^^^^", "no file of this test is called 'none.c'", "t.c"),
    ("// DexDeclareAddress('a', 'p') DexDeclareAddress('a', 'q')\n                                                 ^^^", "the address 'a' is declared twice", "t.c:1"),
    ("// DexExpectEnd('crash')\n                ^^^^^^^", "there is no end 'crash'", "the ends are: exit, panic"),
    ("// DexExpectEnd('signal', 'SIGSEG')\n                          ^^^^^^^^", "there is no signal 'SIGSEG'", "did you mean SIGSEGV?"),
    ("// DexExpectEnd('panic', 1)\n                         ^", "DexExpectEnd('panic') takes nothing more", ""),
    ("// DexExpectEnd('exit', 0) DexExpectEnd('exit', 1)\n                           ^^^^^^^^^^^^^^^^^^^^^^^", "a test has one DexExpectEnd", "t.c:1"),
    ("// DexVerify(True, name='a') DexVerify(False, name='a')\n                             ^^^^^^^^^^^^^^^^^^^^^^^^^^", "two propositions are called 'a'", "t.c:1"),
    ("// DexExpectWatchValue('x')\n                          ^", "DexExpectWatchValue needs more arguments", ""),
    ("// DexExpectWatchValue('x', 1, require_in_order=1)\n                                                ^", "must be True or False, not a number", ""),
    ("// DexExpectWatchValue('x', 1, float_range=-1)\n                                           ^^", "float_range= must be 0 or more", ""),
    ("// DexExpectWatchType('x', 3)\n                           ^", "the name of a type must be a string", ""),
    ("// DexExpectProgramState({'frames': [{}]}, times=51)\n                                                 ^^", "times= is at most 50", ""),
    ("// DexExpectStepKind('FUNK', 1)\n                     ^^^^^^", "there is no kind of step 'FUNK'", "did you mean FUNC?"),
    ("// DexExpectStepOrder(2, 2)\n                         ^", "position 2 after 2", "positions only grow"),
    ("// DexUnreachable(3)\n                  ^", "DexUnreachable takes no arguments without a name", ""),
]  # fmt: skip


def split(marked: str) -> tuple[str, int, int, int]:
    """The file without its line of carets; the line, column and end column that the carets mark."""
    lines = marked.split("\n")
    index = next(i for i, line in enumerate(lines) if _CARETS.match(line))
    carets = lines.pop(index)
    return "\n".join(lines), index, carets.index("^") + 1, len(carets) + 1


@pytest.mark.parametrize(("marked", "message", "hint"), [*SYNTAX, *FORMULAS, *ATOMS, *COMMANDS])
def test_error(folder, marked: str, message: str, hint: str) -> None:
    text, line, column, end_column = split(marked)
    (error,) = folder.errors(text)
    assert message in error.message
    assert hint in error.hint
    path = str(folder.path / "t.c")
    assert (error.span.path, error.span.line, error.span.column) == (path, line, column)
    assert (error.span.end_line, error.span.end_column) == (line, end_column)
    source_line = text.split("\n")[line - 1]
    assert str(error).split("\n")[:3] == [
        f"{path}:{line}:{column}: error: {error.message}",
        f"  {line} | {source_line}",
        f"    | {' ' * (column - 1)}{'^' * (end_column - column)}",
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
    with pytest.raises(DexterError):
        parse_formula("")
