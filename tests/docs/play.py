"""Playing a document: its files are written and its commands are run, one after the other, in a folder of its own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from drivers import process
from tests.docs.blocks import Block

HOME = "/home/you/work"
"""What stands for the folder in the documents."""

_VARYING = ((re.compile(r"\b\d+\.\d s\b"), "0.0 s"), (re.compile(r'("seconds": )[\d.]+'), r"\g<1>0.0"))


def play(blocks: list[Block], folder: Path) -> Iterator[tuple[Block, str]]:
    """Each block of commands, with what it should say: the commands as they are, and what they printed now."""
    status = 0
    for block in blocks:
        if block.action == "name":
            file = folder / block.attributes["name"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
            if block.text.startswith("#!"):
                file.chmod(0o755)
        elif block.action == "run":
            said = []
            for command in commands_of(block):
                output, status = run(command, folder, status)
                said.append(f"$ {command}\n{output}")
            yield block, "".join(said)


def commands_of(block: Block) -> list[str]:
    return [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]


def run(command: str, folder: Path, status: int) -> tuple[str, int]:
    """What a command prints, and its exit status. `status` is that of the one before it, for `echo $?`."""
    environment = {
        **os.environ,
        # The system's tools and no others, whatever the reader has installed besides.
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }
    script = f"(exit {status})\n{command}"
    done = process.run(["sh", "-c", script], deadline_s=120, directory=folder, environment=environment)
    output = done.output.replace(f"{folder}/", f"{HOME}/").replace(str(folder), HOME)
    if output and not output.endswith("\n"):
        output += "\n"
    return output, done.status if done.status is not None else 124


def comparable(block: Block, text: str) -> str:
    """The text without what may differ from one run, or one machine, to the next."""
    for varying, constant in _VARYING:
        text = varying.sub(constant, text)
    if block.attributes.get("compare") == "words":
        words = ((line.split() or [""])[0] for line in text.splitlines())
        return "\n".join("N" if word.replace(",", "").isdecimal() else word for word in words)
    return text
