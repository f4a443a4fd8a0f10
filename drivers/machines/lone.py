"""A machine's only processor, which leaves a breakpoint as gdb has it do so.

sys161 counts its time while it runs, and each stop shifts it: so interrupts come when they come under gdb only if the
machine is told to go on as gdb tells it. gdb sets a temporary breakpoint behind the instruction (its
`mips_software_single_step`), and has the machine go on twice. With several processors neither debugger can (relay.py).

Runs in a relay's process: the standard library only.
"""

from collections.abc import Callable

from drivers.machines.processors import Processors, Registers, has_delay_slot

_WORD = 0xFFFFFFFF
_SPECIAL, _REGIMM, _JUMPS = 0, 1, (2, 3)
_LOAD_LINKED, _STORE_CONDITIONAL = 0x30, 0x38
_LONGEST_SEQUENCE = 16  # instructions, as gdb looks at


class LoneProcessor(Processors):
    """sys161's, where it has one. Stops of interrupts in between are stops like any other."""

    def leave(self, thread: int) -> bytes | None:
        place = self.look(thread).pc
        following = self._next(place, self.look(thread))
        if following == place:  # it stays there: only time leads away
            return super().leave(thread)
        self.word(following)  # while it is there
        is_temporary = following not in self.inserted
        self.remove(place)
        if is_temporary:
            self.insert(following)
        self.known.clear()
        self._send(b"c")
        reply = self._wait_for_stop()
        if self.learn_stop(reply) is None:
            return reply
        if is_temporary:
            self.remove(following)
        self.insert(place)
        return None if is_temporary and self.look(thread).pc == following else reply

    def _next(self, place: int, registers: Registers) -> int:
        """Where it goes on after the instruction and, after a branch, what is in its delay slot."""
        word = int(self.word(place), 16)
        if word >> 26 == _LOAD_LINKED:
            return self._behind_sequence(place)
        return next_place(place, word, lambda number: int(registers.word(number), 16))

    def _behind_sequence(self, place: int) -> int:
        """A breakpoint within an atomic sequence would break it."""
        for distance in range(4, 4 * _LONGEST_SEQUENCE, 4):
            if int(self.word(place + distance), 16) >> 26 == _STORE_CONDITIONAL:
                return place + distance + 4
        return place + 4


def next_place(place: int, word: int, register: Callable[[int], int]) -> int:
    """Where MIPS goes on after the instruction `word` at the place, with its delay slot."""
    if not has_delay_slot(word):
        return place + 4
    operation, source, target = word >> 26, word >> 21 & 31, word >> 16 & 31
    if operation == _SPECIAL:
        return register(source)
    if operation in _JUMPS:
        return place + 4 & 0xF0000000 | (word & 0x3FFFFFF) << 2
    value, other = _signed(register(source)), _signed(register(target))
    if operation == _REGIMM:
        is_taken = value >= 0 if target & 1 else value < 0
    else:
        is_taken = (value == other, value != other, value <= 0, value > 0)[operation & 3]
    offset = (word & 0xFFFF ^ 0x8000) - 0x8000
    return place + 4 + 4 * offset & _WORD if is_taken else place + 8


def _signed(number: int) -> int:
    return (number ^ 0x80000000) - 0x80000000
