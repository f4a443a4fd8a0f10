"""What every driver records of the examples: all lines of a program's files, and the names that they use most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from dexverify.annotations import parse_test
from dexverify.builders import BuildRequest, builder_for
from dexverify.discovery import Case, discover
from dexverify.options import Options
from drivers.base import Driver, Launch, Limits, LineRange, StopPlan
from drivers.gdb.driver import GdbDriver
from drivers.lldb.driver import LldbDriver
from drivers.state import End, Sample, Step, Value

DRIVERS: dict[str, Callable[[], Driver]] = {
    "agent": lambda: GdbDriver(use_agent=True),
    "plain": lambda: GdbDriver(use_agent=False),
    "lldb": LldbDriver,
}
EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
# The sources of stand-alone commands are the files that they declare.
CASES = [
    case if case.sources else replace(case, sources=tuple(map(Path, parse_test(case.files).files)))
    for case in discover([EXAMPLES], Options())
    if case.tree is None
]
# What the plain session does in a few seconds; the longest examples are cut there, in both recordings alike.
STEPS = 500
SAMPLES = 8
_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_WORDS_OF_C = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long
    return short signed sizeof static struct switch typedef union unsigned void volatile while bool""".split()  # noqa: SIM905
)


def samples_for(case: Case) -> list[Sample]:
    """The names that the sources use most, and two of them as the caller sees them.

    Many are no variables, or not in scope at most steps: then both recordings must say so.
    """
    text = _COMMENT_OR_STRING.sub(" ", "\n".join(path.read_text(errors="replace") for path in case.sources))
    members = set(re.findall(r"(?:\.|->)\s*([A-Za-z_]\w*)", text))
    found = Counter(re.findall(r"\b[A-Za-z_]\w*\b", text))
    names = sorted(found.keys() - _WORDS_OF_C - members, key=lambda name: (-found[name], name))[:SAMPLES]
    return [*map(Sample, names), *(Sample(name, 1) for name in names[:2])]


def record(way: str, case: Case, binary: Path) -> tuple[list[Step], End]:
    ranges = tuple(LineRange(str(path), 1, 1_000_000) for path in dict.fromkeys((*case.sources, *case.files)))
    plan = StopPlan(ranges, dict.fromkeys(samples_for(case)))
    settings = case.settings
    launch = Launch(binary, settings.arguments, stdin=settings.stdin)
    limits = Limits(total_s=60, steps=STEPS)
    with DRIVERS[way]().launch(launch, plan, limits) as session:
        steps = list(session)
    return steps, session.end


def place_of(step: Step) -> tuple[object, ...]:
    return (step.frames[0].path, step.frames[0].line, step.frames[0].function, step.code, step.column)


def histories(steps: list[Step]) -> Iterator[dict[Sample, Value]]:
    """All values at each step, but those that are another in every process: the C library scrambles a jmp_buf."""
    now: dict[Sample, Value] = {}
    for step in steps:
        now |= {sample: value for sample, value in step.changes.items() if "__jmpbuf" not in value.text}
        yield dict(now)


def build(case: Case, folder: Path, compiler: str = "gcc") -> Path:
    settings = case.settings
    return builder_for(compiler).build(BuildRequest(case.sources, folder, settings.cflags, settings.ldflags, "program"))


def name_of(case: Case) -> str:
    return str(case.path.relative_to(EXAMPLES))
