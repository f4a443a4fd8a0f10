"""What each command is understood as."""

from pathlib import Path

import pytest

from dexverify.annotations import has_annotations, parse_test, source_files_of
from dexverify.annotations.commands import (
    CommandLine,
    Condition,
    Continue,
    DeclareAddress,
    ExpectEnd,
    ExpectProgramState,
    ExpectStepKind,
    ExpectStepOrder,
    ExpectWatchType,
    ExpectWatchValue,
    FinishTest,
    Label,
    LimitSteps,
    Lines,
    StepFunction,
    Unreachable,
    Watch,
)
from dexverify.propositions import (
    MAX_LINE,
    Address,
    At,
    Expect,
    ExpectState,
    Expression,
    FramePattern,
    Line,
    Tolerance,
    WatchPattern,
)
from ltd.formula import Atom


def only(found):
    (one,) = found
    return one


def test_commands_without_lines_speak_of_their_own_line(folder) -> None:
    said = folder.parse("int x;\n/* DexWatch('x', 'y->z')\n   DexLabel('here') DexUnreachable() */\n")
    path = str(folder.path / "t.c")
    watch = only(said.watches)
    assert watch == Watch((Expression("x"), Expression("y->z")), Lines(path, 2, 2), watch.span)
    assert watch.expressions[1].names == ("y",)
    assert (watch.span.line, watch.span.column, watch.span.end_line, watch.span.end_column) == (2, 4, 2, 25)
    label = only(said.labels)
    assert label == Label("here", Line(path, 3), label.span)
    assert only(said.expectations) == Unreachable(Lines(path, 3, 3), said.expectations[0].span)
    assert said.files == (path,)


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ("on_line=7", 7, 7),
        ("on_line=ref('a')", 2, 2),
        ("on_line='a'", 2, 2),
        ("on_line=ref('a') + 3", 5, 5),
        ("from_line=ref('a')-1, to_line=ref('a')+1", 1, 3),
        ("from_line=0x10", 16, MAX_LINE),
        ("to_line=(9)", 1, 9),
    ],
)
def test_lines(folder, arguments: str, first: int, last: int) -> None:
    said = folder.parse(f"// DexWatch('x', {arguments})\n\n\n// DexLabel('a', on_line=2)\n")
    assert only(said.watches).lines == Lines(str(folder.path / "t.c"), first, last)


def test_a_file_by_its_whole_path(folder) -> None:
    (verify,) = folder.parse("// DexVerify(At('/usr/x.c', 3))\n").verifies
    assert verify.formula == Atom(At(Line("/usr/x.c", 3)))


def test_driving_the_run(folder) -> None:
    said = folder.parse(
        """\
        // DexCommandLine(['-v', 'a b', "it's", 3,])
        // DexLimitSteps() DexLimitSteps('n', 1, '2', from_line=3, hit_count=4)
        // DexStepFunction('f') DexStepFunction('g', hit_count=2)
        // DexFinishTest() DexFinishTest('n', 5, on_line=6, hit_count=1)
        // DexContinue() DexContinue(from_line=1, to_line=9)
        // DexDeclareAddress('head', '&list->next', hit_count=3)
        // DexExpectEnd('signal', 'SIGABRT')
        """
    )
    path = str(folder.path / "t.c")
    assert said.command_line == CommandLine(("-v", "a b", "it's", "3"), said.command_line.span)
    everywhere, limited = said.limits
    assert everywhere == LimitSteps(None, Lines(path, 1, MAX_LINE), None, everywhere.span)
    condition = Condition(Expression("n"), (1, "2"))
    assert limited == LimitSteps(condition, Lines(path, 3, MAX_LINE), 4, limited.span)
    f, g = said.step_functions
    assert (f, g) == (StepFunction("f", None, f.span), StepFunction("g", 2, g.span))
    here, later = said.finishes
    assert here == FinishTest(None, Lines(path, 4, 4), 0, here.span)
    assert later == FinishTest(Condition(Expression("n"), (5,)), Lines(path, 6, 6), 1, later.span)
    here, later = said.continues
    assert here == Continue(None, Lines(path, 5, 5), None, here.span)
    assert later == Continue(None, Lines(path, 1, 9), None, later.span)
    address = only(said.addresses)
    assert address == DeclareAddress("head", Expression("&list->next"), Line(path, 6), 3, address.span)
    assert said.expect_end == ExpectEnd("signal", "SIGABRT", said.expect_end.span)


@pytest.mark.parametrize(
    ("arguments", "kind", "value"),
    [("'exit'", "exit", None), ("'exit', 3", "exit", 3), ("'panic'", "panic", None), ("'poweroff'", "poweroff", None)],
)
def test_ends(folder, arguments: str, kind: str, value: int | None) -> None:
    end = folder.parse(f"// DexExpectEnd({arguments})\n").expect_end
    assert end == ExpectEnd(kind, value, end.span)


def test_expectations_of_dexter(folder) -> None:
    said = folder.parse(
        """\
        // DexExpectWatchValue('x', 1, '02', 3.5, on_line=2)
        // DexExpectWatchValue('y', 'a', require_in_order=False, float_range=0.5)
        // DexExpectWatchType('x', 'int', 'unsigned long', from_line=1, to_line=3)
        // DexExpectProgramState({'frames': [{'function': 'f'}]}, times=2)
        // DexExpectStepKind('FUNC', 2)
        // DexExpectStepOrder(1, 4)
        // DexUnreachable(from_line=3, to_line=4)
        """
    )
    path = str(folder.path / "t.c")
    everywhere = Lines(path, 1, MAX_LINE)
    spans = [expectation.span for expectation in said.expectations]
    assert [span.line for span in spans] == [1, 2, 3, 4, 5, 6, 7]
    assert said.expectations == (
        ExpectWatchValue(Expression("x"), (1, "02", 3.5), Lines(path, 2, 2), True, None, spans[0]),
        ExpectWatchValue(Expression("y"), ("a",), everywhere, False, 0.5, spans[1]),
        ExpectWatchType(Expression("x"), ("int", "unsigned long"), Lines(path, 1, 3), True, spans[2]),
        ExpectProgramState(ExpectState((FramePattern("f"),)), 2, spans[3]),
        ExpectStepKind("FUNC", 2, spans[4]),
        ExpectStepOrder((1, 4), Line(path, 6), spans[5]),
        Unreachable(Lines(path, 3, 4), spans[6]),
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1), ("-1", -1), ("0x1F", 31), ("0b101", 5), ("0o17", 15), ("0", 0), ("'01'", "01"), ("'0x10'", "0x10"),
        ("1.5", 1.5), ("-.5e-3", -0.0005), ("2.", 2.0), ("1e3", 1000.0), ("True", True), ("false", False),
        ("3.14 ± 0.01", Tolerance(3.14, 0.01)), ("3 +- 1", Tolerance(3.0, 1.0)), ("-1+/-.5", Tolerance(-1.0, 0.5)),
        ("NULL", "NULL"), ("'a' 'b'", "ab"), ("(7)", 7), ("expr('y + 1')", Expression("y + 1")),
        ("address('a')", Address("a")), ("address('a', -8)", Address("a", -8)),
        (r"'\'\"\\\n\t\x41\101\u00e9\U0001F600\0'", "'\"\\\n\tAAé\U0001f600\0"), ('"it\'s"', "it's"), ("''", ""),
    ],
)  # fmt: skip
def test_values(folder, written: str, value: object) -> None:
    said = folder.parse(f"// DexVerify(Expect('x', {written})) DexDeclareAddress('a', 'p')\n")
    predicate = only(said.verifies).formula.predicate
    assert predicate == Expect(Expression("x"), "==", value)
    assert type(predicate.value) is type(value)


def test_states(folder) -> None:
    said = folder.parse(
        """\
        /* DexVerify(ExpectState({'frames': [
               {'function': 'f', 'is_inlined': False,
                'location': {'path': 'lib/x.c', 'lineno': ref('l') + 1, 'column': 2},
                'watches': {'x': '1', 'y': (2.5 ± 0.5), 'z': NULL}},
               {},
               {'local_vars': {'p->q': {'value': 3, 'type_name': 'int', 'is_optimized_away': False}}},
           ]})) DexLabel('l') */
        """
    )
    state = only(said.verifies).formula.predicate
    assert state == ExpectState(
        (
            FramePattern(
                "f",
                False,
                "lib/x.c",
                8,
                2,
                (
                    WatchPattern(Expression("x"), "1"),
                    WatchPattern(Expression("y"), Tolerance(2.5, 0.5)),
                    WatchPattern(Expression("z"), "NULL"),
                ),
            ),
            FramePattern(),
            FramePattern(watches=(WatchPattern(Expression("p->q"), 3, "int", is_optimized_away=False),)),
        )
    )
    assert state.text.startswith("{'frames': [{'function': 'f', 'is_inlined': False, 'location': {'path'")
    assert "\n" not in state.text


def test_files_of_a_test_share_names_and_labels(folder) -> None:
    said = folder.parse(
        "// DexVerify(Busy) DexVerify(At('t.h', 3)) DexVerify(At(ref('there')))\n",
        h="\n// DexProposition(Busy, At(2))\n// DexLabel('there')\n",
    )
    header = str(folder.path / "t.h")
    assert said.files == (str(folder.path / "t.c"), header)
    assert only([verify.formula.expansion for verify in said.verifies[:1]]) == Atom(At(Line(header, 2)))
    assert [verify.formula for verify in said.verifies[1:]] == [Atom(At(Line(header, 3)))] * 2
    assert [str(verify.formula.predicate) for verify in said.verifies[1:]] == ["At('t.h', 3)", "At(ref('there'))"]


def test_a_dex_file_speaks_of_the_files_it_declares(folder) -> None:
    source = folder.write("int x;\n", "src/prog.c")
    text = "// XFAIL: later\nDexDeclareFile('src/prog.c')\nDexWatch('x', on_line=1) /* no */ DexVerify(At(1))\n"
    said = folder.parse(text, "t.dex")
    assert said.files == (str(source),)
    assert only(said.watches).lines == Lines(str(source), 1, 1)
    assert only(said.verifies).formula == Atom(At(Line(str(source), 1)))
    assert said.xfail == "later"
    # by its last components among the files of the test, where it is not beside the .dex file
    moved = folder.write("DexDeclareFile('prog.c') DexUnreachable(on_line=1)", "other/t.dex")
    assert only(parse_test([source, moved]).expectations).lines.path == str(source)


def test_directives(folder) -> None:
    folder.write("int a;\n", "sub/a.c")
    folder.write("int b;\n", "../b.c")
    said = folder.parse(
        """\
        // XFAIL: loses the last byte
        // REQUIRES: lldb, sys161
        /* DexVerify(True) REQUIRES: gdb
         * DexSources: sub/a.c, ../b.c
         * REQUIRES: the lock is held
         */
        char *s = "// XFAIL: no", *t = "DexVerify(False)"; // REQUIRES: lldb
        """
    )
    assert said.xfail == "loses the last byte"
    assert said.requires == ("lldb", "sys161", "gdb")
    further = (folder.path / "sub" / "a.c", folder.path.parent / "b.c")
    assert said.sources == tuple(map(str, further))
    assert source_files_of(folder.path / "t.c") == further
    assert only(said.verifies)


def test_what_a_feature_is(folder) -> None:
    def said(line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = folder.parse(f"// REQUIRES: {line}\n// UNSUPPORTED: {line}\n")
        return found.requires, found.unsupported

    for names in (("linux",), ("not_asan", "x86-registered-target")):
        assert said(", ".join(names)) == (names, names)
    for lits in ("linux && !asan", "!lldb", "target={{x86.*}}", "(clang || gcc), linux"):
        assert said(lits) == ((lits,), (lits,))
    for prose in ("the lock is held", "held && !busy", "n == 0", "clang or gcc", "{{a}} " * 5000 + "linux == ;"):
        assert said(prose) == ((), ())


def test_a_mention_of_a_directive_is_none(folder) -> None:
    said = folder.parse(
        "// mark a test with XFAIL: reason, or with REQUIRES: lldb\n// DexVerify(True, name='XFAIL: x')\n"
    )
    assert (said.xfail, said.requires) == (None, ())
    assert folder.parse("int x;\n").xfail is None
    assert folder.parse("// XFAIL:\n").xfail == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("// DexVerify(True)", True),
        ("/* a\n * DexLabel ('x') */", True),
        ("// DexVerfy(True)", True),
        ("// the DexVerify command", False),
        ('char *s = "// DexVerify(True)";', False),
        ("DexVerify(True);", False),
        ("// dexterity (of hands)", False),
        ("int x;", False),
    ],
)
def test_has_annotations(folder, text: str, expected: bool) -> None:
    assert has_annotations(folder.write(text)) is expected


def test_has_annotations_of_what_is_no_file(tmp_path: Path) -> None:
    assert not has_annotations(tmp_path)
    assert not has_annotations(tmp_path / "none.c")
