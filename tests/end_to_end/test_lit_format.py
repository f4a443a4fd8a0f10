"""lit with our test format: it finds what `dexter test` finds, and says the same of it in its own words."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.kernels import needs_machine
from tests.end_to_end.kernel_tree import COUNTER

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
GOOD = "int main(void) { return 0; }\n// DexVerify(Henceforth(In('main')))\n"
BAD = "void other(void) { }\nint main(void) { return 0; }\n// DexVerify(Eventually(In('other')))\n"
CONFIG = """
import dexverify.lit_format
config.name = "suite"
config.test_format = dexverify.lit_format.DexterTest({options})
"""


@pytest.fixture
def lit(tmp_path):
    """Run lit on the folder `suite`: what it said, and the code of each test by its path in the suite."""
    (tmp_path / "suite").mkdir()

    def lit(*arguments, options="", paths=("suite",)):
        (tmp_path / "suite" / "lit.cfg.py").write_text(CONFIG.format(options=options))
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        program = "import lit.main; lit.main.main()"
        done = subprocess.run(
            [sys.executable, "-c", program, "-v", "-o", report, *arguments, *paths],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        tests = json.loads(report.read_text())["tests"] if report.exists() else []
        return done, {test["name"].removeprefix("suite :: "): test["code"] for test in tests}

    return lit


def test_every_outcome_has_its_code(write, lit):
    write(GOOD, "suite/pass.c")
    write(BAD, "suite/deep/fail.c")
    write(BAD, "suite/xfail_a.c")
    write(GOOD + "// XFAIL: nothing\n", "suite/xpass.c")
    write(GOOD + "// REQUIRES: lldb-python, sys161\n", "suite/unsupported.c")
    write("int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n", "suite/timeout.c")
    write(GOOD.replace("In('main')", "Expect('unseen', 1)"), "suite/unresolved.c")
    write("int main(void) { return nothing; }\n// DexVerify(Henceforth(True))\n", "suite/error.c")
    write("// DexVerify(Eventualy(True))\n" + GOOD, "suite/wrong.c")
    write("int no_annotation;\n", "suite/other.c")
    done, codes = lit(options="'--timeout-total', '2'")
    assert codes == {
        "pass.c": "PASS",
        "deep/fail.c": "FAIL",
        "xfail_a.c": "XFAIL",
        "xpass.c": "XPASS",
        "unsupported.c": "UNSUPPORTED",
        "timeout.c": "TIMEOUT",
        "unresolved.c": "UNRESOLVED",
        "error.c": "UNRESOLVED",
        "wrong.c": "UNRESOLVED",
    }
    assert done.returncode == 1
    assert "there is no operator Eventualy" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_failure_is_explained(write, lit):
    write(BAD, "suite/fail.c")
    done, _ = lit()
    assert "does not hold at step 0" in done.stdout
    assert "^^^^^" in done.stdout


def test_examples(tmp_path, lit):
    for topic in ("composite", "past"):
        shutil.copytree(EXAMPLES / topic, tmp_path / "suite" / topic)
    done, codes = lit("-j", "2", options="'--strict'")
    files = [path.relative_to(tmp_path / "suite") for path in (tmp_path / "suite").rglob("*.c")]
    assert codes == {str(file): "XFAIL" if file.name.startswith("xfail_") else "PASS" for file in files}
    assert len(codes) >= 20
    assert done.returncode == 0


def test_one_file_can_be_named_and_others_be_left_out(write, lit, tmp_path):
    for name in ("a", "b", "c"):
        write(GOOD, f"suite/{name}.c")
    assert lit(paths=["suite/b.c"])[1] == {"b.c": "PASS"}
    assert lit("--filter", "a.c$")[1] == {"a.c": "PASS"}
    write("config.excludes = ['a.c']\n", "suite/lit.local.cfg")
    assert sorted(lit()[1]) == ["b.c", "c.c"]


def test_options_reach_the_build_and_the_run(write, lit):
    claim = "// DexVerify(Eventually(Expect('n', 7)))\n"
    write(f"int main(void) {{\n    int n = N;\n    return n - n;\n}}\n{claim}", "suite/a.c")
    assert lit(options="'--cflags', '-DN=7'")[1] == {"a.c": "PASS"}
    assert lit(options="'--cflags', '-DN=6'")[1] == {"a.c": "FAIL"}


def test_the_timeout_of_lit_is_ours(write, lit):
    write("int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n", "suite/a.c")
    assert lit("--timeout", "2")[1] == {"a.c": "TIMEOUT"}


def test_a_folder_that_is_one_program(write, lit):
    write('[build]\nsources = ["main.c", "twice.c"]\n', "suite/program/dexter.toml")
    write("int twice(int);\nint main(void) { return twice(4) - 8; }\n", "suite/program/main.c")
    write("int twice(int n) { return 2 * n; }\n// DexVerify(Eventually(Expect('n', 4)))\n", "suite/program/twice.c")
    assert lit()[1] == {"program/dexter.toml": "PASS"}


def test_settings_that_make_no_sense_are_told(write, lit):
    write(GOOD, "suite/a.c")
    write("[link]\n", "suite/dexter.toml")
    done, _ = lit()
    assert done.returncode == 2
    assert re.search(r"error: .*suite/dexter\.toml: error: unknown section \[link\]", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_builder_that_is_not_there_is_told(write, lit):
    write(GOOD, "suite/a.c")
    done, codes = lit(options="'--builder', './nowhere.sh'")
    assert codes == {"a.c": "UNRESOLVED"}
    assert "--builder nowhere.sh: no such file" in done.stdout


def test_an_interrupt_ends_everything(write, lit, tmp_path, mark, until, running):
    # `mark` sees to it that nothing is left.
    write(GOOD, "suite/good.c")
    assert lit()[1] == {"good.c": "PASS"}  # and the suite has its settings
    write("int main(void) { for (;;) ; }\n// DexVerify(Henceforth(In('main')))\n", "suite/endless.c")
    with subprocess.Popen(
        [sys.executable, "-c", "import lit.main; lit.main.main()", "suite"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as child:
        assert until(lambda: running("/endless"), 60)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        output, _ = child.communicate(timeout=60)
    assert b"interrupted by user" in output


@needs_machine
def test_a_kernel_and_its_variant(tree, tmp_path, lit):
    (tmp_path / "suite").rmdir()
    tree.root.rename(tmp_path / "suite")
    tree = type(tree)(tmp_path / "suite")
    variant = '[[variant]]\nkernel-config = "NEGATIVE"\nfails = ["not negative"]\nreason = "it is seeded"\n'
    tree.settings(f'builder = "os161"\n{variant}')
    tree.annotate(
        COUNTER, "DexVerify(Henceforth(Expect('total', '>=', 0)), name='not negative')", "DexCommandLine(['c'])"
    )
    assert lit(options="'--machine', 'qemu'")[1] == {COUNTER: "PASS", f"{COUNTER} (NEGATIVE)": "XFAIL"}
