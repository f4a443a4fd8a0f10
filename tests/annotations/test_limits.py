"""What keeps a parse quick and its result of a size that can be evaluated."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from dexverify.annotations import parse_formula
from dexverify.errors import AnnotationError
from ltd.formula import walk


def chain(count: int, body: str) -> str:
    lines = "".join(f"// DexProposition(P{i + 1}, {body.replace('P', f'P{i}')})\n" for i in range(count))
    return f"// DexProposition(P0, In('f'))\n{lines}// DexVerify(P{count})\n"


def test_propositions_are_shared_and_not_copied(folder) -> None:
    (verify,) = folder.parse(chain(60, "And(P, P)")).verifies
    left, right = verify.formula.expansion.operands
    assert left.expansion is right.expansion


def test_a_formula_that_is_too_deep_when_written_out(folder) -> None:
    assert folder.parse(chain(150, "Not(P)")).verifies
    (error,) = folder.errors(chain(250, "Not(P)"))
    assert error.message == "written out, this formula is more than 400 operators deep"
    assert error.span.line == 252


def test_operators_that_multiply(folder) -> None:
    lines = "".join(f"// DexOperator(F{i + 1}(p), And(F{i}(p), F{i}(p)))\n" for i in range(16))
    errors = folder.errors(f"// DexOperator(F0(p), Not(p))\n{lines}// DexVerify(F16(In('f')))\n")
    assert errors[-1].message.startswith("a formula with more than 1000 uses of DexOperator")


def test_definitions_inside_one_another(folder) -> None:
    lines = "".join(f"// DexOperator(F{i}(p), Not(F{i + 1}(p)))\n" for i in range(300))
    errors = folder.errors(f"{lines}// DexOperator(F300(p), p)\n// DexVerify(F0(True))\n")
    assert errors[0].message == "more than 20 definitions inside one another"


def test_long_formulas_are_parsed_without_recursion() -> None:
    formula = parse_formula(" and ".join(["In('f')"] * 5000))
    assert sum(1 for _ in walk(formula)) == 5001
    for text in ("(" * 5000 + "True" + ")" * 5000, "True imply " * 99 + "True"):
        assert parse_formula(text)
    for text in ("not " * 5000 + "True", "True until " * 5000 + "True", "Not(" * 5000):
        with pytest.raises(AnnotationError):
            parse_formula(text)


def test_files_can_be_parsed_in_several_threads_at_once(folder) -> None:
    def read(number: int) -> tuple[int, str]:
        verify = folder.parse("\n" * number + f"// DexVerify(At({number + 1}))\n", f"t{number}.c").verifies[0]
        return verify.span.line, verify.span.path

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(40))) == [(n + 1, str(folder.path / f"t{n}.c")) for n in range(40)]


def test_the_grammar_is_loaded_with_the_first_command_only(folder) -> None:
    path = folder.write("int x; // no command\n")
    code = (
        "import sys; from pathlib import Path; from dexverify.annotations import has_annotations, parse_test;"
        f"p = Path({str(path)!r}); has_annotations(p); parse_test([p]); print('lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
