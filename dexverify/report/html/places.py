"""Where the steps of a run were: stacks as paths in a tree of calls, and threads.

Stacks that differ in their frames' addresses alone look alike to a reader, and a deep recursion's stacks share all
but their innermost frames: so each step has a node of the tree, which is a frame and the node of its caller.
"""

from __future__ import annotations

from typing import Any

from dexverify.report.html.block import Block
from drivers.recording import Recording
from drivers.state import Frame


def add_places(block: Block, recording: Recording) -> dict[str, Any]:
    """Adds each step's thread and innermost frame; returns what these numbers mean."""
    tree = _Calls()
    nodes = [tree.node(stack) for stack in recording.stacks]
    block.numbers("step_node", map(nodes.__getitem__, recording.stack_ids))
    block.numbers("node_caller", tree.callers)
    block.numbers("node_frame", tree.frames)
    threads = {thread: number for number, thread in enumerate(dict.fromkeys(recording.threads))}
    block.numbers("step_thread", map(threads.__getitem__, recording.threads))
    return {
        "paths": list(tree.paths),
        "frames": [[function, path, line, inlined] for function, path, line, inlined in tree.known],
        "threads": list(threads),
    }


class _Calls:
    """The tree. A caller is given as its node's number plus one; 0 is said of the outermost frames."""

    def __init__(self) -> None:
        self.callers: list[int] = []
        self.frames: list[int] = []
        self.paths: dict[str, int] = {}
        self.known: dict[tuple[str, int, int, bool], int] = {}
        self._nodes: dict[tuple[int, int], int] = {}

    def node(self, stack: tuple[Frame, ...]) -> int:
        """The node of a stack's innermost frame."""
        above = 0
        for frame in reversed(stack):
            key = (above, self._frame(frame))
            found = self._nodes.get(key)
            if found is None:
                found = self._nodes[key] = len(self.frames)
                self.callers.append(above)
                self.frames.append(key[1])
            above = found + 1
        return above - 1

    def _frame(self, frame: Frame) -> int:
        path = self.paths.setdefault(frame.path or "", len(self.paths))
        key = (frame.function or "??", path, frame.line, frame.is_inlined)
        return self.known.setdefault(key, len(self.known))
