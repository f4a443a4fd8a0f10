"""`dexter.toml`: what a folder says about building and running its tests."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from dexverify.errors import ConfigError

FILE_NAME = "dexter.toml"
CONFIG_SCRIPT = Path("kern/conf/config")
"""What the root of an OS/161 tree has, and no other folder."""

_KEYS = {"build": ("sources", "cflags", "ldflags"), "run": ("arguments", "stdin")}
# What trees.py reads; shown as they are written.
_OF_TREES = {"builder": "builder", "os161": "[os161]", "variant": "[[variant]]"}


@dataclass(frozen=True, slots=True)
class Settings:
    """A folder's settings; `sources` given makes the folder one test. Paths are absolute."""

    sources: tuple[Path, ...] = ()
    cflags: tuple[str, ...] = ()
    ldflags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    stdin: Path | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a `dexter.toml`. `title` is how it is written there: `[build]`; empty for the whole file.

    Every method raises ConfigError for a value that makes no sense, with the file's path in front.
    """

    path: Path
    title: str
    content: dict[str, object]

    def check_keys(self, known: Collection[str]) -> None:
        for key in self.content:
            if key not in known:
                self.refuse(f"unknown key {key!r} in {self.title}; there are {', '.join(known)}{nearest(key, known)}")

    def words(self, key: str) -> tuple[str, ...]:
        words = self.content.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            self.refuse(f'{key!r} must be a list of strings, such as {key} = ["a", "b"]')
        if any("\0" in word for word in words):
            self.refuse(f"{key!r} holds a NUL character, which no command's argument can")
        return tuple(words)

    def text(self, key: str) -> str | None:
        value = self.content.get(key)
        if value is not None and not isinstance(value, str):
            self.refuse(f'{key!r} must be a string, such as {key} = "a"')
        return value

    def one_of(self, key: str, known: Collection[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in known:
            self.refuse(f"{key!r} must be {' or '.join(known)}, not {value!r}{nearest(value, known)}")
        return value

    def whole(self, key: str, first: int, last: int) -> int | None:
        value = self.content.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not first <= value <= last:
            self.refuse(f"{key!r} must be a whole number from {first} to {last:,}")
        return value

    def seconds(self, key: str) -> float | None:
        value = self.content.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
            self.refuse(f"{key!r} must be a number of seconds above 0")
        return float(value)

    def refuse(self, why: str) -> NoReturn:
        raise ConfigError(f"{self.path}: error: {why}")


def settings_of(folder: Path) -> Settings:
    """The settings of a folder: its `dexter.toml`, or none. What is said of a tree's kernels is `trees.tree_of`'s.

    Raises ConfigError for a file that is no TOML, or that has a key or a value which makes no sense.
    """
    whole = read(folder)
    build, run = (section(whole, name) for name in _KEYS)
    for each in (build, run):
        each.check_keys(_KEYS[each.title.strip("[]")])
    stdin = run.content.get("stdin")
    if stdin is not None and not isinstance(stdin, str):
        run.refuse("'stdin' must be the path of a file")
    return Settings(
        sources=tuple(folder / name for name in build.words("sources")),
        cflags=build.words("cflags"),
        ldflags=build.words("ldflags"),
        arguments=run.words("arguments"),
        stdin=folder / stdin if stdin is not None else None,
    )


def read(folder: Path) -> Section:
    """The whole `dexter.toml` of a folder, its sections known by name; empty where there is none.

    Raises ConfigError for a file that is no TOML, for an unknown section, and for what only a tree's root may say.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return Section(path, "", {})
    try:
        whole = Section(path, "", tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: error: not valid TOML: {error}") from error
    is_root = (folder / CONFIG_SCRIPT).is_file()
    for name, content in whole.content.items():
        if name in _OF_TREES:
            if not is_root:
                whole.refuse(
                    f"{_OF_TREES[name]} says how a kernel is built, and only the {FILE_NAME} at the root of its tree "
                    f"may (the folder that has {CONFIG_SCRIPT})"
                )
        elif name not in _KEYS:
            what = f"section [{name}]" if isinstance(content, dict) else f"key {name!r}"
            known = [*_KEYS, *(_OF_TREES if is_root else ())]
            there_are = "[build], [run], builder, [os161] and [[variant]]" if is_root else "[build] and [run]"
            whole.refuse(f"unknown {what}; there are {there_are}{nearest(name, known)}")
    return whole


def section(whole: Section, name: str) -> Section:
    """The section `[name]`, empty where there is none. Raises ConfigError when it is none."""
    content = whole.content.get(name, {})
    if not isinstance(content, dict):
        whole.refuse(f"{name!r} must be a section, which begins with a line [{name}]")
    return Section(whole.path, f"[{name}]", content)


def nearest(name: str, known: Collection[str]) -> str:
    """The question after an unknown name whether that known one was meant; empty when none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
