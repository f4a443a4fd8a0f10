"""The fast evaluation: one integer per subformula, one bit per position, Until by one addition.

Time runs backwards through the bits: position i of a trace of length n is bit n-1-i, so the last position is bit
0. A carry travels from bit 0 upwards, that is from later positions to earlier ones, exactly as the truth of
`Until` does: with x = p | q, the addition x + q generates a carry where q holds and hands it on where p does.
(The same use of the carry as in Baeza-Yates and Gonnet's and Myers' bit-parallel matching.) Everything is linear
in n, with a word of 30 positions per machine step.

Each subformula has a pair of columns, `Bounds`: where it is certainly true, and where it is possibly true. They
differ where an atom is unknown, and, on a prefix, where a continuation decides: beyond the end of a prefix an
atom is neither certain nor excluded, which gives the strong and the weak view of Eisner et al., "Reasoning with
Temporal Logic on Truncated Paths", CAV 2003, section 3. Negation swaps the two, so that each occurrence of an
unknown atom counts by its polarity.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
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
    children,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where something is certainly true (`low`) and where it is possibly true (`high`): low & ~high == 0."""

    low: int
    high: int


UNKNOWN_BEYOND = Bounds(0, 1)


def pack(flags: bytes | bytearray) -> int:
    """The column whose position i is true where `flags[i]` is b'1'; the others must be b'0'. Linear in time."""
    return int(flags, 2) if flags else 0


def unpack(column: int, length: int) -> bytes:
    """The inverse of `pack`: b'0' and b'1' in the order of time."""
    return format(column, f"0{length}b").encode() if length else b""


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def mirror(column: int, length: int) -> int:
    """The column with time reversed."""
    size = (length + 7) // 8
    turned = column.to_bytes(size, "little").translate(_MIRRORED)
    return int.from_bytes(turned, "big") >> (8 * size - length)


def until(left: int, right: int, beyond: int) -> int:
    """`Until` on columns; `beyond` (0 or 1) is its value at the position after the last one."""
    if not right:
        return ((left + 1) ^ left) >> 1 if beyond else 0
    either = left | right
    return ((either + right + beyond if beyond else either + right) ^ either ^ right) >> 1


def _eventually(column: int, mask: int) -> int:
    """`until(mask, column, 0)`, with a short cut: nothing but the last true position (the lowest bit) matters."""
    if not column:
        return 0
    width = 64
    while not (low := column & ((1 << width) - 1)):
        width *= 8
    return mask ^ ((low & -low) - 1)


def _window(column: int, count: int) -> int:
    """Whether `column` is true at one of the positions i … i+count-1, by doubling the width."""
    width = 1
    while width < count:
        step = min(width, count - width)
        column |= column << step
        width += step
    return column


def within(column: int, count: int, length: int, beyond: int) -> int:
    """Whether `column` is true at one of the positions i+1 … i+count; `beyond` is its value after the end."""
    count = min(count, length)
    mask = (1 << length) - 1
    inside = (_window(column, count) << 1) & mask if count > 0 else 0
    return inside | ((1 << count) - 1) if beyond and count > 0 else inside


def throughout(column: int, count: int, length: int, beyond: int) -> int:
    """Whether `column` is true at all positions i+1 … i+count; `beyond` is its value after the end."""
    mask = (1 << length) - 1
    return mask ^ within(mask ^ column, count, length, 1 - beyond)


class Evaluation:
    """The columns of a formula and of everything inside it, over one trace.

    `complete` says whether the trace is the whole run, or a prefix that may be continued (also by nothing).
    `unknown` is a subformula, known by its identity, that is to be taken as neither true nor false anywhere.
    Raises ValueError for a `ForEach`, which is judged slice by slice, and KeyError for an atom without a column.
    """

    def __init__(
        self,
        formula: Formula,
        length: int,
        columns: Mapping[Hashable, Bounds],
        *,
        complete: bool = True,
        unknown: Formula | None = None,
    ) -> None:
        self.formula = formula  # keeps the nodes alive, whose identities are the keys below
        self.length = length
        self.complete = complete
        self._mask = (1 << length) - 1
        self._columns = columns
        self._inside: dict[int, Bounds] = {}
        self._beyond: dict[int, Bounds] = {}
        if unknown is not None:
            self._inside[id(unknown)] = Bounds(0, self._mask)
            self._beyond[id(unknown)] = UNKNOWN_BEYOND

    def of(self, formula: Formula) -> Bounds:
        """The columns of `formula`, which must be (the identical object of) a node of the formula evaluated."""
        # With a stack of our own: expansions nest deeper than Python's calls may.
        pending = [formula]
        while pending:
            node = pending[-1]
            if id(node) not in self._inside:
                below = (node.expansion,) if isinstance(node, Composite) else children(node)
                missing = [part for part in below if id(part) not in self._inside]
                if missing:
                    pending += missing
                    continue
                self._inside[id(node)] = self._evaluate(node)
            pending.pop()
        return self._inside[id(formula)]

    def beyond(self, formula: Formula) -> Bounds:
        """Bounds, 0 or 1 each, that hold at every position that a continuation of a prefix may add."""
        found = self._beyond.get(id(formula))
        if found is None:
            found = self._beyond[id(formula)] = self._evaluate_beyond(formula)
        return found

    def _evaluate(self, formula: Formula) -> Bounds:
        match formula:
            case Constant():
                column = self._mask if formula.value else 0
                return Bounds(column, column)
            case Atom():
                known = self._columns[formula.predicate]
                # One object for both bounds tells the operators above to compute once.
                return Bounds(known.low, known.low) if known.low == known.high else known
            case Not():
                operand = self.of(formula.operand)
                high = self._mask ^ operand.low
                return Bounds(high, high) if operand.low is operand.high else Bounds(self._mask ^ operand.high, high)
            case And() | Or():
                return self._combine(formula)
            case Until():
                return self._until(formula, 0, 0 if self.complete else self.beyond(formula).high)
            case Weak():
                return self._until(formula, 1 if self.complete else self.beyond(formula).low, 1)
            case Next():
                operand = self.of(formula.operand)
                last = 0 if self.complete else self.beyond(formula.operand).high
                low = (operand.low << 1) & self._mask
                if operand.low is operand.high and not last:
                    return Bounds(low, low)
                return Bounds(low, ((operand.high << 1) | last) & self._mask)
            case Within() | Throughout():
                return self._counted(formula)
            case Previously():
                operand = self.of(formula.operand)
                low = operand.low >> 1
                return Bounds(low, low if operand.low is operand.high else operand.high >> 1)
            case Since():
                left, right = self.of(formula.left), self.of(formula.right)
                low = self._since(left.low, right.low)
                exact = left.low is left.high and right.low is right.high
                return Bounds(low, low if exact else self._since(left.high, right.high))
            case Composite():
                return self.of(formula.expansion)
            case ForEach():
                raise ValueError("ForEach is judged slice by slice, see ltd.verdict.judge")
            case _:
                assert_never(formula)

    def _combine(self, formula: And | Or) -> Bounds:
        parts = [self.of(operand) for operand in formula.operands]
        join = and_ if isinstance(formula, And) else or_
        low = reduce(join, [part.low for part in parts])
        exact = all(part.low is part.high for part in parts)
        return Bounds(low, low if exact else reduce(join, [part.high for part in parts]))

    def _until(self, formula: Until | Weak, after_low: int, after_high: int) -> Bounds:
        left, right = self.of(formula.left), self.of(formula.right)
        if left.low == self._mask and right.low is right.high and not after_high:
            column = _eventually(right.low, self._mask)
            return Bounds(column, column)
        low = until(left.low, right.low, after_low)
        if left.low is left.high and right.low is right.high and after_low == after_high:
            return Bounds(low, low)
        return Bounds(low, until(left.high, right.high, after_high))

    def _counted(self, formula: Within | Throughout) -> Bounds:
        operand = self.of(formula.operand)
        after = 0 if self.complete else self.beyond(formula.operand).high
        apply = within if isinstance(formula, Within) else throughout
        low = apply(operand.low, formula.count, self.length, 0)
        if operand.low is operand.high and not after:
            return Bounds(low, low)
        return Bounds(low, apply(operand.high, formula.count, self.length, after))

    def _since(self, left: int, right: int) -> int:
        return mirror(until(mirror(left, self.length), mirror(right, self.length), 0), self.length)

    def _evaluate_beyond(self, formula: Formula) -> Bounds:
        match formula:
            case Constant():
                return Bounds(int(formula.value), int(formula.value))
            case Atom():
                return UNKNOWN_BEYOND
            case Not():
                operand = self.beyond(formula.operand)
                return Bounds(1 - operand.high, 1 - operand.low)
            case And():
                parts = [self.beyond(operand) for operand in formula.operands]
                return Bounds(min(part.low for part in parts), min(part.high for part in parts))
            case Or():
                parts = [self.beyond(operand) for operand in formula.operands]
                return Bounds(max(part.low for part in parts), max(part.high for part in parts))
            case Until():
                return self.beyond(formula.right)
            case Weak():
                left, right = self.beyond(formula.left), self.beyond(formula.right)
                return Bounds(left.low | right.low, left.high | right.high)
            case Next():
                return Bounds(0, self.beyond(formula.operand).high)
            case Within() | Throughout():
                if formula.count < 1:  # no step to look at: `one of none` is false, `all of none` is true
                    value = int(isinstance(formula, Throughout))
                    return Bounds(value, value)
                return Bounds(0, self.beyond(formula.operand).high)
            case Previously():
                last, operand = self._last(formula.operand), self.beyond(formula.operand)
                return Bounds(last.low & operand.low, last.high | operand.high)
            case Since():
                last, left, right = self._last(formula), self.beyond(formula.left), self.beyond(formula.right)
                return Bounds(right.low | (left.low & last.low), right.high | (left.high & last.high))
            case Composite():
                return self.beyond(formula.expansion)
            case ForEach():
                raise ValueError("ForEach is judged slice by slice, see ltd.verdict.judge")
            case _:
                assert_never(formula)

    def _last(self, formula: Formula) -> Bounds:
        column = self.of(formula)
        return Bounds(column.low & 1, column.high & 1)
