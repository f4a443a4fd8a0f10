"""What is said of a proposition that does not hold: the step that decides, the caret, the values. Whole texts."""

import re
import textwrap

import pytest

PUT_AND_GET = """
    static int count, head;
    static void put(int v) {
        count += 1;
        head = v;
    }
    static int get(void) {
        count -= 1;
        return head;
    }
    int main(void) {
        for (int i = 0; i < 3; i++)
            put(i);
        get();
        get();
        put(9);
        count = count;
        return 0;
    }
"""
COUNTDOWN = """
    int main(void) {
        int ready = 0, busy = 1;
        busy = 1;
        busy = 0;
        busy = 0;
        ready = 1;
        return 0;
    }
"""


@pytest.fixture
def explain(check):
    """What is printed for the only proposition below the line of its test, and the test's entry of the report."""

    def explain(program, proposition, *options):
        judged = check(textwrap.dedent(program) + f"// DexVerify({proposition})\n", *options)
        lines = judged.said.out.split("\n")[1:-2]
        return textwrap.dedent("\n" + "\n".join(lines) + "\n"), judged

    return explain


def same(text, expected):
    return text == textwrap.dedent(expected)


def test_response_unanswered(explain):
    text, judged = explain(PUT_AND_GET, "Response(In('put'), In('get'))")
    assert same(text, """
        program.c:19: from step 25 on, In('get') never holds
            19 | // DexVerify(Response(In('put'), In('get')))
               |                                  ^^^^^^^^^ never holds from step 25 on
        step  where
        24    main   program.c:15
        25    put    program.c:3   <- In('get') never holds from here on; In('put') holds
        30    main   program.c:18  <- end: exit 0
        """)  # fmt: skip
    assert judged.caret() == "In('get')"


def test_response_over_values(explain):
    text, _ = explain(PUT_AND_GET, "Response(Expect('count', '>', 1), Expect('count', 0))")
    assert same(text, """
        program.c:19: from step 8 on, Expect('count', 0) never holds
            19 | // DexVerify(Response(Expect('count', '>', 1), Expect('count', 0)))
               |                                                ^^^^^^^^^^^^^^^^^^ never holds from step 8 on
        step  where                count
        7     put    program.c:3   1
        8     put    program.c:4   2      <- Expect('count', 0) never holds from here on; Expect('count', '>', 1) holds
        30    main   program.c:18  2      <- end: exit 0
        """)  # fmt: skip


def test_henceforth_violated(explain):
    program = """
        int main(void) {
            int level = 1;
            for (int i = 0; i < 4; i++)
                level = level * 3;
            return level > 50;
        }
    """
    text, _ = explain(program, "Henceforth(Expect('level', '<=', 10))")
    assert same(text, """
        program.c:7: at step 7, Expect('level', '<=', 10) does not hold: level is 27
             7 | // DexVerify(Henceforth(Expect('level', '<=', 10)))
               |                         ^^^^^^^^^^^^^^^^^^^^^^^^^ does not hold at step 7
        step  where               level
        6     main   program.c:4  9
        7     main   program.c:3  27     <- Expect('level', '<=', 10) does not hold
        """)  # fmt: skip
    _, judged = explain(program, "Henceforth(And(Expect('level', '>', 0), Not(Expect('i', 2))))")
    assert judged.explanation()["summary"] == "at step 6, Expect('i', 2) holds: i is 2"
    assert judged.caret() == "Expect('i', 2)"


def test_until(explain):
    text, _ = explain(COUNTDOWN, "Until(Expect('busy'), Expect('ready'))")
    assert same(text, """
        program.c:9: at step 3, Expect('busy') does not hold: busy is 0
             9 | // DexVerify(Until(Expect('busy'), Expect('ready')))
               |                    ^^^^^^^^^^^^^^ does not hold at step 3
        step  where               busy  ready
        1     main   program.c:3  1     0
        2     main   program.c:4  1     0
        3     main   program.c:5  0     0      <- Expect('busy') does not hold
        """)  # fmt: skip


def test_until_whose_end_never_comes(explain):
    _, judged = explain(COUNTDOWN, "Until(Expect('busy', '<', 2), Expect('ready', 2))")
    assert judged.explanation()["summary"] == "from step 1 on, Expect('ready', 2) never holds"
    assert judged.caret() == "Expect('ready', 2)"


def test_precedence(explain):
    program = """
        static void lock(void) { }
        static void use(void) { }
        int main(void) {
            use();
            lock();
            use();
            return 0;
        }
    """
    text, _ = explain(program, "Precedence(Entered('lock'), Entered('use'))")
    assert same(text, """
        program.c:9: at step 1, Entered('use') holds
             9 | // DexVerify(Precedence(Entered('lock'), Entered('use')))
               |                                          ^^^^^^^^^^^^^^ holds at step 1
        step  where
        0     main   program.c:4
        1     use    program.c:2  <- Entered('use') holds
        """)  # fmt: skip


def test_next_at_the_end_of_the_run(explain):
    _, judged = explain(COUNTDOWN, "Henceforth(Implies(Expect('ready'), Next(True)))")
    assert judged.explanation()["summary"] == (
        "Next(True) needs more steps than follow step 6, where this formula's trace ends"
    )
    assert judged.caret() == "Next(True)"
    assert judged.explanation()["decided_by"]["label"] == "too few steps follow step 6"


def test_next(explain):
    _, judged = explain(COUNTDOWN, "Next(Expect('busy', 3))")
    assert judged.explanation()["summary"] == "at step 2, Expect('busy', 3) does not hold: busy is 1"
    assert judged.caret() == "Expect('busy', 3)"


def test_for_each_names_the_value(explain):
    program = """
        static void open_it(int id) { (void)id; }
        static void close_it(int id) { (void)id; }
        int main(void) {
            open_it(1);
            open_it(2);
            close_it(1);
            open_it(3);
            close_it(3);
            return 0;
        }
    """
    text, judged = explain(program, "ForEach('id', Response(In('open_it'), In('close_it')))")
    assert judged.caret() == "In('close_it')"
    assert judged.explanation()["summary"].startswith("for id = 2: ")
    assert judged.explanation()["notes"] == ["for id = 2: step 3 only"]
    assert judged.explanation()["steps"][-1]["place"] == "program.c:1"
    assert "note: for id = 2: step 3 only" in text


def test_vacuous(explain):
    program = """
        void never(void) { }
        int main(int argc, char **argv) {
            return argv == 0;
        }
    """
    text, judged = explain(program, "Response(In('never'), Expect('argc', 3))")
    assert judged.outcome == "PASS"
    assert same(text, """
        program.c:5: holds: from step 0 on, In('never') never holds
             5 | // DexVerify(Response(In('never'), Expect('argc', 3)))
               |                       ^^^^^^^^^^^ never holds from step 0 on
        step  where               argc
        0     main   program.c:3  1     <- In('never') never holds from here on
        1     main   program.c:4  1     <- end: exit 0
          warning: vacuous: Expect('argc', 3) never mattered
        """)  # fmt: skip


WORK = """
    static int work(int n) {
        int part = n * 2;
        return part;
    }
    int main(void) {
        int total = 0;
        total += work(1);
        total += work(2);
        return 0;
    }
"""


def test_unobservable_at_the_deciding_step(explain):
    text, judged = explain(WORK, "Henceforth(Or(Expect('total', '>=', 0), Expect('part', 2)))")
    assert judged.explanation()["notes"] == [
        "at step 8, 'total' cannot be observed, so Expect('total', '>=', 0) counts as false"
    ]
    assert "  note: at step 8, 'total' cannot be observed" in text


def test_unobservable_over_a_stretch(explain):
    _, judged = explain(WORK, "Eventually(And(Expect('total', 2), Expect('part', 4)))")
    assert judged.explanation()["notes"] == [
        "at 4 of these 10 steps, 'total' cannot be observed, so Expect('total', 2) counts as false",
        "at 6 of these 10 steps, 'part' cannot be observed, so Expect('part', 4) counts as false",
    ]


def test_never_observable(explain):
    _, judged = explain(COUNTDOWN, "Henceforth(Expect('nowhere', 1))")
    assert judged.explanation()["summary"] == "'nowhere' is never observable: not in scope, or not sampled, at any step"


def test_unknown_is_told_in_the_words_of_the_debugger(explain):
    program = """
        struct node { struct node *next; int value; };
        int main(void) {
            struct node *p = 0;
            int n = 1;
            return n - 1;
        }
    """
    text, judged = explain(program, "Henceforth(Expect('p->value', '!=', 3))")
    assert judged.outcome == "UNRESOLVED"
    assert same(text, """
        program.c:7: unknown: at step 1 (program.c:4) it is unknown: 'p->value': Cannot access memory at address 0x8
             7 | // DexVerify(Henceforth(Expect('p->value', '!=', 3)))
               |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ unknown here
        step  where               p->value
        1     main   program.c:4  <Cannot access memory at address 0x8>
        """)  # fmt: skip


def test_label_on_a_line_without_code(check):
    judged = check("""
        int main(void) {
            int x = 1;

            // DexLabel('here')
            x = 2;
            return 0;
        }
        // DexVerify(Henceforth(Implies(At(ref('here')), Expect('x', 1))))
    """)
    assert (judged.outcome, judged.status) == ("ERROR", 1)
    assert re.sub(r"/\S+/", "", judged.test["detail"]) == textwrap.dedent("""\
        program.c:4:8: error: label 'here' is on line 4, which has no code
          4 |     // DexLabel('here')
            |        ^^^^^^^^^^^^^^^^
          hint: no step is ever there; the nearest lines with code: 2 and 5""")


def test_operators_print_as_they_were_written(check):
    judged = check("""
        static int x = 1;
        int main(void) {
            x = 2;
            return 0;
        }
        // DexOperator(Stays(p, q), Henceforth(Implies(p, q)))
        // DexProposition(Small, Expect('x', '<', 2))
        // DexVerify(Stays(In('main'), Small))
        // DexVerify(always (In('main') imply Small))
    """)
    assert [verdict["proposition"] for verdict in judged.test["verdicts"]] == [
        "Stays(In('main'), Small)",
        "always (In('main') imply Small)",
    ]
    # The part that decided is where it was written: in the definition of the name.
    assert [judged.caret(0), judged.caret(1)] == ["Expect('x', '<', 2)"] * 2
    assert "x is 2" in judged.explanation(0)["summary"]
    assert "Weak" not in judged.said.out
    assert "Or(" not in judged.said.out


def test_caret_below_tabs_and_wide_lines(check):
    judged = check(
        "int main(void) {\n\tint x = 1;\n\treturn 0;\n}\n\t\t/* → */\t// DexVerify(Eventually(Expect('x', 2)))\n"
    )
    line, caret = (each.expandtabs() for each in judged.said.out.split("\n")[2:4])
    assert line.index("Expect(") == caret.index("^")


def test_first_line_names_what_failed(check):
    judged = check(textwrap.dedent(COUNTDOWN) + """
        // DexVerify(Eventually(Expect('busy', 5)), name='gets busy')
        // DexVerify(Eventually(Expect('busy', 6)))
        // DexVerify(Eventually(Expect('busy', 0)))
    """)  # fmt: skip
    assert re.match(r"FAIL +\S*program\.c  gets busy fails and 1 more  7 steps, ", judged.said.out)
    assert "program.c:10: gets busy: from step 1 on" in judged.said.out
