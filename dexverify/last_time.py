"""What became of each test the last time that it was run: for `--rerun-failed`.

A file for each folder that has tests, so that it matters neither from where they are run nor how they are named.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from dexverify.cache import cache_folder
from dexverify.discovery import Case
from dexverify.outcome import Outcome


class _Folder(msgspec.Struct, frozen=True):
    """The tests of a folder, which is named for people who look into the cache."""

    folder: str
    tests: dict[str, Outcome]


def was_good(cases: Iterable[Case]) -> set[Case]:
    """Those that were good the last time. Of what was never run, or whose record is lost, nothing is known."""
    known: dict[Path, dict[str, Outcome]] = {}
    good = set()
    for case in cases:
        folder = _folder_of(case)
        if folder not in known:
            known[folder] = _read(_file_of(folder))
        outcome = known[folder].get(_name_of(case))
        if outcome is not None and outcome.is_good:
            good.add(case)
    return good


def remember(outcomes: Mapping[Case, Outcome]) -> None:
    """Keep what became of these. Where it cannot be kept, they will be run again: no run fails for that."""
    folders: dict[Path, dict[str, Outcome]] = {}
    for case, outcome in outcomes.items():
        folders.setdefault(_folder_of(case), {})[_name_of(case)] = outcome
    for folder, new in folders.items():
        with suppress(OSError):
            _merge(folder, new)


def _merge(folder: Path, new: Mapping[str, Outcome]) -> None:
    file = _file_of(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another dexter may have run other tests of this folder
        tests = {**_read(file), **new}
        encoded = msgspec.json.encode(_Folder(_text(folder), tests))
        fresh = file.with_suffix(".new")
        fresh.write_bytes(encoded)
        fresh.replace(file)


def _read(file: Path) -> dict[str, Outcome]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Folder).tests
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _file_of(folder: Path) -> Path:
    return cache_folder() / "last" / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]}.json"


def _folder_of(case: Case) -> Path:
    return case.path.resolve().parent


def _name_of(case: Case) -> str:
    return _text(case.path.resolve().name) + (f" ({case.variant.kernel_config})" if case.variant is not None else "")


def _text(path: Path | str) -> str:
    """Names of files need not be UTF-8, and JSON must be."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
