"""Asks an engine in `.oracles/` through a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ltd.formula import (
    And,
    Atom,
    Composite,
    Constant,
    ForEach,
    Formula,
    Next,
    Not,
    Or,
    Previously,
    Since,
    Throughout,
    Until,
    Weak,
    Within,
)

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent.parent / ".oracles" / "bin" / "python"
SETUP = "python3 tests/oracles/setup.py"


def missing(engine: str) -> str | None:
    """Why an engine cannot be asked, and what to run; None if it can."""
    if not PYTHON.exists():
        return f"there is no .oracles/: run {SETUP}"
    if engine == "ltlf2dfa" and shutil.which("mona") is None:
        return "mona is not installed: run apt-get install mona"
    check = [str(PYTHON), "-W", "ignore", "-c", f"import {engine}"]
    if subprocess.run(check, check=False, capture_output=True, cwd=HERE).returncode:
        return f"{engine} is not in .oracles/: run {SETUP}, which says why"
    return None


class Oracle:
    """One engine. A context manager, because of the process behind it."""

    def __init__(self, engine: str) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "-W", "ignore", str(HERE / "worker.py"), engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, formula: Sequence[object], traces: Sequence[Sequence[Collection[str]]]) -> dict[str, Any]:
        """The answer for each trace (see worker.py), with the seconds it took. Raises EOFError if it died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        letters = [[sorted(step) for step in trace] for trace in traces]
        request = {"formula": formula, "traces": letters, "seconds": True}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"the engine died on {formula}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def neutral(formula: Formula) -> list[object]:
    """The formula as worker.py reads it: composites expanded, bounded operators unrolled."""
    match formula:
        case Constant():
            return ["true" if formula.value else "false"]
        case Atom():
            return ["atom", formula.predicate]
        case Not() | Next() | Previously():
            return [type(formula).__name__.lower(), neutral(formula.operand)]
        case And() | Or():
            return [type(formula).__name__.lower(), *map(neutral, formula.operands)]
        case Until() | Weak() | Since():
            return [type(formula).__name__.lower(), neutral(formula.left), neutral(formula.right)]
        case Within() | Throughout():
            operand = neutral(formula.operand)
            join = "or" if isinstance(formula, Within) else "and"
            unrolled: list[object] = ["next", operand]
            for _ in range(formula.count - 1):
                unrolled = ["next", [join, operand, unrolled]]
            return unrolled
        case Composite():
            return neutral(formula.expansion)
        case ForEach():
            raise ValueError("no engine knows ForEach")
