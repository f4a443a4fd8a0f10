"""Entered, Returned and DExTer's step kinds, over hand-made stacks."""

from __future__ import annotations

from dexverify.history import Entries, Moment, Returns, StepKinds, is_function
from drivers.state import Frame

MAIN = Frame("main", "/a.c", 10, address=1000)


def stack(*frames: tuple[str, int, int]) -> tuple[Frame, ...]:
    """Frames as (function, line, address), innermost first, above main."""
    return (*(Frame(name, "/a.c", line, address=address) for name, line, address in frames), MAIN)


def run(follower: Entries | Returns | StepKinds, moments: list[Moment]) -> list[bool]:
    return [follower(moment) for moment in moments]


def test_two_activations_in_a_row_at_one_address_are_two() -> None:
    f = stack(("f", 3, 900))
    moments = [Moment(1, f, True, 0), Moment(1, f, True, 0), Moment(1, (MAIN,), False, 0)]
    assert run(Entries("f"), moments) == [True, True, False]
    assert run(Returns("f"), moments) == [False, True, True]


def test_recursion_returns_once_an_activation() -> None:
    one, two = stack(("f", 3, 900)), stack(("f", 3, 800), ("f", 4, 900))
    moments = [
        Moment(1, one, True, 0),
        Moment(1, two, True, 0),
        Moment(1, one, False, 0),
        Moment(1, (MAIN,), False, 0),
    ]
    assert run(Returns("f"), moments) == [False, False, True, True]


def test_another_stack_is_no_return() -> None:
    other = (Frame("g", "/a.c", 7, address=70), Frame("thread", "/a.c", 8, address=80))
    moments = [Moment(1, stack(("f", 3, 900)), True, 0), Moment(1, other, True, 0), Moment(1, (MAIN,), False, 0)]
    assert run(Returns("f"), moments) == [False, False, True]


def test_longjmp_over_several_frames_returns_from_them() -> None:
    deep = stack(("g", 5, 700), ("f", 4, 800), ("h", 2, 900))
    moments = [Moment(1, deep, True, 0), Moment(1, stack(("h", 3, 900)), False, 0)]
    assert run(Returns("f"), moments) == [False, True]
    assert run(Returns("g"), moments) == [False, True]
    assert run(Returns("h"), moments) == [False, False]


def test_without_addresses_the_place_on_the_stack_stands_for_them() -> None:
    f = (Frame("f", "/a.c", 3), Frame("main", "/a.c", 10))
    moments = [Moment(1, f, True, 0), Moment(1, f[1:], False, 0)]
    assert run(Returns("f"), moments) == [False, True]


def test_step_kinds() -> None:
    def at(line: int, column: int = 0, *, entered: bool = False) -> Moment:
        return Moment(1, (Frame("main", "/a.c", line),), entered, column)

    moments = [at(1, entered=True), at(3), at(2), at(2, 5), at(2, 1), at(2, 1)]
    kinds = ["FUNC", "VERTICAL_FORWARD", "VERTICAL_BACKWARD", "HORIZONTAL_FORWARD", "HORIZONTAL_BACKWARD", "SAME"]
    for index, kind in enumerate(kinds):
        assert run(StepKinds(kind), moments) == [position == index for position in range(6)]


def test_a_step_is_compared_with_the_last_one_in_its_own_activation() -> None:
    def here(line: int, *, entered: bool = False) -> Moment:
        return Moment(1, (Frame("main", "/a.c", line, address=1000),), entered, 0)

    def there(line: int, *, entered: bool = False) -> Moment:
        return Moment(1, stack(("f", line, 900)), entered, 0)

    moments = [here(10, entered=True), there(3, entered=True), there(4), here(11), there(3, entered=True), here(9)]
    assert run(StepKinds("FUNC"), moments) == [True, True, False, False, True, False]
    assert run(StepKinds("VERTICAL_FORWARD"), moments) == [False, False, True, True, False, False]
    assert run(StepKinds("VERTICAL_BACKWARD"), moments) == [False, False, False, False, False, True]


def test_function_names() -> None:
    assert is_function("put", "ring::put(int)")
    assert is_function("ring::put", "ring::put(int)")
    assert is_function("put(int)", "ring::put(int)")
    assert not is_function("put", "input")
    assert not is_function("put", None)


def test_an_inlined_function_is_entered_where_it_was_not_before() -> None:
    inlined = (Frame("f", "/a.c", 3, is_inlined=True, address=1000), MAIN)
    deeper = stack(("g", 7, 900))[:1] + inlined
    moments = [Moment(1, s, False, 0) for s in ((MAIN,), inlined, deeper, inlined, (MAIN,), inlined)]
    assert run(Entries("f"), moments) == [False, True, False, False, False, True]
    other_thread = [Moment(1, inlined, False, 0), Moment(2, inlined, False, 0), Moment(1, inlined, False, 0)]
    assert run(Entries("f"), other_thread) == [True, True, False]


def test_a_template_names_its_instances() -> None:
    for actual in ("f<int>", "f<int>(int)", "ns::f<std::vector<int, std::allocator<int> > >", "C<int>::f<char>"):
        assert is_function("f", actual)
    assert is_function("C::f", "ns::C<int>::f")
    assert is_function("f<int>", "ns::f<int>")
    assert not is_function("f<char>", "f<int>")
    assert not is_function("int", "f<int>")
    assert is_function("operator<", "ns::operator<")
    assert is_function("operator<<", "C<int>::operator<<")
    assert not is_function("operator", "C::operator<")
    assert is_function("f", "(anonymous namespace)::f")


def test_a_thread_that_begins_on_an_old_stack_returns_from_nothing() -> None:
    start = Frame("thread_startup", "/a.c", 1, address=4096)
    dying = (Frame("thread_exit", "/a.c", 3, address=4000), start)
    moments = [Moment(0, dying, True, 0), Moment(0, (start,), True, 0), Moment(0, (start,), False, 0)]
    assert run(Returns("thread_exit"), moments) == [False, False, False]


def test_an_outermost_frame_without_an_address_is_not_the_same_in_all_threads() -> None:
    begin = Frame("thread_begin", "/a.S", 1)
    first = (Frame("f", "/a.c", 3, address=4000), Frame("thread_startup", "/a.c", 1, address=4096), begin)
    other = (Frame("g", "/a.c", 7, address=8000), Frame("thread_startup", "/a.c", 1, address=8192), begin)
    moments = [Moment(0, first, True, 0), Moment(0, other, True, 0), Moment(0, first[1:], False, 0)]
    assert run(Returns("f"), moments) == [False, False, True]
