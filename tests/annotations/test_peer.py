"""What DExTer gets wrong in reading annotations; see facts on the peer. Each has the right answer here."""

import pytest

from dexverify.propositions import Expect, Expression
from ltd.formula import Atom
from ltd.printer import infix


def test_prose_that_mentions_a_command_is_no_command(folder) -> None:
    said = folder.parse(
        "// DexVerify is explained in the manual, as are DexWatch, DexLabel and so on.\n// DexVerify(True)\n"
    )
    assert len(said.verifies) == 1


@pytest.mark.parametrize(
    "text",
    [
        "/* DexVerify(\n     Henceforth(Implies(In('f'),\n        Eventually(In('g')))),\n   name='all'\n   ) */\n",
        "/*\n * DexVerify(Henceforth(\n *   Implies(In('f'),\n *\n *   Eventually(In('g')))), name='all')\n */\n",
        "// DexVerify(Henceforth(Implies(In('f'),\n//     Eventually(In('g')))),\n//   name='all')\n",
        "// DexVerify(Henceforth(Implies(In('f'), \\\n   Eventually(In('g')))), name='all')\n",
        "// DexVerify (\r\n// always (In('f') imply\t eventually In('g')) , name = 'all' ,\r\n// )\r\n",
    ],
)
def test_a_command_may_span_lines(folder, text: str) -> None:
    (verify,) = folder.parse(text).verifies
    assert infix(verify.formula) == "always (In('f') imply eventually In('g'))"
    assert verify.name == "all"
    lines = text.split("\n")
    for span, word in (
        (verify.span, "DexVerify"),
        (verify.formula.operands[0].operands[1].operands[0].origin, "In('g')"),
    ):
        assert lines[span.line - 1].startswith(word, span.column - 1)


def test_two_commands_on_a_line(folder) -> None:
    said = folder.parse("int x; // DexVerify(True) DexVerify(False); /* DexWatch('x')DexWatch('y')\n")
    assert len(said.verifies) == 2
    assert [watch.expressions[0].text for watch in said.watches] == ["x", "y"]


@pytest.mark.parametrize(
    ("command", "column"),
    [
        ("DexWatch(__import__('os').system('touch {0}'))", 29),
        ('DexWatch(\'__import__("os").system("touch {0}")\')', 14),
        ("DexVerify(__import__('os'))", 14),
        ("DexVerify(Expect('x', __import__('os').system('touch {0}')))", 42),
        ("DexVerify(Expect('system(\"touch {0}\")', 0))", 22),
        ("DexCommandLine([open('{0}', 'w')])", 20),
        ("DexLabel(f'{0}')", 14),
        ("DexLabel(('a').join)", 18),
    ],
)
def test_nothing_is_ever_evaluated(folder, command: str, column: int) -> None:
    target = folder.path / "made"
    (error,) = folder.errors(f"// {command.format(target)}\n")
    assert (error.span.line, error.span.column) == (1, column)
    assert error.hint
    assert not target.exists()


def test_values_are_kept_as_written_for_comparison_by_type(folder) -> None:
    (verify,) = folder.parse("// DexVerify(Expect('a', '01'))\n").verifies
    assert verify.formula == Atom(Expect(Expression("a"), "==", "01"))


def test_a_definition_that_reaches_itself(folder) -> None:
    errors = folder.errors("// DexOperator(A(p), B(p)) DexOperator(B(p), C(p)) DexOperator(C(p), Not(A(p)))\n")
    assert errors[0].message == "the definition of A reaches itself: A -> B -> C -> A"
