"""Linear temporal logic on finite traces: formulas, evaluation, verdicts, explanations. No dependencies, no I/O.

>>> from ltd import Atom, Bounds, Trace, judge, pack, standard
>>> request, grant = Atom("request"), Atom("grant")
>>> answered = standard().apply("Response", [request, grant])
>>> columns = {name: pack(flags) for name, flags in (("request", b"0100"), ("grant", b"1000"))}
>>> trace = Trace(4, {name: Bounds(column, column) for name, column in columns.items()})
>>> judge(answered, trace, complete=True).verdict
<Verdict.FAILS: 'fails'>
"""

from ltd.columns import Bounds, Evaluation, pack, unpack
from ltd.explanation import Reason, decisive, explain, positions
from ltd.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Operand,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
    children,
    predicates,
    walk,
)
from ltd.monitor import Monitor
from ltd.operators import CycleError, Operator, OperatorError, Operators, standard
from ltd.printer import infix, prefix
from ltd.trace import Trace
from ltd.vacuity import irrelevant
from ltd.verdict import Judgement, Verdict, judge, unknown_causes

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Atom",
    "Bounds",
    "Composite",
    "Constant",
    "CycleError",
    "Evaluation",
    "ForEach",
    "Formula",
    "Judgement",
    "Monitor",
    "Next",
    "Not",
    "Operand",
    "Operator",
    "OperatorError",
    "Operators",
    "Or",
    "Previously",
    "Reason",
    "Since",
    "Throughout",
    "Trace",
    "Until",
    "Verdict",
    "Weak",
    "Within",
    "children",
    "decisive",
    "explain",
    "infix",
    "irrelevant",
    "judge",
    "pack",
    "positions",
    "predicates",
    "prefix",
    "standard",
    "unknown_causes",
    "unpack",
    "walk",
]
