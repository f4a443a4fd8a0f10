"""`--builder gcc` and `--builder clang`: C, C++ and assembly, in one call of the compiler's driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from dexverify.builders.base import BuildRequest, run
from dexverify.errors import ConfigError
from dexverify.remedies import install_line, package_of

# They stand before the user's flags, so that the user's own -O… and -g… win: the last one counts.
DEFAULT_FLAGS = ("-O0", "-g")

_CPP_SUFFIXES = frozenset({".cc", ".cpp", ".cxx", ".c++", ".C"})


@dataclass(frozen=True, slots=True)
class NativeBuilder:
    """A C and a C++ compiler of one family: `gcc` and `g++`, `clang-16` and `clang++-16`."""

    name: str
    c_compiler: str
    cpp_compiler: str

    def build(self, request: BuildRequest) -> Path:
        inputs = request.inputs()
        if reason := self.lacking(inputs):
            raise ConfigError(reason)
        is_cpp = _is_cpp(inputs)
        output = request.output()
        command = [
            self._compiler(is_cpp=is_cpp),
            *DEFAULT_FLAGS,
            *request.cflags,
            *(_marked(inputs) if is_cpp else map(str, inputs)),
            "-o",
            str(output),
            *request.ldflags,
        ]
        run(command, deadline_s=request.deadline_s)
        return output

    def lacking(self, sources: Iterable[Path]) -> str | None:
        """Why these cannot be compiled on this machine, and what mends it; None when they can."""
        compiler = self._compiler(is_cpp=_is_cpp(sources))
        return f"{compiler} is not installed: {install_line(package_of(compiler))}" if not which(compiler) else None

    def _compiler(self, *, is_cpp: bool) -> str:
        return self.cpp_compiler if is_cpp else self.c_compiler


def _is_cpp(sources: Iterable[Path]) -> bool:
    return any(source.suffix in _CPP_SUFFIXES for source in sources)


def _marked(inputs: tuple[Path, ...]) -> Iterator[str]:
    """The inputs for a C++ compiler, which takes `.c` files for C++ unless it is told not to."""
    for source in inputs:
        yield from ("-x", "c", str(source), "-x", "none") if source.suffix == ".c" else (str(source),)
