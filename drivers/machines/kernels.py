"""What a kernel's file tells about where it can run: the ELF header and its segments."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct(">4sBBBx8xHHIIII")  # up to e_phoff, of a 32-bit big-endian file (System V ABI, chapter 4)
_SEGMENT = struct.Struct(">8I")
_CLASS_32, _BIG_ENDIAN, _EXECUTABLE, _MIPS, _LOAD = 1, 2, 2, 8, 1
# The unmapped segments of a MIPS address space, cached and uncached, which show the first 512 MiB of memory.
KSEG0, _KSEG2 = 0x80000000, 0xC0000000
_PHYSICAL = 0x1FFFFFFF
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel's entry point and its loaded pieces, as (first, one past the last) address."""

    entry: int
    pieces: tuple[tuple[int, int], ...]


def read_kernel(path: Path) -> Kernel | str:
    """The kernel, or why this is none that a big-endian 32-bit MIPS machine could load."""
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        return "is a directory: name the kernel's file in it"
    except FileNotFoundError:
        return "there is no such file: build the kernel"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if content[:4] != b"\x7fELF" or len(content) < 52:
        return "is not an ELF file: name the file that the kernel's build linked"
    _, size, order, _, kind, machine, _, entry, _, _ = _HEADER.unpack_from(content.ljust(64, b"\0"))
    if size != _CLASS_32 or order != _BIG_ENDIAN or machine != _MIPS:
        return "is not built for a 32-bit big-endian MIPS processor: use the kernel's own cross compiler"
    if kind != _EXECUTABLE:
        return "is not linked to an executable: name the kernel, not an object file of it"
    (offset,) = struct.unpack_from(">I", content, 28)
    width, count = struct.unpack_from(">HH", content, 42)
    pieces = []
    for number in range(count):
        place = offset + number * width
        if place + _SEGMENT.size > len(content):
            return "is cut short: build the kernel again"
        kind, _, address, _, _, length, _, _ = _SEGMENT.unpack_from(content, place)
        if kind == _LOAD and length:
            pieces.append((address, address + length))
    if not pieces:
        return "has nothing to load: build the kernel again"
    return Kernel(entry, tuple(sorted(pieces)))


def outside_memory(kernel: Kernel, size: int) -> str | None:
    """Which piece of the kernel does not lie in a memory of so many bytes; None when all of it does."""
    for first, end in kernel.pieces:
        if not KSEG0 <= first < _KSEG2 or (first & _PHYSICAL) + (end - first) > size:
            return (
                f"its segment {first:#x}–{end:#x} lies outside of the machine's memory "
                f"({size // 1024} KiB from 0x80000000): link it there, or give more memory with --ramsize"
            )
    return None


def parse_size(text: str) -> int:
    """Bytes, from `4M`, `512K` or `4194304`. Raises ValueError."""
    word = text.strip().upper()
    unit = word[-1:] if word[-1:] in ("K", "M", "G") else ""
    number = word.removesuffix(unit)
    if not number.isdecimal():
        raise ValueError(f"not a size of memory: {text!r}; write it as 4M or 512K")
    return int(number) * _SIZES[unit]
