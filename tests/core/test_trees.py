"""The root of a kernel's tree, and what its `dexter.toml` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dexverify.errors import ConfigError
from dexverify.settings import settings_of
from dexverify.trees import Tree, Variant, tree_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "kern" / "conf").mkdir(parents=True)
    (root / "kern" / "conf" / "config").touch()
    (root / "kern" / "thread").mkdir()
    return root


def say(root: Path, text: str) -> None:
    (root / "dexter.toml").write_text(text)


def test_the_root_is_found_from_any_place_in_the_tree(root):
    source = root / "kern" / "thread" / "synch.c"
    source.touch()
    for place in (root, root / "kern", root / "kern" / "thread", source, root / "not" / "there.c"):
        assert tree_of(place) == Tree(root)
    assert tree_of(root.parent) is None


def test_a_tree_that_says_nothing_has_the_defaults(root):
    tree = tree_of(root)
    assert tree is not None
    assert (tree.kernel_config, tree.console_timeout, tree.is_default, tree.variants) == ("DUMBVM", 10.0, False, ())
    assert (tree.machine, tree.cpus, tree.seed, tree.ramsize) == (None, None, None, None)


def test_the_nearest_tree_counts(root):
    inner = root / "kern" / "inner"
    (inner / "kern" / "conf").mkdir(parents=True)
    (inner / "kern" / "conf" / "config").touch()
    assert tree_of(inner / "kern" / "thread") == Tree(inner)


def test_a_tree_reached_through_a_link_is_where_it_really_is(root, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(root)
    assert tree_of(tmp_path / "link" / "kern") == Tree(root)
    monkeypatch.chdir(root / "kern")
    assert tree_of(Path("thread/synch.c")) == Tree(root)


def test_a_folder_called_config_makes_no_root(root):
    (root / "kern" / "conf" / "config").unlink()
    (root / "kern" / "conf" / "config").mkdir()
    assert tree_of(root) is None


def test_everything_that_can_be_said_is_read(root):
    say(
        root,
        """
        builder = "os161"

        [os161]
        kernel-config = "GENERIC"
        machine = "sys161"
        cpus = 4
        seed = 0
        ramsize = "512K"
        console-timeout = 3

        [[variant]]
        kernel-config = "LOSTWAKEUP"
        arguments = ["wt;q"]
        fails = ["every sleeper is woken", "no deadlock"]
        reason = "a wake-up is dropped"

        [[variant]]
        kernel-config = "NOTHING"

        [[variant]]
        kernel-config = "EMPTY"
        arguments = []
        """,
    )
    assert tree_of(root) == Tree(
        root,
        kernel_config="GENERIC",
        machine="sys161",
        cpus=4,
        seed=0,
        ramsize="512K",
        console_timeout=3.0,
        is_default=True,
        variants=(
            Variant("LOSTWAKEUP", ("wt;q",), ("every sleeper is woken", "no deadlock"), "a wake-up is dropped"),
            Variant("NOTHING"),
            Variant("EMPTY", arguments=()),
        ),
    )


def test_the_root_may_say_how_programs_are_built_too(root):
    say(root, 'builder = "os161"\n[build]\ncflags = ["-O1"]\n')
    assert settings_of(root).cflags == ("-O1",)
    assert tree_of(root) == Tree(root, is_default=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('builder = "os162"', "'builder' must be os161, not 'os162'; did you mean 'os161'?"),
        ("builder = 161", "'builder' must be a string"),
        ("os161 = 1", "'os161' must be a section, which begins with a line [os161]"),
        ("[[os161]]", "'os161' must be a section"),
        ("[os161]\ncpu = 1", "unknown key 'cpu' in [os161]; there are kernel-config, machine, cpus, "),
        ("[os161]\ncpu = 1", "; did you mean 'cpus'?"),
        ("[os161]\ncpus = 0", "'cpus' must be a whole number from 1 to 32"),
        ("[os161]\ncpus = 33", "'cpus' must be a whole number from 1 to 32"),
        ("[os161]\ncpus = true", "'cpus' must be a whole number"),
        ("[os161]\ncpus = 1.0", "'cpus' must be a whole number"),
        ("[os161]\nseed = -1", "'seed' must be a whole number from 0 to 4,294,967,295"),
        ('[os161]\nseed = "1"', "'seed' must be a whole number"),
        ('[os161]\nmachine = "quemu"', "'machine' must be sys161 or qemu, not 'quemu'; did you mean 'qemu'?"),
        ("[os161]\nramsize = 4", "'ramsize' must be a string"),
        ('[os161]\nramsize = "4"', "'ramsize' must be a number with K or M, such as \"4M\", not '4'"),
        ('[os161]\nramsize = "4MB"', "'ramsize' must be a number with K or M"),
        ("[os161]\nconsole-timeout = 0", "'console-timeout' must be a number of seconds above 0"),
        ("[os161]\nconsole-timeout = nan", "'console-timeout' must be a number of seconds above 0"),
        ("[os161]\nconsole-timeout = inf", "'console-timeout' must be a number of seconds above 0"),
        ('[os161]\nconsole-timeout = "1"', "'console-timeout' must be a number of seconds above 0"),
        ('[os161]\nkernel-config = ""', "'kernel-config' must be the name of a file in kern/conf"),
        ("variant = 1", "which begins with a line [[variant]]"),
        ("variant = [1]", "which begins with a line [[variant]]"),
        ("[variant]", "which begins with a line [[variant]]"),
        ("[[variant]]", 'a [[variant]] needs its kernel configuration: kernel-config = "NAME"'),
        ('[[variant]]\nkernel-config = "A"\nfail = []', "unknown key 'fail' in [[variant]]; there are kernel-config, "),
        ('[[variant]]\nkernel-config = "A"\nfails = "b"', "'fails' must be a list of strings"),
        ('[[variant]]\nkernel-config = "A"\narguments = "b"', "'arguments' must be a list of strings"),
        ('[[variant]]\nkernel-config = "A"\nreason = 1', "'reason' must be a string"),
        (
            "[os162]",
            "unknown section [os162]; there are [build], [run], builder, [os161] and [[variant]]; did you mean",
        ),
        ('bulider = "os161"', "unknown key 'bulider'; there are"),
        ("[os161", "not valid TOML"),
    ],
)
def test_what_makes_no_sense_is_told_with_the_file(root, text, told):
    say(root, text)
    with pytest.raises(ConfigError) as caught:
        tree_of(root / "kern" / "thread")
    assert str(caught.value).startswith(f"{root / 'dexter.toml'}: error: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [('builder = "os161"', "builder"), ("[os161]", "[os161]"), ("[[variant]]", "[[variant]]")],
)
def test_only_the_root_may_speak_of_kernels(root, text, what):
    say(root / "kern", text)
    with pytest.raises(ConfigError) as caught:
        settings_of(root / "kern")
    assert str(caught.value) == (
        f"{root}/kern/dexter.toml: error: {what} says how a kernel is built, and only the dexter.toml at the root "
        "of its tree may (the folder that has kern/conf/config)"
    )
    say(root / "kern", "[os162]")
    with pytest.raises(ConfigError, match=r"unknown section \[os162\]; there are \[build\] and \[run\]$"):
        settings_of(root / "kern")


@pytest.mark.parametrize("text", ["build = 3", "run = []"])
def test_a_section_must_be_one(tmp_path, text):
    say(tmp_path, text)
    with pytest.raises(ConfigError, match=r"must be a section, which begins with a line \["):
        settings_of(tmp_path)


def test_a_misspelt_key_names_the_nearest(tmp_path):
    say(tmp_path, "[build]\nsource = []\n")
    with pytest.raises(ConfigError, match=r"unknown key 'source' in \[build\]; .*; did you mean 'sources'\?$"):
        settings_of(tmp_path)
