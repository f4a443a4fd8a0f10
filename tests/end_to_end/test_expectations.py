"""DExTer's commands, with the arguments that DExTer gives them, on both debuggers."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import run
from typing import Any

import pytest

from dexverify import doctor


@pytest.fixture(params=["gdb", "lldb"])
def outcome(request: pytest.FixtureRequest, check: Callable[..., Any]) -> Callable[..., str]:
    """The outcome of one program on the debugger."""
    if reason := doctor.missing([request.param]):
        pytest.skip(reason)

    def outcome(text: str, *options: object, name: str = "program.c") -> str:
        return str(check(text, "--debugger", request.param, *options, name=name).outcome)

    return outcome


@pytest.mark.parametrize(("hit_count", "expected"), [(0, "FAIL"), (1, "FAIL"), (2, "PASS"), (3, "FAIL")])
def test_an_address_is_bound_after_its_line_was_stepped_on_so_often(outcome, hit_count, expected):
    program = f"""
        static char buffer[4];

        // DexDeclareAddress('third', 'at', on_line=ref('inside'), hit_count={hit_count})
        // DexExpectWatchValue('at', address('third', -2), address('third', -1), address('third'), address('third', 1),
        //                     on_line=ref('inside'))
        int main(void)
        {{
            for (char *at = buffer; at < buffer + 4; at++)
                *at = 1; // DexLabel('inside')
            return 0;
        }}
        """
    assert outcome(program) == expected


def test_a_label_alone_is_its_line_as_in_the_first_versions_of_dexter(outcome):
    program = """
        // DexExpectWatchValue('n', 2, on_line='end')
        // DexExpectProgramState({'frames': [{'location': {'lineno': 'end'}, 'watches': {'n': 2}}]})
        int main(void)
        {
            int n = 1;
            n += 1;
            return n; // DexLabel('end')
        }
        """
    assert outcome(program) == "PASS"
    assert outcome(program.replace("'n', 2", "'n', 1").replace("'n': 2", "'n': 1")) == "FAIL"


@pytest.mark.parametrize("system", ["system-windows", "darwin"])
def test_what_is_expected_of_another_system_is_not_expected_here(outcome, system):
    program = "int main(void) { return 0; } // DexVerify(In('main'))\n"
    assert outcome(f"// XFAIL: {system}\n{program}") == "PASS"
    assert outcome(f"// REQUIRES: {system}\n{program}") == "UNSUPPORTED"
    assert outcome(f"// REQUIRES: linux\n// XFAIL: *\n{program}") == "XPASS"


def test_a_dex_file_elsewhere_with_its_prose_behind_hashes(outcome, write, tmp_path):
    source = write("int main(void)\n{\n    int n = 3;\n    return n - 3;\n}\n", "source/main.c")
    binary = tmp_path / "main"
    run(["gcc", "-g", str(source), "-o", str(binary)], check=True)
    commands = """
        # Purpose: it's a test of \\DexDeclareFile's paths.
        ## RUN: nothing
        DexDeclareFile('main.c')
        DexExpectWatchValue('n', 3, on_line=4)  # after its line
        # XFAIL: the number is another one
        """
    assert outcome(commands, "--binary", binary, "--source-root-dir", source.parent, name="dex/a.dex") == "XPASS"
    commands = commands.replace("'main.c'", "'../source/main.c'").replace("'n', 3", "'n', 4")
    assert outcome(commands, "--binary", binary, name="dex/a.dex") == "XFAIL"
