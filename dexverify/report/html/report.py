"""`--html`: one page with everything that a run showed. It needs no network, and no other file."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

from dexverify import __version__
from dexverify.judged import Judged
from dexverify.outcome import Outcome
from dexverify.report.encoding import json_bytes, script_json
from dexverify.report.files import write_file
from dexverify.report.html.block import packed_text
from dexverify.report.html.findings import result_data
from dexverify.report.html.run_block import run_block
from dexverify.report.html.sources import Sources
from dexverify.report.model import TestResult
from dexverify.report.outputs import Output
from dexverify.report.paths import relative, shown_path
from dexverify.report.text import visible

# In this order they are one script: each uses what the ones before it define.
SCRIPTS = (
    "elements", "bits", "block", "run", "lanes", "outcomes", "formula", "places", "drawing", "timeline",
    "navigation", "keys", "main",
)  # fmt: skip
STYLES = ("page", "panels", "steps", "layout")


class HtmlReport(Output):
    """Takes what it needs of each test once it is judged, and makes the page at the end."""

    def __init__(self, path: str, source_root: Path | None) -> None:
        self._path = path
        self._source_root = source_root
        self._blocks: dict[str, str] = {}
        self._sources = Sources()

    def observe(self, judged: Judged) -> None:
        """Keep what the page shows of a run, packed; from any thread."""
        block, paths = run_block(judged)
        self._sources.add(paths)
        self._blocks[shown_path(judged.result.label, self._source_root)] = block

    def finish(self, results: Sequence[TestResult]) -> None:
        """Write the page, with the results in their order."""
        root = (self._source_root or Path.cwd()).absolute()
        write_file(self._path, render(results, self._blocks, self._sources, root))


def render(results: Sequence[TestResult], blocks: Mapping[str, str], sources: Sources, root: Path) -> bytes:
    """The page, of results, the blocks of their runs by path, and source files; paths are told as seen from `root`."""
    tests = [result_data(result) for result in results]
    for test, result in zip(tests, results, strict=True):
        test["has_run"] = result.label in blocks
    script = "\n".join(_text(f"script/{name}.js") for name in SCRIPTS)
    style = "\n".join(_text(f"style/{name}.css") for name in STYLES)
    counts = Counter(result.outcome for result in results)
    page = (
        _environment()
        .get_template("page.html")
        .render(
            version=__version__,
            policy=_policy(script, style),
            script=script,
            style=style,
            tests=tests,
            folder=_common_folder([test["path"] for test in tests]),
            counts=[(outcome.value, counts[outcome]) for outcome in Outcome if counts[outcome]],
            good=[outcome.value for outcome in Outcome if outcome.is_good],
            data=script_json({"tests": tests, "root": str(root), "left_out": sources.left_out}),
            left_out=[(visible(relative(path, root)), why) for path, why in sources.left_out.items()],
            blocks=[(number, blocks[result.label]) for number, result in enumerate(results) if result.label in blocks],
            sources=packed_text(json_bytes(sources.texts)),
        )
    )
    return page.encode()


def _common_folder(paths: Sequence[str]) -> str:
    """The folders that all paths begin with, with a slash at the end."""
    levels = zip(*(path.split("/")[:-1] for path in paths), strict=False)
    shared = takewhile(lambda names: len(set(names)) == 1, levels)
    return "".join(f"{names[0]}/" for names in shared)


def _policy(script: str, style: str) -> str:
    """Nothing is loaded from anywhere, and nothing runs but our script: not even what a hostile program printed."""
    hashes = [b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    return f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; base-uri 'none'"


def _environment() -> Environment:
    return Environment(loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined)


def _text(name: str) -> str:
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Traversable:
    return files("dexverify.report.html")
