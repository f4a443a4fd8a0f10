"""The rules of the tree: who may import whom, what is never used, and that the texts say what is done."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.inside import boot
from drivers.lldb.bindings import BindingsError, find_bindings

ROOT = Path(__file__).parents[1]
PACKAGES = ("ltd", "drivers", "dexverify")
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
FOLDERS = {"benchmarks", "dexverify", "docs", "drivers", "examples", "ltd", "scripts", "tests"}

# What turns text or data into running code, or a command line into a shell's.
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill"}


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of every module imported anywhere in a file of `package`, in functions too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom(level=0):
                yield node.lineno, node.module or ""
            case ast.ImportFrom():
                yield node.lineno, package  # a relative import stays inside; nothing here leaves its package
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield node.lineno, name


def offences(text: str, package: str) -> list[str]:
    """What a file of `package` with this text does against the rules."""
    found = []
    tree = ast.parse(text)
    others = set(PACKAGES) - {package} if package != "dexverify" else set()
    for line, name in imported(tree, package):
        top = name.partition(".")[0]
        if top in others:
            found.append(f"{line}: {package} imports {name}")
        if top in FORBIDDEN_MODULES:
            found.append(f"{line}: imports {name}")
        if package == "ltd" and top != "ltd" and top not in sys.stdlib_module_names:
            found.append(f"{line}: ltd imports {name}, which is not in the standard library")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func) in FORBIDDEN_CALLS:
                found.append(f"{node.lineno}: calls {ast.unparse(node.func)}")
            for keyword in node.keywords:
                is_off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                if keyword.arg == "shell" and not is_off:
                    found.append(f"{node.lineno}: a shell")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_keeps_to_the_rules(file):
    assert offences(file.read_text(), file.relative_to(ROOT).parts[0]) == []


@pytest.mark.parametrize(
    ("package", "text"),
    [
        ("ltd", "import drivers.state"),
        ("ltd", "from dexverify import errors"),
        ("ltd", "def f():\n    from drivers.state import Step"),
        ("ltd", "import importlib\nimportlib.import_module('drivers.state')"),
        ("ltd", "import msgspec"),
        ("drivers", "import ltd"),
        ("drivers", "if True:\n    import dexverify.plan as plan"),
        ("dexverify", "import pickle"),
        ("dexverify", "x = eval('1')"),
        ("dexverify", "import subprocess\nsubprocess.run('ls', shell=True)"),
        ("dexverify", "import os\nos.system('ls')"),
    ],
)
def test_the_rules_catch_what_they_are_for(package, text):
    assert len(offences(text, package)) >= 1


def test_the_rules_let_pass_what_is_allowed():
    assert offences("import ltd.formula\nimport drivers.state\nimport re\nre.compile('x')", "dexverify") == []
    assert offences("import pygdbmi.gdbmiparser\nfrom drivers.state import Step", "drivers") == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_file_is_too_long_to_read(file):
    assert len(file.read_text().splitlines()) <= 500


def module_names() -> dict[Path, str]:
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in FILES}
    return {file: name.removesuffix(".__init__") for file, name in names.items()}


def needs_lldb(file: Path) -> bool:
    """Whether it is imported only where lldb's module has been loaded: in the worker."""
    tree = ast.parse(file.read_text())
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    names = {name for _, name in imported(top, file.relative_to(ROOT).parts[0])}
    ours = [ROOT / f"{name.replace('.', '/')}.py" for name in names if name.startswith("drivers.lldb.")]
    return any(name.partition(".")[0] == "lldb" for name in names) or any(map(needs_lldb, ours))


def test_every_module_can_be_imported_alone_and_without_a_warning():
    names = [name for file, name in module_names().items() if not needs_lldb(file) and not name.endswith("__main__")]
    # Each is imported into an interpreter that has none of ours yet, so that it has to bring what it needs.
    program = f"""
import importlib, sys
for name in {names!r}:
    for loaded in [loaded for loaded in sys.modules if loaded.partition('.')[0] in {PACKAGES!r}]:
        del sys.modules[loaded]
    importlib.import_module(name)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_what_needs_lldb_can_be_imported_alone_where_that_is_loaded():
    try:
        found = find_bindings()
    except BindingsError as error:
        pytest.skip(f"UNSUPPORTED: {error}")
    names = [name for file, name in module_names().items() if needs_lldb(file)]
    assert names
    program = f"""
import importlib, runpy, sys
runpy.run_path({boot.__file__!r})["boot"]({str(ROOT / "drivers")!r})
from drivers.lldb.loading import load
load({found.package!r}, {found.library!r}, {found.server!r})
for name in {names!r}:
    for loaded in [loaded for loaded in sys.modules if loaded.startswith("drivers.")]:
        del sys.modules[loaded]
    importlib.import_module(name)
"""
    done = subprocess.run([found.python, "-I", "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ltd_needs_nothing_but_the_standard_library():
    modules = [f"ltd.{file.stem}" for file in sorted((ROOT / "ltd").glob("*.py")) if file.stem != "__init__"]
    done = subprocess.run(
        # -S: no site-packages. -P: nothing but what is named is on the path.
        [sys.executable, "-S", "-P", "-W", "error", "-c", f"import ltd, {', '.join(modules)}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_packages_are_typed():
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").is_file()] == []


def tracked() -> list[str]:
    """The files of the tree as git has them; none where this is not a checkout (a source archive)."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_top_level_folders_are_the_projects():
    folders = {name.split("/")[0] for name in tracked() if "/" in name}
    assert {folder for folder in folders if not folder.startswith(".")} <= FOLDERS


def test_ci_runs_exactly_what_the_readme_tells_to_run():
    readme = (ROOT / "README.md").read_text()
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("exec ")]
    assert commands == ["exec make test"]
    assert re.search(r"^\s*(\$ )?make test\b", readme, re.MULTILINE), "README.md does not tell to run `make test`"
