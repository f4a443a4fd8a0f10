"""From a stop plan to probes: the addresses to stop at, what each one is, and which samples to read there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from drivers.base import DriverError, LineRange, StopPlan
from drivers.binary.lines import LineTable, Row, Unit
from drivers.binary.marks import Body, find_needless, read_code
from drivers.binary.scopes import Function, Range, foreign_names, is_alone, read_functions
from drivers.inside.steps import ENTRY, STEP
from drivers.state import Sample

_TOKEN = re.compile(
    r"""
    (?P<text> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<number> \.?[0-9](?:[eEpP][+-]|[\w.])* )
  | (?P<member> (?:\.|->|::)\s*[^\W\d]\w* )
  | (?P<register> \$\w+ )
  | (?P<name> [^\W\d]\w* )
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class Probe:
    """`samples` are numbers of the plan's samples, in its order.

    `role` is ENTRY, STEP, both, or 0 for a line that is not watched, in a function of which others are.
    """

    address: int
    role: int
    path: str
    line: int
    column: int
    samples: tuple[int, ...] = ()


@dataclass(slots=True)
class ProbePlan:
    """`functions` are the pieces of each function that has probes.

    `hidden` is, for each sample of an outer frame, where that frame has no value for it yet.
    """

    probes: list[Probe]
    samples: tuple[Sample, ...]
    functions: list[list[Range]] = field(default_factory=list)
    hidden: list[list[Range]] = field(default_factory=list)


def leading_names(expression: str) -> tuple[str, ...]:
    """The identifiers of a C expression that are looked up by themselves, not as members of something."""
    found = [match["name"] for match in _TOKEN.finditer(expression) if match["name"]]
    return tuple(dict.fromkeys(found))


def plan_probes(table: LineTable, plan: StopPlan) -> ProbePlan:
    """Raises DriverError when nothing of what is watched can be stopped at."""
    if not table.has_debug_info:
        raise DriverError("the program has no debug information: compile it with -g, and do not strip it")
    samples = tuple(plan.samples)
    names = {sample: leading_names(sample.expression) for sample in samples}
    wanted = {name for found in names.values() for name in found}
    probes: dict[int, Probe] = {}
    hidden: list[list[Range]] = [[] for _ in samples]
    watched: list[tuple[Unit, Function]] = []
    paths = list(dict.fromkeys(item.path for item in plan.ranges))
    foreign = foreign_names([unit for path in paths for unit, _ in table.units_of(path)], wanted)
    for path in paths:
        ranges = [item for item in plan.ranges if item.path == path]
        for unit, alias in table.units_of(path):
            functions = read_functions(unit, wanted, foreign[id(unit)])
            watched += [(unit, f) for f in _add_probes(probes, unit, alias, path, ranges, functions)]
            for number, sample in enumerate(samples):
                if sample.depth:
                    hidden[number] += [
                        piece for f in functions for name in names[sample] for piece in f.unfinished.get(name, ())
                    ]
            _choose_samples(probes, unit, functions, plan, samples, names)
    if not any(probe.role & STEP for probe in probes.values()):
        raise DriverError(_explain_nothing(table, plan))
    _drop_needless(probes, table, watched)
    return ProbePlan([probes[address] for address in sorted(probes)], samples, [f.ranges for _, f in watched], hidden)


def _drop_needless(probes: dict[int, Probe], table: LineTable, watched: list[tuple[Unit, Function]]) -> None:
    """Leave out the marks that nothing depends on, where the machine code is understood."""
    if all(probe.role for probe in probes.values()) or (code := read_code(table.elf)) is None:
        return
    bodies = [
        Body(*function.ranges[0], len(function.ranges) == 1 and is_alone(unit, function)) for unit, function in watched
    ]
    steps = {probe.address: (probe.path, probe.line) for probe in probes.values() if probe.role & STEP}
    marks = {probe.address: (probe.path, probe.line) for probe in probes.values() if not probe.role & STEP}
    for address in find_needless(code, bodies, steps, marks):
        if probes[address].role == 0:
            del probes[address]


def _add_probes(
    probes: dict[int, Probe],
    unit: Unit,
    alias: str,
    path: str,
    ranges: list[LineRange],
    functions: list[Function],
) -> list[Function]:
    """Returns those of the functions that have a watched line."""
    rows = unit.rows()
    addresses = [row.address for row in rows]
    watched = [row for row in rows if row.path == alias and any(r.first <= row.line <= r.last for r in ranges)]
    kept = [row.address for row in watched]
    for row in watched:
        probes[row.address] = Probe(row.address, STEP, path, row.line, row.column)
    found = [f for f in functions if any(_is_any_in(kept, piece) for piece in f.ranges)]
    for function in found:
        # A watched line is left when another one is reached, watched or not.
        for low, high in function.ranges:
            for row in rows[bisect_left(addresses, low) : bisect_left(addresses, high)]:
                if row.address not in probes:
                    probes[row.address] = Probe(row.address, 0, row.path, row.line, row.column)
        probe = probes.setdefault(function.entry, Probe(function.entry, 0, path, 0, 0))
        probe.role = ENTRY if _is_prologue(rows, addresses, function) else probe.role | ENTRY
    return found


def _is_any_in(addresses: list[int], piece: Range) -> bool:
    place = bisect_left(addresses, piece[0])
    return place < len(addresses) and addresses[place] < piece[1]


def _is_prologue(rows: list[Row], addresses: list[int], function: Function) -> bool:
    """Whether the function's first row only sets up its frame: another one follows, and it is of one line alone.

    Where the prologue is empty (optimised code), the body's first line has the same address as the function's.
    """
    place = bisect_left(addresses, function.entry)
    if place == len(rows) or rows[place].address != function.entry:
        return True
    row = rows[place]
    if any(line != row.line for line in row.earlier):
        return False
    low, high = next(piece for piece in function.ranges if piece[0] == function.entry)
    return place + 1 < len(rows) and low < rows[place + 1].address < high


def _choose_samples(
    probes: dict[int, Probe],
    unit: Unit,
    functions: list[Function],
    plan: StopPlan,
    samples: tuple[Sample, ...],
    names: dict[Sample, tuple[str, ...]],
) -> None:
    hidden: dict[str, list[Range]] = {}
    for function in functions:
        for name, pieces in function.hidden.items():
            hidden.setdefault(name, []).extend(pieces)
    for row in unit.rows():
        probe = probes.get(row.address)
        if probe is None or not probe.role & STEP:
            continue
        place = (probe.path, probe.line)
        chosen = []
        for number, sample in enumerate(samples):
            within = plan.samples[sample]
            if within is not None and not any(place in item for item in within):
                continue
            if sample.depth == 0 and _is_hidden(row.address, (hidden.get(name, ()) for name in names[sample])):
                continue
            chosen.append(number)
        probe.samples = tuple(chosen)


def _is_hidden(address: int, pieces: Iterable[Iterable[Range]]) -> bool:
    return any(low <= address < high for some in pieces for low, high in some)


def _explain_nothing(table: LineTable, plan: StopPlan) -> str:
    paths = dict.fromkeys(item.path for item in plan.ranges)
    known = [path for path in paths if any(True for _ in table.units_of(path))]
    if not known:
        return f"the program's debug information mentions none of {', '.join(paths)}: compile these files with -g"
    first = plan.ranges[0]
    lines = table.lines_with_code(known[0])
    where = f"{first.path}:{first.first}" + (f"-{first.last}" if first.last != first.first else "")
    if not lines:
        return f"no line of {', '.join(known)} has code in the program"
    near = sorted(sorted(lines, key=lambda line: abs(line - first.first))[:3])
    return f"no watched line has code ({where}); the nearest lines that have some: {', '.join(map(str, near))}"
