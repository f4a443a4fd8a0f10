"""The scanner: what is a comment, what is not, and that every character keeps its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dexverify.annotations.comments import find_comments
from dexverify.annotations.sources import Source, read_source
from dexverify.errors import ConfigError
from dexverify.sources import decode


def contents(text: str, path: str = "t.c") -> list[str]:
    """Each comment's words."""
    return [" ".join(comment.text.split()) for comment in find_comments(Source(path, text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int a; // one\nint b; // two\n", ["one", "two"]),
        ("// one\n  // two\n", ["one two"]),
        ("a(); // one\n     // two\nb();", ["one two"]),
        ("// one\n\n// two", ["one", "two"]),
        ("/* one */ /* two */", ["one", "two"]),
        ("/** one\n *  two\n */", ["one two"]),
        ("/// one\n//! two\n//!< three", ["one two three"]),
        ("/* one // two */ x // three /* four\n y */", ["one // two", "three /* four"]),
        ('s = "// no"; t = "\\"// no"; // yes', ["yes"]),
        ("c = '\"'; // yes \"\nd = '\\''; // too", ['yes "', "too"]),
        ("s = \"/* no\"; '/*'; // yes */", ["yes */"]),
        ('R"x(// no )" /* no */)x" // yes', ["yes"]),
        ('u8R"(// no)" LR"(/* no */)" // yes', ["yes"]),
        ('R"(never closed // no', []),
        ("n = 1'000'000; // yes 'tis", ["yes 'tis"]),
        ("n = 0x1'f; c = L'x'; c = u8'\\\\'; // yes", ["yes"]),
        ('#include <a//b.h>\n#include "x//y" // yes', ["yes"]),
        ("// one \\\n two\nint x;", ["one two"]),
        ("/\\\n/ one\nint x; /\\\r\n* two *\\\n/ y", ["one", "two"]),
        ('s = "a\\\n// no"; // yes', ["yes"]),
        ("// one\r\n// two\r\nint x;\r\n", ["one two"]),
        ("\t// one\n\t\t// two", ["one two"]),
        ('s = "not closed; // lost\nint x; // yes', ["yes"]),
        ("#error don't // lost\n// yes", ["yes"]),
        ("/* one\n two", ["one two"]),
        ("/*/ one */ x", ["/ one"]),
        ("/**/ /***/ x /*", ["", "", ""]),
        ("a / b // one", ["one"]),
        ("x = a //* one */ b\n", ["* one */ b"]),
        ("// größe ± 1 – “x”", ["größe ± 1 – “x”"]),
        ("", []),
        ("/", []),
    ],
)
def test_comments_of_c(text: str, expected: list[str]) -> None:
    assert contents(text) == expected


def test_assembler_has_characters_without_closing_quote() -> None:
    text = "li a0, '/ // one\n# don't\n .ascii \"// no\" // two\n li a1, '\"  /* three */"
    assert contents(text, "t.S") == ["one", "two", "three"]


def test_a_dex_file_is_commands_but_for_its_comments() -> None:
    assert contents("DexVerify('//') // no\r\n/* no */DexLabel(\"/*\")", "t.dex") == [
        "DexVerify('//') DexLabel(\"/*\")"
    ]


def test_latin_1_is_read_where_utf_8_is_not() -> None:
    assert decode("// größe".encode("latin-1")) == decode("// größe".encode()) == "// größe"
    assert decode(b"\xef\xbb\xbf// x") == "// x"  # a byte order mark takes no column


def test_a_file_that_cannot_be_read(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.c"):
        read_source(tmp_path / "none.c")


_SNIPPETS = st.sampled_from(
    [
        "//",
        "/*",
        "*/",
        '"',
        "'",
        "\\",
        "\n",
        "\r\n",
        "\\\n",
        'R"(',
        ')"',
        "x",
        " ",
        "\t",
        " * ",
        "1'0",
        "é",
        "#include <",
    ]
)


@given(st.one_of(st.text(), st.lists(_SNIPPETS).map("".join)), st.sampled_from(["t.c", "t.S", "t.dex"]))
@example("/*/", "t.c")
@example("//\\\r\n//", "t.c")
def test_scanning_never_fails_and_never_loses_the_place(text: str, path: str) -> None:
    source = Source(path, text)
    end = 0
    for comment in find_comments(source):
        assert comment.start >= end
        end = comment.start + len(comment.text)
        original = text[comment.start : end]
        assert len(original) == len(comment.text)
        for written, kept in zip(original, comment.text, strict=True):
            assert kept in (written, " ")
            assert (kept == "\n") == (written == "\n")


@given(st.text(alphabet="ab\n\r\té"), st.integers(min_value=0))
def test_every_offset_has_its_line_and_column(text: str, number: int) -> None:
    source = Source("t.c", text)
    offset = number % (len(text) + 1)
    line, column = source.place(offset)
    before = text[:offset].split("\n")
    assert (line, column) == (len(before), len(before[-1]) + 1)
    assert source.line(line) == text.split("\n")[line - 1].removesuffix("\r")
