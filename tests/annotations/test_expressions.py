"""C expressions that are read, and those that are refused, at the very column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.errors import AnnotationError, Span
from dexverify.expressions import ExpressionError, analyse, check


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x", ["x"]),
        ("x->y.z[i]", ["x", "i"]),
        ("*p + -q * ~r", ["p", "q", "r"]),
        ("&a[0] == &b", ["a", "b"]),
        ("a <= b && !(c != d) || e >> 2", ["a", "b", "c", "d", "e"]),
        ("a ? b : c ? d : e", ["a", "b", "c", "d", "e"]),
        ("x + x", ["x"]),
        ("(int)(x)", ["x"]),
        ("(unsigned long)x", ["x"]),
        ("(struct s *)p", ["p"]),
        ("((struct s *)(p))->next", ["p"]),
        ("(const char *)(p + 1)", ["p"]),
        ("(node *)(p)", ["p"]),
        ("(node **)p", ["p"]),
        ("(size_t)(x)", ["x"]),
        ("(vaddr_t)(x) >> 12", ["x"]),
        ("(node)x", ["x"]),
        ("(x)", ["x"]),
        ("(x) - 1", ["x"]),
        ("(p)->next", ["p"]),
        ("sizeof(int) * n", ["n"]),
        ("sizeof(struct s)", []),
        ("sizeof x", ["x"]),
        ("sizeof(x)", ["x"]),
        ("_Alignof(long)", []),
        ("'a' == c", ["c"]),
        (r"c == '\n' || c == '\'' || c == '\x41' || c == '\0'", ["c"]),
        ("0x1f + 1.5e-3 + 10UL + 0b1", []),
        ("$sp", []),
        ("ns::x", ["ns::x"]),
        ("f::local + y", ["f::local", "y"]),
        ("this->x == nullptr", ["this"]),
        ("state == OPEN", ["state", "OPEN"]),
        ("(a < b) && (c > (d))", ["a", "b", "c", "d"]),
        ("a < b", ["a", "b"]),
        ("größe", ["größe"]),
        ("  x\n + y ", ["x", "y"]),
    ],
)
def test_read(text: str, names: list[str]) -> None:
    assert analyse(text).names == tuple(names)


def test_the_text_is_one_line() -> None:
    assert analyse(" x\n+ 1 ").text == "x + 1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # writes
        ("x = 1", "  ^"),
        ("x == (y = 2)", "        ^"),
        ("x += 1", "  ^^"),
        ("x <<= 1", "  ^^^"),
        ("x |= 1", "  ^^"),
        ("++x", "^^"),
        ("x++", " ^^"),
        ("a[i--]", "   ^^"),
        ("$x = 1", "   ^"),
        # calls
        ("f()", "^^"),
        ("f (x)", "^^^"),
        ("p->f(x)", "   ^^"),
        ("a[0](1)", "    ^"),
        ("(*fp)(1)", "     ^"),
        ("(f)(1)", "   ^"),
        ("(int)(f)(1)", "        ^"),
        ("1 + sizeof(f(1))", "           ^^"),
        ("ns::f(1)", "    ^^"),
        ("$_strlen(s)", "^^^^^^^^^"),
        ("f<3>(x)", " ^^^"),
        ("f<int>(x)", "  ^^^"),
        ("int(x)", "^^^"),
        ("static_cast<int>(x)", "^^^^^^^^^^^"),
        ("a.operator+(b)", "  ^^^^^^^^"),
        ("ns::operator+(b)", "    ^^^^^^^^"),
        ('s == "x"', "     ^"),
        ('system("rm")', "^^^^^^^"),
        # other effects, other languages
        ("new int", "^^^"),
        ("delete p", "^^^^^^"),
        ("throw", "^^^^^"),
        ("({ x; })", " ^"),
        ("(int){1}", "     ^"),
        ("{int} p", "^"),
        ("a@4", " ^"),
        ("x@entry", " ^"),
        ("$1", "^"),
        ("$$", "^"),
        ("x; y", " ^"),
        ("x, y", " ^"),
        ("a->*b", " ^^^"),
        ("&&label", "^^"),
        ("x `y`", "  ^"),
        ("x # y", "  ^"),
        ("x \\ y", "  ^"),
        ("!shell\nx", "       ^"),
        # malformed
        ("", "^"),
        ("   ", "^^^"),
        ("x +", "  ^"),
        ("+", "^"),
        ("(x", "^"),
        ("x)", " ^"),
        ("a[b", " ^"),
        ("a[(b]", "    ^"),
        ("()", " ^"),
        ("a b", "  ^"),
        ("1 2", "  ^"),
        ("a.", " ^"),
        ("a->1", " ^^"),
        ("a ? b", "  ^"),
        ("'ab'", "^"),
        ("'a", "^"),
        ("/x y", "^"),
        ("a::", " ^^"),
        ("(foo bar)(x)", "     ^^^"),
        ("(foo bar *)x", "     ^^^"),
        ("x {1}", "  ^"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        analyse(text)
    error = caught.value
    assert " " * error.start + "^" * max(1, error.end - error.start) == message, str(error)


def test_nesting_has_a_limit() -> None:
    assert analyse("(" * 50 + "x" + ")" * 50).names == ("x",)
    for text in ("(" * 5000 + "x", "(int)" * 5000 + "x", "a[" * 5000, "a ? " * 5000, "sizeof " * 5000 + "x"):
        with pytest.raises(ExpressionError):
            analyse(text)
    assert analyse("!" * 5000 + "x").names == ("x",)


def test_check_gives_the_place_in_the_file() -> None:
    with pytest.raises(AnnotationError) as caught:
        check("a + f(1)", Span("t.c", 7, 20, 7, 28))
    assert caught.value.span == Span("t.c", 7, 24, 7, 26)
    assert "only looks" in caught.value.hint
    assert check("a + b", Span("t.c", 1, 1, 1, 6)).names == ("a", "b")


_PIECES = st.sampled_from(
    [
        "x",
        "f",
        "(",
        ")",
        "[",
        "]",
        "=",
        "==",
        "++",
        "<",
        ">",
        "int",
        "*",
        "->",
        ".",
        "'a'",
        '"',
        "1",
        " ",
        "{",
        "@",
        "$x",
        "sizeof",
    ]
)


@given(st.lists(_PIECES).map("".join))
def test_what_is_accepted_neither_writes_nor_calls(text: str) -> None:
    try:
        accepted = analyse(text)
    except ExpressionError:
        return
    squeezed = accepted.text.replace(" ", "")
    for part in ("++", '"', "{", "@", ")(x)(", "](", "'(", "f(f", "x(x", "1(1"):
        assert part not in squeezed
    assert "=" not in squeezed.replace("==", "")
