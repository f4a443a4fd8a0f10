"""`dexter check`: a run that was recorded is judged again, by what was asked then or by what is asked now."""

from __future__ import annotations

import pytest

from dexverify.recordings.loading import load_recording

COUNTER = """
    // DexVerify(Henceforth(Expect('n', '<=', 3)), name='small')
    // DexOperator(Later(p), Eventually(p))
    // DexLabel('up', on_line=8)
    static int n, other;
    int main(void)
    {
        while (n < 3) {
            n++;
        }
        return 0;
    }
"""


def test_what_was_asked_then_is_answered_again(recorded, dexter):
    said = dexter("check", recorded(COUNTER), "-v")
    assert said.status == 0
    assert said.out.startswith("PASS        program.c  ")
    assert "program.c:1: small: holds: Expect('n', '<=', 3) holds at every step" in said.out


def test_a_failure_is_explained_as_it_was_then_though_the_file_is_gone(recorded, write, dexter, tmp_path):
    path = recorded(COUNTER.replace("'<=', 3", "'<=', 2"))
    live = dexter("test", "program.c").out.splitlines()[1:-1]
    (tmp_path / "program.c").unlink()
    said = dexter("check", path)
    assert said.status == 1
    assert [line for line in said.out.splitlines()[1:-1] if "note:" not in line] == live
    assert f"note: {tmp_path / 'program.c'} has changed since: it is shown as it was" in said.out


def test_another_formula_can_be_asked_in_the_words_of_the_file(recorded, dexter):
    path = recorded(COUNTER)
    said = dexter("check", path, "--formula", "Later(At(ref('up')))", "--formula", "always not Expect('n', 3)")
    assert said.status == 1
    first, *rest = said.out.splitlines()
    assert first.startswith("PASS        kept/program.c.dexrec  Later(At(ref('up'))) holds  ")
    assert rest[0].startswith("FAIL        kept/program.c.dexrec (2)  always not Expect('n', 3) fails  ")
    assert rest[1] == "  <formula>:2: at step 6, Expect('n', 3) holds: n is 3"
    assert rest[2:4] == ["       2 | always not Expect('n', 3)", "         |            ^^^^^^^^^^^^^^ holds at step 6"]


def test_what_was_not_recorded_is_named_and_never_passes(recorded, dexter):
    path = recorded(COUNTER)
    for formula in ("always Expect('other', 0)", "always not Expect('other', 1)", "ForEach('other', In('main'))"):
        said = dexter("check", path, "--formula", formula)
        assert said.status == 1
        assert said.out.startswith("UNRESOLVED  ")
        assert "unknown: the recording lacks 'other'" in said.out


def test_steps_that_were_not_recorded_are_named(recorded, dexter):
    text = COUNTER.replace("n++;", "n++; // DexWatch('n')").replace("'<=', 3", "'<=', 2")
    said = dexter("check", recorded(text), "--formula", "always not At(10)")
    assert said.out.startswith("UNRESOLVED  ")
    assert "unknown: the recording does not have every step of program.c" in said.out


def test_a_place_or_function_that_the_program_has_not_is_an_error(recorded, dexter):
    path = recorded(COUNTER)
    for formula, what in (("always not In('mian')", "did you mean 'main'?"), ("always not At(2)", "which has no code")):
        said = dexter("check", path, "--formula", formula)
        assert said.status == 2
        assert what in said.err


def test_a_function_that_is_nowhere_does_not_hold_for_that(recorded, dexter):
    said = dexter("check", recorded(COUNTER), "--formula", "always not OnStack('nowhere')")
    assert said.status == 1
    assert "the program has no function 'nowhere'" in said.out


def test_a_formula_that_does_not_parse_is_an_error_under_its_caret(recorded, dexter):
    said = dexter("check", recorded(COUNTER), "--formula", "always Expct('n', 1)")
    assert said.status == 2
    assert said.err.startswith("<formula>:1:8: error: there is no operator Expct")


@pytest.mark.parametrize("comment", ["// one more line\n", "/* and\n   two more */\n"])
def test_what_a_file_says_now_is_judged_where_only_comments_have_changed(comment, recorded, write, dexter):
    path = recorded(COUNTER.replace("<= 3", "<= 4"))
    lines = [line.removeprefix("    ") for line in COUNTER.strip("\n").splitlines(keepends=True)]
    lines[0] = "// DexVerify(Henceforth(Implies(At(ref('up')), Expect('n', '<', 3))))\n"
    lines[2:3] = [comment, lines[2].replace("on_line=8", f"on_line={8 + comment.count(chr(10))}")]
    write("".join(lines).encode())
    said = dexter("check", path, "program.c", "-v")
    assert said.status == 0, said
    assert "PASS" in said.out


def test_code_that_has_changed_is_not_judged_by_an_old_run(recorded, write, dexter):
    path = recorded(COUNTER)
    write(COUNTER.replace("n++", "n += 1"))
    said = dexter("check", path, "program.c")
    assert said.status == 1
    assert said.out.startswith("UNRESOLVED  program.c  ")
    assert "program.c has changed since it was recorded, and not only in its comments" in said.out


def test_a_file_that_asks_for_more_than_was_recorded_is_unresolved(recorded, write, dexter):
    path = recorded(COUNTER)
    write(
        COUNTER.replace(
            "Later(p), Eventually(p))", "Later(p), Eventually(p)) DexVerify(Eventually(Expect('other', 0)))"
        )
    )
    said = dexter("check", path, "program.c")
    assert said.status == 1
    assert "unknown: the recording lacks 'other'" in said.out


def test_a_limit_that_is_new_is_applied_and_one_that_was_there_cannot_be_lifted(recorded, write, dexter):
    limited = COUNTER.replace("n++;", "n++; // DexLimitSteps('n', 1, from_line=7, to_line=9)")
    path = recorded(COUNTER)
    write(limited)
    live = dexter("test", "program.c").out
    again = dexter("check", path, "program.c").out
    assert live.split("  ")[:3] == again.split("  ")[:3]
    path = recorded(limited)
    write(COUNTER)
    said = dexter("check", path, "program.c")
    assert "the recording was limited by DexLimitSteps" in said.out


def test_a_recording_of_another_program_says_of_which(recorded, write, dexter):
    path = recorded(COUNTER)
    write("// DexVerify(In('main'))\nint main(void) { return 0; }\n", "other.c")
    said = dexter("check", path, "other.c")
    assert said.status == 2
    assert said.err == f"dexter: error: {path} is not a recording of other.c: it is one of program.c\n"


def test_a_run_that_was_cut_is_judged_as_one(recorded, dexter):
    path = recorded(COUNTER, "--max-steps", "4")
    said = dexter("check", path)
    assert said.out.startswith("UNRESOLVED  program.c  cut at the step limit")
    # What is certain whatever follows can be said of it all the same.
    assert dexter("check", path, "--formula", "eventually Expect('n', 1)").status == 0
    assert dexter("check", path, "--formula", "always Expect('n', '<', 9)").status == 1


def test_a_recording_without_its_end_says_so(recorded, dexter, tmp_path):
    path = recorded(COUNTER)
    content = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(content[:-10])
    said = dexter("check", path)
    assert said.status == 1
    assert said.out.startswith("UNRESOLVED  program.c  the debugger was lost: the recording has no end: it breaks off")


@pytest.mark.parametrize("content", [b"", b"no recording\n", b"\x89dexrec\r\n\x1a\n\x01"])
def test_what_is_no_recording_is_an_error(content, dexter, tmp_path):
    (tmp_path / "a.dexrec").write_bytes(content)
    said = dexter("check", "a.dexrec")
    assert said.status == 2
    assert said.err.startswith("dexter: error: a.dexrec: ")
    assert len(said.err.splitlines()) == 1


def test_a_folder_and_a_missing_file_are_errors(dexter, tmp_path):
    assert dexter("check", ".").err == (
        "dexter: error: .: a folder, not a recording: name a file in it that ends in .dexrec\n"
    )
    assert dexter("check", "none").err == "dexter: error: none: No such file or directory\n"


def test_the_header_says_what_the_verdicts_rest_on(recorded, tmp_path):
    header = load_recording(tmp_path / recorded(COUNTER, "--target-run-args", "a b")).header
    assert "gdb" in header.debugger.lower()
    assert "GNU C" in header.compiler
    assert header.builder == "gcc"
    assert header.arguments == ("a", "b")
    assert len(header.binary.sha256) == 64
    (source,) = header.sources
    assert source.path == str(tmp_path / "program.c")
    assert source.text == (tmp_path / "program.c").read_text()
    assert [sample.expression for sample, _ in header.tests[0].plan.samples] == ["n"]
    assert header.limits.steps == 1_000_000


def test_a_recording_that_cannot_be_kept_is_told_and_the_run_is_judged(write, dexter, tmp_path):
    write(COUNTER)
    (tmp_path / "kept" / "program.c.dexrec").mkdir(parents=True)
    said = dexter("test", "program.c", "--results-directory", "kept")
    assert said.status == 2
    assert said.out.startswith("PASS")
    assert "note: kept/program.c.dexrec: the recording could not be kept: Is a directory" in said.out
