"""Random formulas and traces, seeded, and the same as hypothesis strategies. Formulas are built by the registry."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from random import Random

from hypothesis import strategies as st

from ltd.columns import Bounds, pack
from ltd.formula import Atom, Constant, Formula
from ltd.operators import standard
from ltd.trace import Trace

ATOMS = ("a", "b", "c")
OPERATORS = standard()
BOOLEAN = ("Not", "And", "Or", "Both", "Either", "Implies", "Iff", "Xor")
FUTURE = (
    "Until",
    "Weak",
    "Next",
    "Within",
    "Throughout",
    "Eventually",
    "Henceforth",
    "Release",
    "StrongRelease",
    "WeakNext",
    "After",
    "Ordered",
    "Response",
    "Precedence",
    "Absence",
    "Existence",
    "Universality",
    "BoundedExistence",
)
PAST = ("Previously", "Since", "Once", "Historically", "Triggered")
CORE = ("Not", "And", "Or", "Until", "Weak", "Next")

Steps = Sequence[frozenset[str]]


def random_formula(random: Random, depth: int, names: Sequence[str] = (*BOOLEAN, *FUTURE, *PAST)) -> Formula:
    """A formula whose operators nest at most `depth` deep."""
    if depth == 0 or random.random() < 0.15:
        return Constant(random.random() < 0.5) if random.random() < 0.1 else Atom(random.choice(ATOMS))

    def operand() -> Formula:
        return random_formula(random, depth - 1, names)

    name = random.choice(names)
    if name in ("Within", "Throughout"):
        return OPERATORS.apply(name, [random.randint(1, 4), operand()])
    if name in ("And", "Or", "Both", "Either", "Ordered"):
        return OPERATORS.apply(name, [operand() for _ in range(random.choice((2, 2, 3)))])
    if name in ("Absence", "Universality", "Existence", "BoundedExistence"):
        scope = random.choice((None, "before", "after", "between"))
        keywords = {scope: (operand(), operand()) if scope == "between" else operand()} if scope else {}
        counts = [random.randint(1, 2)] if "Existence" in name else []
        return OPERATORS.apply(name, [operand(), *counts], keywords)
    return OPERATORS.apply(name, [operand() for _ in OPERATORS[name].positional()])


def random_steps(random: Random, low: int, high: int) -> Steps:
    """Between `low` and `high` steps, with atoms that are mostly false, mostly true or mixed."""
    bias = random.choice((0.15, 0.5, 0.85))
    length = random.randint(low, high)
    return [frozenset(atom for atom in ATOMS if random.random() < bias) for _ in range(length)]


def random_unknowns(random: Random, steps: Steps) -> Steps:
    """For each step, the atoms whose value is not known."""
    return [frozenset(atom for atom in ATOMS if random.random() < 0.2) for _ in steps]


def trace_of(steps: Steps, unknown: Steps | None = None) -> Trace:
    """The steps as columns."""
    unknown = unknown or [frozenset()] * len(steps)
    columns = {}
    for atom in ATOMS:
        low = bytes(b"01"[atom in step and atom not in lost] for step, lost in zip(steps, unknown, strict=True))
        high = bytes(b"01"[atom in step or atom in lost] for step, lost in zip(steps, unknown, strict=True))
        columns[atom] = Bounds(pack(low), pack(high))
    return Trace(len(steps), columns)


def truth_of(step: frozenset[str], unknown: frozenset[str] = frozenset()) -> Callable[[Hashable], bool | None]:
    """One step as the monitor asks for it."""
    return lambda predicate: None if predicate in unknown else predicate in step


formulas = st.builds(lambda random: random_formula(random, 3), st.randoms(use_true_random=False))
traces = st.lists(st.frozensets(st.sampled_from(ATOMS)), min_size=1, max_size=8)
