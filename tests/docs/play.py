"""Playing a document: its files are written and its commands are run, one after the other, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from dexverify.doctor import shortage
from drivers import process
from tests.docs.blocks import ROOT, Block

HOME = "/home/you/work"
"""What stands for the folder in the documents."""

KERNEL = "examples/LTD/os161"

# Addresses depend on the length of the folder's name, which is in the kernel; steps on when its timer interrupts.
_NUMBER = re.compile(r"\b(?:0x[0-9a-f]+|\d[\d,]*(?:\.\d+)?)\b")
_SPACES = re.compile(r" {2,}")

_VARYING = (
    (re.compile(r"\b\d+\.\d s\b"), "0.0 s"),
    (re.compile(r"\b\d+\.\d\ds\b"), "0.00s"),  # as pytest writes it
    (re.compile(r'("seconds": )[\d.]+'), r"\g<1>0.0"),
)


def lacking(blocks: list[Block]) -> str | None:
    """Why these cannot be played here; None when they can. The example kernel needs its compiler and its machine."""
    is_kernel = any(block.attributes.get("copy") == KERNEL or block.action == "bug" for block in blocks)
    return shortage(["bmake", "mips-gcc", "mips-gdb", "qemu-mips"]) if is_kernel else None


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
        elif block.action == "apply":
            apply(block, folder / block.attributes["apply"])
        elif block.action == "copy":
            copy(ROOT / block.attributes["copy"], folder)
        elif block.action == "run":
            said = []
            for command in commands_of(block):
                output, status = run(command, folder, status)
                said.append(f"$ {command}\n{output}")
            yield block, "".join(said)


def copy(tree: Path, folder: Path) -> None:
    """Without what was built there: the paths of the sources are in it."""
    shutil.copytree(tree, folder, ignore=shutil.ignore_patterns("compile"), dirs_exist_ok=True)


def apply(block: Block, file: Path) -> None:
    """Change a file as a diff without line numbers says; its old lines must stand there, and only once."""
    lines = block.text.splitlines(keepends=True)
    old, new = ("".join(line[1:] or line for line in lines if line[0] != sign) for sign in "+-")
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{block}: these lines are in {block.attributes['apply']} {text.count(old)} times"
    file.write_text(text.replace(old, new), "utf-8")


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
    return without_numbers(text) if block.attributes.get("compare") == "text" else text


def without_numbers(text: str) -> str:
    """The text with an N for every number, and no more than one space anywhere."""
    return "\n".join(_SPACES.sub(" ", _NUMBER.sub("N", line)).rstrip() for line in text.splitlines())
