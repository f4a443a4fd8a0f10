"""`python -m tests.docs.regenerate [FILE …]`: what the commands in the documents print, printed anew.

What would compare as equal is left as it is. Read the difference before it is committed: it is what users see.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.blocks import DOCUMENTS, blocks_of
from tests.docs.play import comparable, lacking, play


def regenerate(path: Path) -> int:
    """Rewrite the console blocks of a document; the number of those that have changed."""
    document = path.read_text("utf-8")
    pieces, position, changed = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="dexter-docs-") as folder:
        for block, actual in play(blocks_of(path), Path(folder).resolve()):
            if comparable(block, actual) == comparable(block, block.text):
                continue
            pieces += [document[position : block.start], actual]
            position = block.end
            changed += 1
    path.write_text("".join([*pieces, document[position:]]), "utf-8")
    return changed


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]) if len(sys.argv) > 1 else DOCUMENTS:
        reason = lacking(blocks_of(file.absolute()))
        print(f"{file}: {reason or f'{regenerate(file.absolute())} changed'}")
