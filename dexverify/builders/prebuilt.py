"""`--binary PATH`: the program is built already."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dexverify.builders.base import BuildRequest
from dexverify.errors import ConfigError


@dataclass(frozen=True, slots=True)
class PrebuiltBuilder:
    """Hands out `binary` as it is; the request's sources and flags are not looked at."""

    binary: Path
    name: str = "binary"

    def build(self, request: BuildRequest) -> Path:  # noqa: ARG002 - the protocol's signature
        if not self.binary.is_file():
            raise ConfigError(f"--binary {self.binary}: no such file")
        if not os.access(self.binary, os.X_OK):
            raise ConfigError(f"--binary {self.binary}: not executable (chmod +x {self.binary})")
        return self.binary.absolute()
