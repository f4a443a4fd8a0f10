"""The constants of enumerations, with and without names, and what their types are called."""

from __future__ import annotations

from drivers.state import Kind, Value

PROGRAM = """\
typedef enum { RED, GREEN = 4 } color_t;
typedef enum shape { ROUND = -1 } shape_t;
enum { LOOSE = 3 };
int main(void)
{
    color_t color = GREEN;
    shape_t shape = ROUND;
    return color + shape - LOOSE;
}
"""


def test_a_typedef_gives_an_enumeration_no_name(driver, build, record):
    source, binary = build(PROGRAM)
    recorded = record(driver, source, binary, "color", "shape", "GREEN", "ROUND", "LOOSE")
    assert recorded.steps
    for values in recorded.values:
        assert values["GREEN"] == Value(Kind.ENUM, "GREEN", 4, None, "enum {...}")
        assert values["ROUND"] == Value(Kind.ENUM, "ROUND", -1, None, "enum shape")
        assert values["LOOSE"] == Value(Kind.ENUM, "LOOSE", 3, None, "enum {...}")
    assert (recorded.values[-1]["color"].type, recorded.values[-1]["shape"].type) == ("color_t", "shape_t")
