"""The reference evaluation: what each operator means, by looking at steps, with no regard to cost.

It follows the definition of LTLf (De Giacomo and Vardi, IJCAI 2013, section 2) line by line, and that of the past
operators in the same manner, on iterators that are copied wherever the definition says "some" or "every". It takes
time exponential in the nesting of temporal operators. `ltd.columns` is for use; this is what it is tested against.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from ltd.formula import (
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
)
from ltd.steps import StepIterator


def holds(formula: Formula, steps: StepIterator) -> bool:
    """Whether `formula` holds at the present step, which must exist. `steps` is left where it is.

    Raises ValueError for a `ForEach`, whose steps are not those of one iterator.
    """
    match formula:
        case Constant():
            return formula.value
        case Atom():
            return steps.look(formula.predicate)
        case Not():
            return not holds(formula.operand, steps)
        case And():
            return all(holds(operand, steps) for operand in formula.operands)
        case Or():
            return any(holds(operand, steps) for operand in formula.operands)
        case Until():
            return _until(formula.left, formula.right, steps, at_end=False)
        case Weak():
            return _until(formula.left, formula.right, steps, at_end=True)
        case Next():
            return any(holds(formula.operand, step) for step in _following(steps, 1))
        case Within():
            return any(holds(formula.operand, step) for step in _following(steps, formula.count))
        case Throughout():
            following = [holds(formula.operand, step) for step in _following(steps, formula.count)]
            return len(following) == formula.count and all(following)
        case Previously():
            if steps.at_start:
                return False
            before = steps.copy()
            before.back()
            return holds(formula.operand, before)
        case Since():
            return _since(formula.left, formula.right, steps)
        case Composite():
            return holds(formula.expansion, steps)
        case ForEach():
            raise ValueError("ForEach is judged slice by slice, see ltd.verdict.judge")
        case _:
            assert_never(formula)


def _until(left: Formula, right: Formula, steps: StepIterator, *, at_end: bool) -> bool:
    here = steps.copy()
    while not here.at_end:
        if holds(right, here):
            return True
        if not holds(left, here):
            return False
        here.advance()
    return at_end


def _since(left: Formula, right: Formula, steps: StepIterator) -> bool:
    here = steps.copy()
    while not holds(right, here):
        if here.at_start or not holds(left, here):
            return False
        here.back()
    return True


def _following(steps: StepIterator, count: int) -> Iterator[StepIterator]:
    here = steps.copy()
    for _ in range(count):
        here.advance()
        if here.at_end:
            return
        yield here
