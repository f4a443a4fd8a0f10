#!/usr/bin/env python3
"""Makes `.oracles/`, the environment of the engines that ours is compared with. Does nothing if it is up to date.

An engine that cannot be installed here is told and left out, and its tests are skipped: they say so. So this ends
with success as long as it has said everything.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent.parent / ".oracles"
REQUIREMENTS = HERE / "requirements.txt"


def main() -> int:
    """Create, install one by one, and import each once to see that it works."""
    stamp = ENVIRONMENT / "up-to-date"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return 0
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    python = str(ENVIRONMENT / "bin" / "python")
    missing = []
    for line in REQUIREMENTS.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name = line.partition("==")[0]
        print(f"oracles: {line}", flush=True)
        install = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", line]
        if subprocess.run(install, check=False).returncode:
            missing.append((name, "it could not be installed; pip's own message is above"))
            continue
        check = subprocess.run(
            [python, "-W", "ignore", "-c", f"import {name}"], check=False, capture_output=True, text=True
        )
        if check.returncode:
            missing.append((name, (check.stderr.strip().splitlines() or ["it ends when imported"])[-1]))
    for name, reason in missing:
        print(f"oracles: {name} is left out, its tests will be skipped: {reason}")
    if not missing:
        stamp.write_text(digest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
