"""A new thread on an old stack: no frame of its is one of the thread's before."""

from __future__ import annotations

from drivers.session.incarnations import Incarnations
from drivers.state import Frame

BEGIN = Frame("mips_threadstart", "/k/start.S", 5)
STARTUP = Frame("thread_startup", "/k/thread.c", 9, address=0x8002AFE8)
STACK = (Frame("thread_exit", "/k/thread.c", 20, address=0x8002AF90), STARTUP, BEGIN)


def test_the_first_thread_on_a_stack_keeps_its_addresses() -> None:
    incarnations = Incarnations()
    assert incarnations.of(STACK) is STACK
    incarnations.begin(STARTUP.address)
    assert incarnations.of(STACK) is STACK


def test_a_later_thread_has_addresses_of_its_own_and_one_stack_is_one_object() -> None:
    incarnations = Incarnations()
    incarnations.begin(STARTUP.address)
    incarnations.begin(STARTUP.address)
    second = incarnations.of(STACK)
    assert second is incarnations.of(STACK)
    assert not {frame.address for frame in second if frame.address} & {frame.address for frame in STACK}
    assert [frame.function for frame in second] == [frame.function for frame in STACK]
    assert second[-1].address == 0
    incarnations.begin(STARTUP.address)
    assert incarnations.of(STACK) != second


def test_other_stacks_are_left_alone() -> None:
    incarnations = Incarnations()
    for _ in range(3):
        incarnations.begin(0x8002BFE8)
    assert incarnations.of(STACK) is STACK
