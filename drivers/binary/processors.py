"""May gdb and the program share one processor? It halves the time of a stop, but a program can look at it.

A program that asks how many processors there are (to start as many threads, say) would be told one, and the debugger
would have changed what it observes. So only a program that cannot ask is bound: one that is linked with nothing but
the language's own libraries, and calls none of the functions that tell.
"""

from __future__ import annotations

from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

_OWN_LIBRARIES = ("libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "libpthread.so", "ld-linux")
# Threads: they are let go as the second one appears, but how many there are to be was decided before.
_TELLING = (
    "sched_", "pthread_create", "pthread_getaffinity", "pthread_setaffinity", "thrd_create", "getcpu",
    "get_nprocs", "sysconf", "hardware_concurrency", "syscall", "dlopen", "popen", "system", "exec", "posix_spawn",
)  # fmt: skip


def cannot_ask(binary: Path) -> bool:
    """Whether the program has no way to learn how many processors it may use. When in doubt, it has one."""
    try:
        with binary.open("rb") as file:
            elf = ELFFile(file)
            dynamic = elf.get_section_by_name(".dynamic")
            symbols = elf.get_section_by_name(".dynsym")
            if not isinstance(dynamic, DynamicSection) or not isinstance(symbols, SymbolTableSection):
                return False  # linked statically: it has everything of the library in itself
            # pyelftools names the attribute after the tag.
            libraries = [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]  # type: ignore[attr-defined]
            names = [symbol.name for symbol in symbols.iter_symbols()]
    except (OSError, ELFError):
        return False
    return all(library.startswith(_OWN_LIBRARIES) for library in libraries) and not any(
        telling in name for name in names for telling in _TELLING
    )
