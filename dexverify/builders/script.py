"""`--builder ./script`: the user's own build program.

It is run as `script OUTPUT SOURCE…` in the present working directory, with `CFLAGS` and `LDFLAGS` in its
environment, as a shell or make would split them. It must leave an executable with debug information at OUTPUT
and exit with status 0; whatever it prints is shown when it fails.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from dexverify.builders.base import BuildRequest, failure, run
from dexverify.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ScriptBuilder:
    script: Path

    @property
    def name(self) -> str:
        return str(self.script)

    def check(self) -> None:
        """Raise ConfigError if there is no such script, or if it cannot be run."""
        if not self.script.is_file():
            raise ConfigError(f"--builder {self.script}: no such file")
        if not os.access(self.script, os.X_OK):
            raise ConfigError(f"--builder {self.script}: not executable (chmod +x {self.script})")

    def build(self, request: BuildRequest) -> Path:
        self.check()
        output = request.output()
        output.unlink(missing_ok=True)  # what an earlier run left must not pass for the result of this one
        command = [str(self.script.absolute()), str(output), *map(str, request.inputs())]
        flags = {"CFLAGS": shlex.join(request.cflags), "LDFLAGS": shlex.join(request.ldflags)}
        run(command, deadline_s=request.deadline_s, environment=flags)
        if not output.is_file():
            raise failure(f"the build script succeeded but left no {output}", command, "")
        return output
