"""From annotations to a stop plan: as narrow as the propositions allow, and no narrower."""

from __future__ import annotations

from pathlib import Path

import pytest

from dexverify.annotations import parse_test
from dexverify.plan import plan_of
from dexverify.propositions import MAX_LINE

EVERYWHERE = [(1, MAX_LINE)]
BODY = """int main(void)
{
    int x = 1;
    x = 2;
    return x;
}
"""


def lines_of(tmp_path: Path, *commands: str) -> list[tuple[int, int]]:
    source = tmp_path / "a.c"
    source.write_text(BODY + "".join(f"// {command}\n" for command in commands))
    annotations = parse_test([source])
    plan = plan_of(annotations, [verify.formula for verify in annotations.verifies])
    assert {item.path for item in plan.ranges} == {str(source)}
    return [(item.first, item.last) for item in plan.ranges]


def test_what_is_watched_on_some_lines_only_stops_there_only(tmp_path: Path) -> None:
    watch = "DexWatch('x', from_line=4, to_line=5)"
    assert lines_of(tmp_path, watch, "DexVerify(Henceforth(Expect('x', '>', 1)))") == [(4, 5)]
    assert lines_of(tmp_path, watch, "DexVerify(ForEach('x', Eventually(Expect('x', '>', 1))))") == [(4, 5)]


@pytest.mark.parametrize(
    "more",
    [
        "DexVerify(In('main'))",  # a place is observable at every step
        "DexVerify(Expect('y', 1))",  # and so is an expression that no DexWatch names, wherever it is in scope
        "DexVerify(ForEach('y', Expect('x', 1)))",
        "DexVerify(Thread(1))",
        "DexVerify(Not(Next(Next(True))))",  # without atoms, it counts the steps
        "DexFinishTest('x', 2, on_line=3)",
        "DexUnreachable(on_line=3)",
    ],
)
def test_what_is_observable_elsewhere_stops_everywhere(tmp_path: Path, more: str) -> None:
    watch = "DexWatch('x', from_line=4, to_line=5)"
    assert lines_of(tmp_path, watch, "DexVerify(Expect('x', 2))", more) == EVERYWHERE
