"""A kernel's stack by its call frame table, as a debugger without an unwinder of its own sees it."""

from __future__ import annotations

import struct
from pathlib import Path

from drivers.binary.frames import Entry, read_frames
from drivers.binary.lines import LineTable
from drivers.machines.stacks import KernelStacks, Place
from drivers.process import run
from tests.drivers.kernels import needs_machine

STACK = 0x80004000
A, HANDLER, B, BEGIN = 0x80010000, 0x80010100, 0x80010200, 0x80010300
# A function that keeps its return address at -4 and its frame pointer at -8, of 32 bytes.
BODY = (29, 32, -4, -8, None, None)
ENTRIES = [
    [A, A + 0x100, [(A, *BODY)]],
    # An exception's frame: its address is its stack pointer, and the interrupted one's is kept in it.
    [HANDLER, HANDLER + 0x100, [(HANDLER, 29, 0, 24, 20, 16, 28)]],
    [B, B + 0x100, [(B, *BODY)]],
    [BEGIN, BEGIN + 0x100, [(BEGIN, -1, 0, None, None, None, None)]],
]


def stacks(words: dict[int, int], pointer: int = STACK) -> KernelStacks:
    def read(address: int, size: int) -> bytes:
        return b"".join(struct.pack(">I", words.get(address + i, 0)) for i in range(0, size, 4))

    return KernelStacks(ENTRIES, read, {29: pointer, 30: 0, 31: 0}.__getitem__)


def test_through_an_exception_on_another_stack() -> None:
    trap, other = STACK + 32, STACK + 0x800
    words = {
        trap - 4: HANDLER + 0x40,
        trap + 24: B + 0x20,
        trap + 28: other,
        trap + 16: 0x1234,  # in `ra` when B was interrupted: B has saved its own long ago
        other + 28: BEGIN + 8,
    }
    assert stacks(words).places(A + 0x10) == [
        Place(A + 0x10, A + 0x10, trap),
        Place(HANDLER + 0x40, HANDLER + 0x40, trap),
        Place(B + 0x20, B + 0x20, other + 32),
        Place(BEGIN + 8, BEGIN + 7, 0),
    ]


def test_the_end_of_a_stack() -> None:
    assert stacks({STACK + 28: 0}).places(A + 0x10) == [Place(A + 0x10, A + 0x10, STACK + 32), Place(0, 0, 0)]
    assert stacks({STACK + 28: 0x80FF0000}).places(A)[1] == Place(0x80FF0000, 0x80FEFFFF, 0)  # type: ignore[index]


def test_what_the_table_does_not_tell() -> None:
    assert stacks({}).places(0x80FF0000) is None
    assert stacks({}).places(BEGIN) is None


@needs_machine
def test_an_exception_handler_in_eh_frame(tmp_path: Path) -> None:
    """As OS/161 marks its own: a return address that is in $27, and addresses that are extended by their sign."""
    source, program = tmp_path / "handler.S", tmp_path / "handler"
    source.write_text(
        ".cfi_sections .eh_frame\n.text\n.globl handler\nhandler:\n.cfi_startproc\n.cfi_signal_frame\n"
        ".cfi_return_column 27\n.cfi_def_cfa 29, 0\n.cfi_offset 27, 24\n.cfi_offset 29, 28\n.cfi_offset 31, 16\n"
        "nop\nnop\n.cfi_endproc\n"
    )
    flags = [
        "-march=mips32",
        "-mabi=32",
        "-mno-abicalls",
        "-fno-pic",
        "-nostdlib",
        "-static",
        "-g",
        "-Wl,-Ttext=0x80020000,-ehandler",
    ]
    completed = run(["mips-linux-gnu-gcc", *flags, source, "-o", program], deadline_s=60)
    assert completed.status == 0, completed.output
    (entry,) = read_frames(LineTable.read(program))
    assert entry == Entry(0x80020000, 0x80020008, ((0x80020000, 29, 0, 24, None, 16, 28),))
