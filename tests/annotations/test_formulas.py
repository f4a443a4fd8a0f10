"""Both notations to one tree, and where each node of it was written."""

import re

import pytest

from dexverify.annotations import parse_formula
from dexverify.errors import Span
from dexverify.propositions import At, Expect, Expression, In, Line, Thread
from ltd.formula import And, Atom, Composite, Constant, ForEach, Formula, Next, Not, Or, Until, Weak, children, walk

P, Q, R, S = "In('p')", "In('q')", "In('r')", "In('s')"


def read(text: str) -> Formula:
    """A formula in which p, q, r and s stand for atoms."""
    return parse_formula(re.sub(r"(?<!')\b[pqrs]\b(?!')", lambda name: f"In('{name[0]}')", text))


@pytest.mark.parametrize(
    ("infix", "prefix"),
    [
        ("p and q and r", f"And({P}, {Q}, {R})"),
        ("(p and q) and r", f"And(And({P}, {Q}), {R})"),
        ("p and (q and r)", f"And({P}, And({Q}, {R}))"),
        ("p or q and r or s", f"Or({P}, And({Q}, {R}), {S})"),
        ("not p until q", f"Until(Not({P}), {Q})"),
        ("not ( p until q )", f"Not(Until({P}, {Q}))"),
        ("p until q until r", f"Until({P}, Until({Q}, {R}))"),
        ("p weak q until r", f"Weak({P}, Until({Q}, {R}))"),
        ("p until q and r", f"And(Until({P}, {Q}), {R})"),
        ("p imply q or r", f"Implies({P}, Or({Q}, {R}))"),
        ("p imply q imply r", f"Implies({P}, Implies({Q}, {R}))"),
        ("p implies q", f"Implies({P}, {Q})"),
        ("p equivalent q imply r", f"Iff({P}, Implies({Q}, {R}))"),
        ("p equivalent q equivalent r", f"Iff({P}, Iff({Q}, {R}))"),
        ("always ( p imply eventually q )", f"Henceforth(Implies({P}, Eventually({Q})))"),
        ("always p imply q", f"Implies(Henceforth({P}), {Q})"),
        ("next not always eventually p", f"Next(Not(Henceforth(Eventually({P}))))"),
        ("true until False", "Until(True, false)"),
        (f"Both({P}, q or r)", f"Both({P}, Or({Q}, {R}))"),
        (f"Absence({P}, between=(q and r, s))", f"Absence({P}, between=(And({Q}, {R}), {S}))"),
        (f"Within(2 , {P}) and Existence({P}, n=2)", f"And(Within(2, {P}), Existence({P}, n=2))"),
    ],
)
def test_infix_is_prefix(infix: str, prefix: str) -> None:
    assert read(infix) == parse_formula(prefix)


def test_the_nodes_are_the_primitives() -> None:
    p, q = Atom(In("p")), Atom(In("q"))
    assert parse_formula(f"And({P}, {Q}, True)") == And((p, q, Constant(True)))
    assert parse_formula(f"Or({P}, {Q})") == Or((p, q))
    assert parse_formula(f"Until({P}, Next({Q}))") == Until(p, Next(q))
    assert parse_formula(f"Weak(Not({P}), {Q})") == Weak(Not(p), q)
    formula = parse_formula(f"Either({P}, {Q})")
    assert isinstance(formula, Composite)
    assert formula.expansion == Or((p, q))
    assert formula.operands[0] is formula.expansion.operands[0]


def test_names_that_begin_like_keywords() -> None:
    formula = parse_formula("In('and') and In('or')")
    assert formula == And((Atom(In("and")), Atom(In("or"))))


def test_for_each() -> None:
    formula = parse_formula("ForEach('lock', (ForEach(expr('p->id'), eventually In('f'))))")
    assert isinstance(formula, ForEach)
    assert formula.key == Expression("lock")
    assert isinstance(formula.body, ForEach)
    assert formula.body.key.names == ("p",)


def test_atoms() -> None:
    formula = parse_formula(
        "Thread(1) or Thread('tid') or At(3) or Expect('x') or Expect('x', '>=', expr('y'))", path="/t.c"
    )
    predicates = [operand.predicate for operand in formula.operands]
    assert predicates == [
        Thread(1),
        Thread(Expression("tid")),
        At(Line("/t.c", 3)),
        Expect(Expression("x")),
        Expect(Expression("x"), ">=", Expression("y")),
    ]


def slices(text: str, formula: Formula) -> list[str]:
    """What the user wrote for each node."""
    lines = text.split("\n")
    found = []
    for node in walk(formula):
        span = node.origin
        assert isinstance(span, Span)
        part = lines[span.line - 1 : span.end_line]
        part[-1] = part[-1][: span.end_column - 1]
        part[0] = part[0][span.column - 1 :]
        found.append("\n".join(part))
    return found


def test_every_node_knows_what_was_written() -> None:
    text = "always (p1 imply\n  eventually (q1 and true))".replace("p1", P).replace("q1", Q)
    assert slices(text, parse_formula(text)) == [
        text,
        f"{P} imply\n  eventually ({Q} and true)",
        P,
        f"eventually ({Q} and true)",
        f"{Q} and true",
        Q,
        "true",
    ]


def test_an_expansion_has_no_origin_but_that_of_its_operands(folder) -> None:
    text = f"// DexOperator(F(p), always (p imply {Q})) DexVerify(F({P}))\n"
    formula = folder.parse(text).verifies[0].formula
    assert isinstance(formula, Composite)
    assert formula.origin.column == text.index("F(In") + 1
    origins = {str(node): node.origin for node in walk(formula.expansion)}
    p = formula.operands[0]
    assert p.origin is not None
    assert any(node is p for node in walk(formula.expansion))
    assert [origin for origin in origins.values() if origin is not None] == [p.origin]


def test_a_proposition_keeps_the_place_of_its_definition(folder) -> None:
    said = folder.parse(
        f"// DexVerify(Busy and Later)\n// DexProposition(Busy, {P})\n// DexProposition(Later, next Busy)\n"
    )
    formula = said.verifies[0].formula
    busy, later = children(formula)
    assert isinstance(busy, Composite)
    assert (busy.name, busy.operands, busy.expansion) == ("Busy", (), Atom(In("p")))
    assert (busy.origin.line, busy.expansion.origin.line) == (1, 2)
    assert later.expansion == Next(busy)


def test_operators_may_be_defined_after_their_use_and_from_one_another(folder) -> None:
    said = folder.parse(
        f"// DexVerify(Twice({P}), name='n')\n"
        "// DexOperator(Twice(p), And(p, Again(p))) DexOperator(Again(q), next eventually q)\n"
    )
    (verify,) = said.verifies
    assert verify.name == "n"
    p = Atom(In("p"))
    assert verify.formula.expansion == And(
        (p, folder.parse(f"// DexOperator(Again(q), True) DexVerify(Again({P}))").verifies[0].formula)
    )
