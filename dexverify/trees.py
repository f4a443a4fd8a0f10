"""The OS/161 trees: where the root is, and what its `dexter.toml` says about kernels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexverify.options import MACHINES, MAX_CPUS, MAX_SEED, RAMSIZE
from dexverify.settings import CONFIG_SCRIPT, Section, read, section

DEFAULT_KERNEL_CONFIG = "DUMBVM"
CONSOLE_TIMEOUT_S = 10.0

_OS161_KEYS = ("kernel-config", "machine", "cpus", "seed", "ramsize", "console-timeout")
_VARIANT_KEYS = ("kernel-config", "arguments", "fails", "reason")


@dataclass(frozen=True, slots=True)
class Variant:
    """The same annotated files once more, on the kernel configuration `kernel_config`, in one boot.

    `arguments` replace the files' DexCommandLine; None leaves it. `fails` are the names of the propositions that
    must fail there, because of `reason`; all others must hold.
    """

    kernel_config: str
    arguments: tuple[str, ...] | None = None
    fails: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree and its settings; None is the machine's own choice. `console_timeout` in seconds.

    `root` is absolute and free of symbolic links, as the paths in the kernel's debug information are: make and the
    compiler name the folder that they work in so. `is_default` says that `builder = "os161"` stands there.
    """

    root: Path
    kernel_config: str = DEFAULT_KERNEL_CONFIG
    machine: str | None = None
    cpus: int | None = None
    seed: int | None = None
    ramsize: str | None = None
    console_timeout: float = CONSOLE_TIMEOUT_S
    is_default: bool = False
    variants: tuple[Variant, ...] = ()


def tree_of(path: Path) -> Tree | None:
    """The tree that `path` lies in: of the nearest folder, itself or above, that has `kern/conf/config`.

    Raises ConfigError as `settings_of` does.
    """
    place = path.resolve()
    for folder in (place, *place.parents):
        if (folder / CONFIG_SCRIPT).is_file():
            return _read_tree(folder)
    return None


def _read_tree(root: Path) -> Tree:
    whole = read(root)
    os161 = section(whole, "os161")
    os161.check_keys(_OS161_KEYS)
    ramsize = os161.text("ramsize")
    if ramsize is not None and not RAMSIZE.fullmatch(ramsize):
        os161.refuse(f"'ramsize' must be a number with K or M, such as \"4M\", not {ramsize!r}")
    return Tree(
        root=root,
        kernel_config=_kernel_config(os161) or DEFAULT_KERNEL_CONFIG,
        machine=os161.one_of("machine", MACHINES),
        cpus=os161.whole("cpus", 1, MAX_CPUS),
        seed=os161.whole("seed", 0, MAX_SEED),
        ramsize=ramsize,
        console_timeout=os161.seconds("console-timeout") or CONSOLE_TIMEOUT_S,
        is_default=whole.one_of("builder", ("os161",)) is not None,
        variants=_variants(whole),
    )


def _variants(whole: Section) -> tuple[Variant, ...]:
    tables = whole.content.get("variant", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        whole.refuse("each variant is a section of its own, which begins with a line [[variant]]")
    return tuple(_variant(Section(whole.path, "[[variant]]", table)) for table in tables)


def _variant(table: Section) -> Variant:
    table.check_keys(_VARIANT_KEYS)
    kernel_config = _kernel_config(table)
    if kernel_config is None:
        table.refuse('a [[variant]] needs its kernel configuration: kernel-config = "NAME"')
    return Variant(
        kernel_config,
        arguments=table.words("arguments") if "arguments" in table.content else None,
        fails=table.words("fails"),
        reason=table.text("reason") or "",
    )


def _kernel_config(table: Section) -> str | None:
    name = table.text("kernel-config")
    # Whether there is such a file is found where it is built: a tree's tests need not all be kernels.
    if name == "":
        table.refuse("'kernel-config' must be the name of a file in kern/conf")
    return name
