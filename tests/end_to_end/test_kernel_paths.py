"""Wherever a kernel's tree and its files lie, and from wherever they are named."""

import os

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER

pytestmark = [needs_machine, pytest.mark.usefixtures("mark")]


@pytest.fixture
def annotated(tree):
    tree.annotate(
        COUNTER, "DexVerify(Henceforth(Expect('total', '>=', 0)), name='never negative') DexCommandLine(['c;q'])"
    )
    return tree


def test_a_tree_behind_a_link_and_one_from_within(annotated, dexter, monkeypatch, tmp_path):
    (tmp_path / "link").symlink_to(annotated.root)
    for place, name in [
        ("link", COUNTER),
        ("link/kern/thread", "counter.c"),
        ("tree/kern", "../kern/thread/counter.c"),
    ]:
        monkeypatch.chdir(tmp_path / place)
        said = dexter("test", name, "--builder", "os161")
        assert said.status == 0, said
        assert said.out.startswith(f"PASS        {name}  ")


def test_an_emulator_with_a_long_way_to_its_folder(annotated, verify, monkeypatch, tmp_path):
    """The address of a unix socket has room for 107 bytes (unix(7))."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    for agent in ("yes", "no"):
        assert verify(COUNTER, "--gdb-agent", agent).outcomes == ["PASS"]
    assert list(folder.iterdir()) == []


def test_a_kernel_with_an_odd_name(annotated, verify, tmp_path):
    assert verify(COUNTER).outcomes == ["PASS"]
    kernel = annotated.kernel().rename(tmp_path / 'a "kernel", ü$(true)')
    for agent in ("yes", "no"):
        assert verify(COUNTER, "--kernel", kernel, "--gdb-agent", agent).outcomes == ["PASS"]


def test_what_is_kept_of_each_configuration(annotated, verify):
    annotated.settings('[[variant]]\nkernel-config = "NEGATIVE"\nfails = ["never negative"]\n')
    assert verify(".", "--save-temps", "-j", "2", "--filter", "counter").outcomes == ["PASS", "XFAIL"]
    kept = sorted(annotated.root.glob("dexter-results/**/kernel"))
    assert len(kept) == 2
    built = [annotated.kernel(config).read_bytes() for config in ("DUMBVM", "NEGATIVE")]
    assert [kernel.read_bytes() for kernel in kept] == built


def test_a_tree_that_was_copied_with_what_was_built(annotated, verify, dexter, tmp_path):
    """The copy's kernel would name the sources of the original."""
    assert verify(COUNTER).outcomes == ["PASS"]
    annotated.root.rename(tmp_path / "moved")
    assert not os.path.lexists(annotated.root)
    said = dexter("test", tmp_path / "moved" / COUNTER, "--builder", "os161")
    assert said.status == 0, said
