"""What two debuggers' recordings must have in common, without what differs from process to process.

A program started by gdb has another environment on its stack than one started by lldb, so everything on the stack is
some bytes further up or down: addresses there are counted from the first frame of `main`. The words for what cannot be
read are each debugger's own, and so is which of several names a library's function has.
"""

from __future__ import annotations

import re
from dataclasses import replace

from drivers.state import Frame, Kind, Step, Value

_ADDRESS = re.compile(r"0x7ff[0-9a-f]{9}\b")


def base_of(steps: list[Step]) -> int:
    """The address of the outermost frame of the first step."""
    return steps[0].frames[-1].address if steps else 0


def normal_frame(frame: Frame, base: int) -> Frame:
    return replace(frame, address=frame.address - base if _is_on_stack(frame.address) else frame.address)


def normal_value(value: Value, base: int) -> Value:
    if value.kind is Kind.UNREADABLE:
        return Value(Kind.UNREADABLE)
    if value.type == "<text variable, no debug info>":
        value = replace(value, text=value.text.partition(" <")[0])
    text = _ADDRESS.sub(lambda found: f"main{int(found[0], 16) - base:+#x}", value.text)
    number = value.number
    if value.kind is Kind.POINTER and isinstance(number, int) and _is_on_stack(number):
        number -= base
    if value.kind is Kind.FLOAT and number != number:  # NaN differs from itself
        number = None
    return replace(value, text=text, number=number)


def _is_on_stack(address: int) -> bool:
    # Without randomisation the stack of the first thread ends here (x86-64).
    return 0x7FFFFF000000 <= address < 0x7FFFFFFFF000
