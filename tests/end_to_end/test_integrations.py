"""The hooks for pre-commit, run by pre-commit; the action for GitHub, its steps run as a runner would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GOOD = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
BAD = "void other(void) { }\nint main(void) { return 0; }\n// DexVerify(Eventually(In('other')))\n"
WRONG = "int main(void) { return 0; }\n// DexVerify(Eventualy(In('main')))\n"


def run(*command, directory, **environment):
    return subprocess.run(
        [str(word) for word in command],
        cwd=directory,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# pre-commit


@pytest.fixture
def commit_hook(tmp_path):
    """Run a hook over a scratch repository that has these files.

    The hooks come from a repository that has nothing but their definition, and `language: system` takes the dexter
    that is here: pre-commit would install one from the network.
    """
    hooks, scratch = tmp_path / "hooks", tmp_path / "scratch"
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for folder in (hooks, scratch):
        folder.mkdir()
        assert run("git", "init", "-q", ".", directory=folder).returncode == 0
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    run("git", "add", ".", directory=hooks)
    run("git", *identity, "commit", "-qm", "hooks", directory=hooks)
    revision = run("git", "rev-parse", "HEAD", directory=hooks).stdout.strip()

    def commit_hook(hook, files, **more):
        for name, text in files.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        config = {
            "repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": hook, "language": "system", **more}]}]
        }
        (scratch / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        run("git", "add", ".", directory=scratch)
        return run("pre-commit", "run", "--verbose", directory=scratch, PRE_COMMIT_HOME=str(tmp_path / "home"))

    return commit_hook


def test_a_commit_of_what_holds_passes(commit_hook):
    done = commit_hook("dexter", {"a.c": GOOD})
    assert done.returncode == 0, done.stdout
    assert re.search(r"^dexter test\.+Passed$", done.stdout, re.MULTILINE)
    assert "1 test: 1 PASS" in done.stdout


def test_a_commit_of_what_fails_is_stopped_and_explained(commit_hook):
    done = commit_hook("dexter", {"a.c": GOOD, "deep/b.c": BAD})
    assert done.returncode == 1
    assert re.search(r"^dexter test\.+Failed$", done.stdout, re.MULTILINE)
    assert "does not hold at step 0" in done.stdout


def test_a_hook_can_be_told_where_the_suite_is(commit_hook):
    done = commit_hook("dexter", {"good/a.c": GOOD, "bad/b.c": BAD}, args=["good"])
    assert done.returncode == 0, done.stdout


def test_a_commit_without_a_program_runs_nothing(commit_hook):
    done = commit_hook("dexter", {"readme.txt": "DexVerify\n"})
    assert (done.returncode, "Skipped" in done.stdout) == (0, True)


def test_annotations_are_checked_without_a_run(commit_hook):
    assert commit_hook("dexter-parse", {"a.c": BAD}).returncode == 0
    done = commit_hook("dexter-parse", {"a.c": WRONG})
    assert done.returncode == 1
    assert "there is no operator Eventualy" in done.stdout


def test_the_manifest_is_valid():
    done = run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", directory=ROOT)
    assert (done.returncode, done.stdout) == (0, "")


# GitHub


@pytest.fixture
def action():
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def test_the_action_is_valid():
    done = run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml", directory=ROOT)
    assert done.returncode == 0, done.stdout


def step(action, name, directory, path="", **inputs):
    """Run a step of the action: a runner puts the inputs where they are named, and starts `sh -e` on the script."""
    (step,) = (step for step in action["runs"]["steps"] if step["name"] == name)
    assert step["shell"] == "sh"
    assert "${{" not in step["run"], "what a user gives must not become part of a script"
    given = {key: value["default"] for key, value in action["inputs"].items()} | inputs
    environment = {
        key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], text)
        for key, text in step["env"].items()
    }
    environment |= {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(directory / "runner")}
    script = directory / "step.sh"
    script.write_text(step["run"] + "\n")
    if path:
        environment["PATH"] = path
    return run("/bin/sh", "-e", script, directory=directory, **environment)


@pytest.fixture
def run_the_action(action, tmp_path):
    """The step that runs the tests, with the dexter that is here in the place of the one that is set up."""
    folder = tmp_path / "runner" / "dexter" / "bin"
    folder.mkdir(parents=True)
    (folder / "dexter").symlink_to(BIN / "dexter")
    return lambda **inputs: step(action, "dexter test", tmp_path, **inputs)


def test_the_action_judges_what_is_in_the_repository(run_the_action, write):
    write(GOOD, "a.c")
    done = run_the_action()
    assert done.returncode == 0, done.stderr
    assert "1 test: 1 PASS" in done.stdout
    write(BAD, "suite/b.c")
    done = run_the_action()
    assert done.returncode == 1
    assert re.search(r"^::error .*file=suite/b\.c,.*line=3", done.stdout, re.MULTILINE), done.stdout
    assert run_the_action(paths="a.c").returncode == 0


def test_a_line_is_an_argument_and_nothing_else(run_the_action, write, tmp_path):
    write(
        "int main(void) {\n    int n = N + M;\n    return n - n;\n}\n// DexVerify(Eventually(Expect('n', 7)))\n",
        "a b.c",
    )
    write(GOOD, "*.c")
    done = run_the_action(paths="a b.c\n*.c", options="--cflags=-DN=3 -DM=4\n--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 tests: 2 PASS" in done.stdout
    hostile = "$(touch made); `touch made`; touch made"
    done = run_the_action(paths=hostile)
    assert done.returncode == 2
    assert hostile in done.stderr
    assert not (tmp_path / "made").exists()


def test_the_action_sets_up_an_environment_of_its_own(action, tmp_path):
    # An interpreter that says how it was called, and makes environments whose interpreter is itself.
    folder, log = tmp_path / "bin", tmp_path / "log"
    folder.mkdir()
    for name in ("sh", "dirname", "env", "gcc", "gdb", "mkdir", "cp", "id"):
        (folder / name).symlink_to(shutil.which(name) or name)
    python = folder / "python3"
    python.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> "{log}"\n'
        f'[ "$2" != venv ] || {{ mkdir -p "$4/bin"; cp "{python}" "$4/bin/python"; }}\n'
    )
    python.chmod(0o755)
    done = step(action, "Set up dexter", tmp_path, path=str(folder))
    assert done.returncode == 0, done.stderr
    calls = [line for line in log.read_text().splitlines() if line.startswith("-m ")]
    assert calls == [
        f"-m venv --clear {tmp_path}/runner/dexter",
        f"-m pip install --quiet --disable-pip-version-check {ROOT}",
    ]
