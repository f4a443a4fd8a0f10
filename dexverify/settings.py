"""`dexter.toml`: what a folder says about building and running its tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dexverify.errors import ConfigError

FILE_NAME = "dexter.toml"
_KEYS = {"build": {"sources", "cflags", "ldflags"}, "run": {"arguments", "stdin"}}


@dataclass(frozen=True, slots=True)
class Settings:
    """A folder's settings; `sources` given makes the folder one test. Paths are absolute."""

    sources: tuple[Path, ...] = ()
    cflags: tuple[str, ...] = ()
    ldflags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    stdin: Path | None = None


def settings_of(folder: Path) -> Settings:
    """The settings of a folder: its `dexter.toml`, or none.

    Raises ConfigError for a file that is no TOML, or that has a key or a value which makes no sense.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return Settings()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: error: not valid TOML: {error}") from error
    for section, content in table.items():
        if section not in _KEYS or not isinstance(content, dict):
            raise ConfigError(f"{path}: error: unknown section [{section}]; there are [build] and [run]")
        for key in content.keys() - _KEYS[section]:
            raise ConfigError(f"{path}: error: unknown key {key!r} in [{section}]; there are {sorted(_KEYS[section])}")
    build, run = table.get("build", {}), table.get("run", {})
    stdin = run.get("stdin")
    if stdin is not None and not isinstance(stdin, str):
        raise ConfigError(f"{path}: error: 'stdin' must be the path of a file")
    return Settings(
        sources=tuple(folder / name for name in _words(path, build, "sources")),
        cflags=_words(path, build, "cflags"),
        ldflags=_words(path, build, "ldflags"),
        arguments=_words(path, run, "arguments"),
        stdin=folder / stdin if stdin is not None else None,
    )


def _words(path: Path, section: dict[str, object], key: str) -> tuple[str, ...]:
    words = section.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError(f'{path}: error: {key!r} must be a list of strings, such as {key} = ["a", "b"]')
    if any("\0" in word for word in words):
        raise ConfigError(f"{path}: error: {key!r} holds a NUL character, which no command's argument can")
    return tuple(words)
