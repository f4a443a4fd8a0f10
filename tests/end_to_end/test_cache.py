"""`--cache`: what is not run again, what is, and that nothing else is said of it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from dexverify.caching import store
from drivers.binary.isolation import why_not_isolated
from drivers.process import run

EXAMPLES = Path(__file__).parents[2] / "examples" / "LTD"
LOOP = """\
#include <stdio.h>
#include <stdlib.h>
static int n;
int main(int argc, char **argv)
{
    int limit = argc > 1 ? atoi(argv[1]) : LIMIT;
    while (n < limit)
        n++;
    int in = getchar();
    printf("%d %d\\n", n, in);
    return 0;
}
"""
CLAIM = "// DexVerify(Henceforth(Expect('n', '>=', 0)), name='not negative')\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for name in [name for name in os.environ if name.startswith("LD_")]:
        monkeypatch.delenv(name)
    return folder / "dexter" / "recordings"


@pytest.fixture
def runs(tmp_path):
    """A gdb that says each time that it is to run something; the list of these."""
    gdb, log = tmp_path / "gdb", tmp_path / "log"
    gdb.write_text(f'#!/bin/sh\ncase $* in *--version*) ;; *) echo run >> "{log}";; esac\nexec gdb "$@"\n')
    gdb.chmod(0o755)
    log.touch()
    return lambda: len(log.read_text().splitlines())


@pytest.fixture
def judged(write, dexter, tmp_path, runs):
    """`dexter test --cache` on a text: its entry of the JSON, and how often something was run for it."""

    def judged(text, *options, name="loop.c"):
        before, report = runs(), tmp_path / "report.json"
        write(text, name)
        always = ("--cache", "--gdb", tmp_path / "gdb", "--gdb-agent", "no", "--cflags=-DLIMIT=30", "--json", report)
        said = dexter("test", name, *always, *options)
        assert said.status in {0, 1}, said.err
        (test,) = json.loads(report.read_bytes())["tests"]
        return test, runs() - before

    return judged


def test_what_would_be_the_same_is_not_run_again(judged):
    first, ran = judged(LOOP + CLAIM)
    assert (first["outcome"], ran) == ("PASS", 1)
    again, ran = judged(LOOP + CLAIM)
    assert (again["outcome"], ran) == ("PASS", 0)
    assert again["steps"] == first["steps"]
    assert again["verdicts"] == first["verdicts"]
    note = again["notes"][0]
    assert note.startswith("judged over a run recorded at ")
    assert note not in first["notes"]


def test_other_propositions_and_comments_are_judged_over_the_same_run(judged):
    judged(LOOP + CLAIM)
    comment = "/* a comment\n   of two lines */\n"
    test, ran = judged(comment + LOOP + CLAIM + "// DexVerify(Eventually(Expect('n', 31)))\n")
    assert (test["outcome"], ran) == ("FAIL", 0)
    assert [verdict["verdict"] for verdict in test["verdicts"]] == ["holds", "fails"]
    assert [verdict["line"] for verdict in test["verdicts"]] == [15, 16]
    assert {step["place"] for step in test["verdicts"][1]["explanation"]["steps"]} == {"loop.c:8", "loop.c:14"}
    test, ran = judged(LOOP + "// XFAIL: it is so\n// DexVerify(Eventually(Expect('n', 31)))\n")
    assert (test["outcome"], ran) == ("XFAIL", 0)


def test_without_the_option_everything_is_run(write, dexter, tmp_path, runs):
    write(LOOP + CLAIM, "loop.c")
    for option in ("--cache", "--no-cache", "--cache"):
        dexter("test", "loop.c", "--gdb", tmp_path / "gdb", "--gdb-agent", "no", "--cflags=-DLIMIT=3", option)
    assert runs() == 2
    dexter("test", "loop.c", "--gdb", tmp_path / "gdb", "--gdb-agent", "no", "--cflags=-DLIMIT=3")
    assert runs() == 3


NEW_NEED = CLAIM + "// DexVerify(Henceforth(Expect('n + 1', '>', 0)))\n"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param(LOOP.replace("n++", "n += 1, n--, n++") + CLAIM, (), id="code"),
        pytest.param(LOOP.replace("limit", "bound") + CLAIM, (), id="a name in the same code"),
        pytest.param(LOOP + CLAIM, ("--cflags=-DLIMIT=31",), id="a flag"),
        pytest.param(LOOP + CLAIM, ("--cflags=-DLIMIT=30 -O1",), id="optimisation"),
        pytest.param(LOOP + CLAIM + "// DexCommandLine(['5'])\n", (), id="DexCommandLine"),
        pytest.param(LOOP + CLAIM, ("--target-run-args", "5"), id="arguments"),
        pytest.param(LOOP + CLAIM, ("--stdin", "log"), id="input"),
        pytest.param(LOOP + CLAIM, ("--max-steps", "1000"), id="limits"),
        pytest.param(LOOP + CLAIM, ("--builder", "clang"), id="compiler"),
        pytest.param(LOOP + CLAIM, ("--gdb-agent", "yes"), id="how the debugger is used"),
        pytest.param(LOOP + NEW_NEED, (), id="another expression"),
        pytest.param(LOOP + CLAIM + "// DexLimitSteps(on_line=8)\n", (), id="other steps"),
    ],
)
def test_what_may_be_another_run_is_run(judged, text, options):
    judged(LOOP + CLAIM)
    assert judged(text, *options)[1] == 1


def test_another_environment_is_another_run(judged, monkeypatch):
    judged(LOOP + CLAIM)
    monkeypatch.setenv("COLOUR", "red")
    assert judged(LOOP + CLAIM)[1] == 1


def test_another_folder_is_another_run(judged, monkeypatch, tmp_path, dexter):
    judged(LOOP + CLAIM)
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "loop.c", tmp_path / "elsewhere")
    assert judged(LOOP + CLAIM, name="elsewhere/loop.c")[1] == 1


def test_a_file_that_is_included_counts(judged, write):
    text = '#include "limit.h"\n' + LOOP.replace("LIMIT", "BOUND") + CLAIM
    write("#define BOUND 30\n", "limit.h")
    judged(text)
    assert judged(text)[1] == 0
    write("/* the same */\n#define BOUND 30\n", "limit.h")
    assert judged(text)[1] == 0  # it has no code, and the program names it nowhere
    write("#define BOUND 29\n", "limit.h")
    assert judged(text)[1] == 1


def test_a_run_that_did_not_end_by_itself_is_not_kept(judged, cache):
    body = "    for (;;) {\n        n++;\n        n--;\n    }\n"
    endless = f"static int n;\nint main(void)\n{{\n{body}}}\n// DexVerify(Henceforth(In('main')))\n"
    for _ in range(2):
        test, ran = judged(endless, "--max-steps", "20")
        assert (test["outcome"], ran) == ("UNRESOLVED", 1)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(("signal", "ran_again"), [("SIGSEGV", 0), ("SIGABRT", 0), ("SIGKILL", 1), ("SIGTERM", 1)])
def test_a_signal_that_may_have_come_from_outside_is_not_kept(judged, signal, ran_again):
    program = f"#include <signal.h>\nint main(void)\n{{\n    raise({signal});\n    return 0;\n}}\n"
    text = f"{program}// DexVerify(Henceforth(In('main')))\n// DexExpectEnd('signal', '{signal}')\n"
    assert judged(text)[0]["outcome"] == "PASS"
    test, ran = judged(text)
    assert (test["outcome"], ran) == ("PASS", ran_again)


def test_a_run_that_was_not_recorded_to_its_end_says_no_more_than_it_knows(judged):
    judged(LOOP + "// DexVerify(Eventually(Expect('n', 3)))\n")
    assert judged(LOOP + "// DexVerify(Eventually(Expect('n', 2)))\n")[1] == 0
    # Three steps in, the recording had ended: what is claimed of all steps needs another run.
    test, ran = judged(LOOP + "// DexVerify(Henceforth(Expect('n', '<', 30)))\n")
    assert (test["outcome"], ran) == ("FAIL", 1)


@pytest.mark.parametrize(
    "harm", [lambda content: content[: len(content) // 2], lambda content: content[:0], lambda content: content[::-1]]
)
def test_a_recording_that_is_damaged_is_of_no_use(judged, cache, harm):
    judged(LOOP + CLAIM)
    (recording,) = cache.glob("*.dexrec")
    recording.write_bytes(harm(recording.read_bytes()))
    test, ran = judged(LOOP + CLAIM)
    assert (test["outcome"], ran) == ("PASS", 1)
    assert judged(LOOP + CLAIM)[1] == 0


def test_a_cache_that_cannot_be_written_spoils_no_run(judged, cache):
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file\n")
    for _ in range(2):
        test, ran = judged(LOOP + CLAIM)
        assert (test["outcome"], ran) == ("PASS", 1)


def test_the_recording_is_in_the_results_directory_all_the_same(judged, tmp_path):
    judged(LOOP + CLAIM)
    assert judged(LOOP + CLAIM, "--results-directory", "results")[1] == 0
    assert (tmp_path / "results" / "loop.c.dexrec").stat().st_size > 0


def test_what_was_not_used_for_longest_goes(judged, cache, monkeypatch):
    for limit in (1, 2, 3):
        judged(LOOP + CLAIM, "--target-run-args", limit)
    files = sorted(cache.glob("*.dexrec"), key=lambda file: file.stat().st_mtime_ns)
    judged(LOOP + CLAIM, "--target-run-args", 1)
    monkeypatch.setattr(store, "MAX_BYTES", sum(file.stat().st_size for file in files) - 1)
    judged(LOOP + CLAIM, "--target-run-args", 4)
    left = set(cache.glob("*.dexrec"))
    assert files[0] in left
    assert files[1] not in left


# What programs can depend on


def built(tmp_path, text, *flags, compiler="gcc"):
    source = tmp_path / ("source.cpp" if compiler == "g++" else "source.c")
    source.write_text(text)
    done = run([compiler, "-w", source, "-o", tmp_path / "program", *flags], deadline_s=60)
    assert done.status == 0, done.output
    return tmp_path / "program"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("return 0", ""),
        ('printf("%s", strchr("abc", 98)); return abs(-1) - 1', ""),
        ('fopen("a", "r")', "it uses fopen"),
        ("time(0)", "it uses time"),
        ("getpid()", "it uses getpid"),
        ("rename(0, 0)", "it uses rename"),
        ("pthread_create(0, 0, 0, 0)", "it uses pthread_create"),
        ("fork()", "it uses fork"),
        ("syscall(39)", "it uses syscall"),
        ("dlsym(0, 0)", "it uses dlsym"),
        ("return environ != 0", "it uses environ"),
        ('__asm__ volatile("rdtsc" ::: "eax", "edx")', "it may have the instruction rdtsc"),
        ('__asm__ volatile("syscall" :: "a"(39) : "rcx", "r11")', "it may have the instruction syscall"),
        ('__asm__ volatile("rdrand %%eax" ::: "eax")', "it may have the instruction rdrand"),
    ],
)
def test_what_a_program_can_depend_on_is_seen(tmp_path, statement, reason):
    headers = "".join(f"#include <{name}.h>\n" for name in ("stdio", "string", "stdlib"))
    text = f"{headers}extern char **environ;\nint main() {{ {statement}; }}\n"
    assert why_not_isolated(built(tmp_path, text)) == reason


def test_a_program_with_more_libraries_is_not_isolated(tmp_path):
    text = "#include <iostream>\nint main() { std::cout << 1; }\n"
    assert why_not_isolated(built(tmp_path, text, compiler="g++")) == "it uses libstdc++.so.6"
    assert why_not_isolated(built(tmp_path, "int main() { }", "-static")) == "it is linked statically"
    assert why_not_isolated(built(tmp_path, "int main() { }", "-Wl,-rpath,/tmp")).startswith("it says where")


def test_what_is_not_cached_is_told(judged):
    text = LOOP.replace("int in = getchar();", "int in = clock();").replace("stdlib", "time") + CLAIM
    text = text.replace("atoi(argv[1])", "3")
    for _ in range(2):
        test, ran = judged(text)
        assert (test["outcome"], ran) == ("PASS", 1)
    assert "not cached: it uses clock" in test["notes"]


def test_a_preloaded_library_is_not_trusted(judged, monkeypatch):
    monkeypatch.setenv("LD_BIND_NOW", "1")
    assert "not cached: LD_BIND_NOW is set" in judged(LOOP + CLAIM)[0]["notes"]


@pytest.mark.parametrize("topic", ["command", "foreach", "place"])
def test_over_a_cached_run_the_same_is_said(topic, dexter, tmp_path):
    shutil.copytree(EXAMPLES / topic, tmp_path / topic)
    reports = []
    for name in ("fresh", "cached"):
        report = tmp_path / f"{name}.json"
        dexter("test", topic, "--cache", "--json", report, "-j", 2)
        reports.append(json.loads(report.read_bytes())["tests"])
    count = 0
    for fresh, cached in zip(*reports, strict=True):
        hits = [note for note in cached["notes"] if note.startswith("judged over a run recorded at")]
        count += len(hits)
        cached["notes"] = [note for note in cached["notes"] if note not in hits]
        assert {**cached, "seconds": 0} == {**fresh, "seconds": 0}
    assert count >= 1
