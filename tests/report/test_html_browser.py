"""The page in a browser: what it opens at, what it lights up, and that keys and screen readers can use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dexverify.columns import Columns
from dexverify.judged import Judged
from dexverify.propositions import Expect, Expression
from dexverify.report.html.report import HtmlReport, render
from dexverify.report.html.sources import MAX_FILE, Sources
from dexverify.threads import THREAD_NAME
from drivers.recording import Recording
from drivers.state import End, EndKind, Frame, Kind, Sample, Step, Value
from ltd.formula import And, Atom, walk
from ltd.semantics import holds
from ltd.steps import Valuations
from tests.report import page as reading
from tests.report.browser import WINDOW, chromium, opened
from tests.report.conftest import Suite
from tests.report.test_html_blocks import OUTERMOST, judged_of, number, recording_of
from tests.report.test_html_page import HOSTILE, result_with

pytestmark = pytest.mark.skipif(chromium() is None, reason="chromium is not installed")

SCRIPTS = Path(__file__).parents[2] / "dexverify" / "report" / "html" / "script"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    assert executable is not None
    with opened(executable) as found:
        yield found


@pytest.fixture(scope="module")
def file(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the suite."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    report = HtmlReport(str(file), suite.folder)
    for judged in suite.judged:
        report.observe(judged)
    report.finish(suite.results)
    return file


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may go wrong, and which may ask for nothing."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    yield page
    context.close()
    assert wrong == []


def open_test(page: Page, file: Path, suite: Suite, name: str, more: str = "") -> None:
    number = [result.path for result in suite.results].index(f"suite/{name}")
    page.goto("about:blank")  # else, from one test to another, nothing is loaded
    page.goto(f"{file.as_uri()}#test={number}{more}")
    page.wait_for_selector("html[data-state=ready]")


def step(page: Page) -> int:
    return int(page.input_value("#step"))


def parts(page: Page) -> list[str]:
    """Each part of the formula with its state, as a screen reader is told."""
    return [str(item.get_attribute("aria-label")) for item in page.get_by_role("treeitem").all()]


def test_it_opens_at_the_counterexample_of_the_first_failure(page, file, suite):
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-state=ready]")
    first = next(r for r in suite.results if not r.outcome.is_good and suite_has_run(suite, r.path))
    expect(page.locator("#test-path")).to_have_text(first.path)
    finding = next(finding for finding in first.findings if finding.verdict.value == "fails")
    assert step(page) == finding.explanation.step
    expect(page.locator("#propositions [aria-current]")).to_contain_text(finding.name)
    expect(page.locator("#explanation .summary")).to_have_text(finding.explanation.summary)
    expect(page.locator("#explanation tr.decided [aria-current=step]")).to_have_text(f"{finding.explanation.step:,}")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("decided")


def suite_has_run(suite: Suite, path: str) -> bool:
    return any(judged.result.path == path for judged in suite.judged)


@pytest.mark.parametrize("name", ["good.c", "bad.c", "calls.c", "vacuous.c"])
def test_the_parts_light_up_as_the_reference_evaluation_says(page, file, suite, name):
    judged: Judged = suite.run(name)
    formula = judged.propositions[0].formula
    assert formula is not None
    columns = Columns(judged.run.recording, judged.run.addresses)
    trace, positions = columns.trace(formula)
    held = [{atom for atom in trace.columns if columns.statuses(atom)[at] == 1} for at in positions]
    open_test(page, file, suite, name)
    seen: set[str] = set()
    size = len(judged.run.recording)
    for at in range(0, size, max(1, size // 6)):
        page.fill("#step", str(at))
        page.press("#step", "Enter")
        for label, part in zip(parts(page), walk(formula), strict=True):
            state = re.search(": (true|false|unknown|not looked at)(, decided)?$", label)[1]
            if at not in positions:
                assert state == "not looked at"
            elif state != "unknown":  # what is certain holds for every continuation, the empty one among them
                assert state == str(holds(part, Valuations(held, list(positions).index(at)))).lower()
            else:
                assert judged.run.is_prefix
            seen.add(state)
    assert {"true", "false"} & seen


def test_each_key_does_what_the_help_says(page, file, suite):
    open_test(page, file, suite, "bad.c")
    decided, last = step(page), suite["bad.c"].steps - 1
    for key, wanted in [
        ("k", decided - 1), ("j", decided), ("ArrowLeft", decided - 1), ("ArrowRight", decided), ("Home", 0),
        ("k", 0), ("End", last), ("j", last), ("c", decided), ("p", decided - 1), ("n", decided),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert step(page) == wanted, key
    page.keyboard.press("]")
    expect(page.locator("#propositions button").nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("[")
    expect(page.locator("#propositions button").nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("g")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    assert step(page) == 3
    page.locator("#main").focus()
    page.keyboard.press("/")
    page.keyboard.type("calls")
    expect(page.locator("#tests li:visible")).to_have_count(1)
    expect(page.locator("#filter-count")).to_have_text(f"1 of {len(suite.results)} tests shown")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert step(page) == 3


def test_letters_can_be_turned_off(page, file, suite):
    open_test(page, file, suite, "bad.c")
    decided = step(page)
    page.keyboard.press("?")
    page.get_by_label("Keys that are a single character").uncheck()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("k")
    assert step(page) == decided
    page.keyboard.press("ArrowLeft")
    assert step(page) == decided - 1


def test_the_tree_has_the_keys_of_a_tree(page, file, suite):
    open_test(page, file, suite, "vacuous.c")
    tree = page.get_by_role("tree")
    items = page.get_by_role("treeitem")
    items.first.locator("> .row").click()
    for key, wanted in [("ArrowDown", 1), ("ArrowRight", 2), ("ArrowDown", 3), ("ArrowLeft", 1), ("ArrowUp", 0)]:
        page.keyboard.press(key)
        expect(items.nth(wanted)).to_be_focused()
        expect(items.nth(wanted)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(tree.locator("li:visible")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(tree.locator("li:visible")).to_have_count(4)


def test_a_screen_reader_is_told_where_one_is(page, file, suite):
    open_test(page, file, suite, "good.c")
    slider = page.get_by_role("slider", name="Chosen step")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    told = "Step 1; main, good.c:6; the formula is true; n is 0"
    expect(slider).to_have_attribute("aria-valuenow", "1")
    expect(slider).to_have_attribute("aria-valuemax", str(suite["good.c"].steps - 1))
    expect(slider).to_have_attribute("aria-valuetext", told)
    expect(page.locator("#live")).to_have_text(told)


def test_the_address_keeps_what_is_chosen(page, file, suite):
    open_test(page, file, suite, "bad.c", "&proposition=1&part=1&step=2")
    expect(page.locator("#propositions button").nth(1)).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("treeitem").nth(1)).to_have_attribute("aria-selected", "true")
    assert step(page) == 2
    page.keyboard.press("j")
    page.wait_for_url(re.compile("#test=[0-9]+&proposition=1&part=1&step=3$"))


def test_from_test_to_test_nothing_is_left_of_the_one_before(page, file, suite):
    open_test(page, file, suite, "bad.c")
    names = ["calls.c", "broken.c", "good.c", "bad.c"]
    for name in names:
        page.keyboard.press("j")
        page.get_by_role("link", name=name).click()
        expect(page.locator("#test-path")).to_have_text(f"suite/{name}")
        page.wait_for_timeout(300)  # what the page does with a delay
    expect(page.locator("#step")).to_have_value(str(suite["bad.c"].findings[0].explanation.step))


def test_a_nonsensical_address_is_no_mistake(page, file, suite):
    open_test(page, file, suite, "bad.c", "&proposition=99&part=99&step=999999&test=x")
    expect(page.get_by_role("treeitem", selected=True)).to_have_count(1)
    assert step(page) == suite["bad.c"].steps - 1


def test_source_values_and_stack_are_those_of_the_step(page, file, suite):
    judged = suite.run("calls.c")
    open_test(page, file, suite, "calls.c")
    recording = judged.run.recording
    for at in (0, len(recording) // 2, len(recording) - 1):
        page.fill("#step", str(at))
        page.press("#step", "Enter")
        frames = recording.frames(at)
        line = page.locator("#source .line[aria-current=step]")
        expect(line.locator(".number")).to_have_text(str(frames[0].line))
        expect(line).to_be_in_viewport()
        expect(page.locator("#stack .name")).to_have_text([frame.function or "??" for frame in frames])
    expect(page.locator("#values")).to_have_text("No expression is watched.")
    open_test(page, file, suite, "bad.c")
    row = page.locator("#values tbody tr").first
    expect(row.locator("td").nth(0)).to_have_text("4 changed")
    expect(row.locator("td").nth(1)).to_have_text("3")


INK = """(canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  return data.some((byte) => byte > 0);
}"""


def test_a_lane_is_drawn_once_it_is_scrolled_to(page, tmp_path):
    steps = recording_of([{"a": number(n)} for n in range(9)])
    judged = judged_of(steps, And(tuple(Atom(Expect(Expression("a"), ">=", n)) for n in range(40))))
    report = HtmlReport(str(tmp_path / "many.html"), None)
    report.observe(judged)
    report.finish([judged.result])
    page.goto((tmp_path / "many.html").as_uri())
    page.wait_for_selector("html[data-state=ready]")
    lanes, box = page.locator("#timeline canvas.lane"), page.locator(".lanes")
    last = lanes.last
    assert (lanes.first.evaluate(INK), last.evaluate(INK)) == (True, False)
    box.evaluate("(box) => (box.scrollTop = box.scrollHeight)")
    page.wait_for_timeout(100)
    assert last.evaluate(INK)
    page.locator("#zoom-in").click()
    assert last.evaluate(INK)


def shown(page: Page, judged: Judged, file: Path) -> None:
    report = HtmlReport(str(file), None)
    report.observe(judged)
    report.finish([judged.result])
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-state=ready]")


@pytest.mark.parametrize(("count", "said"), [(64, ""), (65, "1 more thread has"), (70, "6 more threads have")])
def test_threads_without_a_lane_are_counted_and_told_how_to_be_seen(page, tmp_path, count, said):
    recording = Recording((Sample("a"),))
    for thread in range(count):
        recording.append(Step(thread, thread + 1, (OUTERMOST,), {Sample("a"): number(thread)}))
    recording.end = End(EndKind.EXIT, code=0)
    shown(page, judged_of(recording, Atom(Expect(Expression("a"), ">=", 0))), tmp_path / "threads.html")
    assert page.locator("#labels .lane", has_text="thread ").count() == 64
    how = " no lane: 'dexter view RECORDING --thread N' lists the steps of one, of a run that --results-directory kept."
    expect(page.locator("#lanes-note")).to_have_text(f"{said}{how}" if said else "")


@pytest.mark.parametrize(("count", "said"), [(64, ""), (66, "2 more threads have")])
def test_so_are_a_kernels_own_threads(page, tmp_path, count, said):
    recording = Recording((THREAD_NAME, Sample("a")))
    for at in range(2 * count):
        name = Value(Kind.POINTER, f'0x1 "t{at % count}"', 1, content=f"t{at % count}", type="char *")
        recording.append(Step(at, 1, (OUTERMOST,), {THREAD_NAME: name, Sample("a"): number(at)}))
    recording.end = End(EndKind.EXIT, code=0)
    shown(page, judged_of(recording, Atom(Expect(Expression("a"), ">=", 0))), tmp_path / "named.html")
    names = page.locator("#labels .lane .name").all_inner_texts()
    assert names[-65:] == [*(f"t{n}" for n in range(64)), "thread 1"]
    view = "'dexter view RECORDING --expression \"curthread->t_name\"' lists where threads take turns"
    how = f" no lane: {view}, of a run that --results-directory kept."
    expect(page.locator("#lanes-note")).to_have_text(f"{said}{how}" if said else "")


def test_a_file_that_is_too_long_says_so_where_it_would_be(page, tmp_path):
    long = tmp_path / "long.c"
    long.write_text("x" * (MAX_FILE + 1))
    recording = Recording((Sample("a"),))
    recording.append(Step(0, 1, (Frame("main", str(long), 7),), {Sample("a"): number(1)}))
    recording.end = End(EndKind.EXIT, code=0)
    shown(page, judged_of(recording, Atom(Expect(Expression("a"), ">=", 0))), tmp_path / "long.html")
    expect(page.locator("#source")).to_have_text(
        "This file is not in the report: it has more than 1,048,576 characters; open it in an editor. "
        "The step is at line 7."
    )
    note = page.locator("#left-out")
    expect(note.locator("summary")).to_have_text("1 source file left out of this page")
    expect(note.locator("li")).to_be_hidden()
    note.locator("summary").click()
    expect(note.locator("li")).to_contain_text("long.c: it has more than")
    assert not Axe().run(page).response["violations"]


def test_a_click_on_the_timeline_goes_to_the_step_there(page, file, suite):
    open_test(page, file, suite, "bad.c")
    size = suite["bad.c"].steps
    box = page.locator("#timeline").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (2 + 0.5) / size, box["y"] + 40)
    assert step(page) == 2
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (5 + 0.5) / size, box["y"] + 40)
    assert step(page) == 5


def test_a_test_without_steps_tells_what_went_wrong(page, file, suite):
    open_test(page, file, suite, "broken.c")
    expect(page.locator("#judged")).to_be_hidden()
    expect(page.locator("#test-notes pre")).to_contain_text("undeclared")


def test_dark_and_light_are_the_systems_until_one_chooses(page, file, suite):
    def brightness() -> int:
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    page.emulate_media(color_scheme="light")
    open_test(page, file, suite, "bad.c")
    light = brightness()
    page.emulate_media(color_scheme="dark")
    dark = brightness()
    assert dark < 150 < 600 < light
    theme = page.locator("#theme")
    theme.click()
    expect(theme).to_have_text("Theme: light")
    assert brightness() == light
    page.keyboard.press("t")
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_text("Theme: dark")
    assert brightness() == dark
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert brightness() == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["bad.c", "broken.c", "unreadable.c"])
def test_axe_finds_nothing(page, file, suite, name, scheme):
    page.emulate_media(color_scheme=scheme)
    open_test(page, file, suite, name)
    found = Axe().run(page).response
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert len(found["passes"]) > 20
    page.keyboard.press("?")
    assert Axe().run(page).response["violations"] == []


def test_what_the_script_makes_is_valid_too(page, file, suite):
    open_test(page, file, suite, "bad.c")
    made = reading.Page(page.content().encode())  # raises on what is no valid HTML
    assert "".join(made.element("test-path").itertext()) == "suite/bad.c"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_runs(page, tmp_path, text):
    file = tmp_path / "hostile.html"
    file.write_bytes(render([result_with(text)], {}, Sources(), Path("/")))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-state=ready]")
    expect(page.locator("#test-path")).to_have_text(text)
    assert page.title() == "dexter: 1 FAIL"
    assert page.locator("img, base").count() == 0


def test_a_file_that_was_damaged_says_so(page, file, suite, tmp_path):
    number = [result.path for result in suite.results].index("suite/bad.c")
    text = file.read_text("utf-8")
    start = text.index(f'id="block-{number}">') + len(f'id="block-{number}">')
    damaged = tmp_path / "damaged.html"
    damaged.write_text(text[: start + 40] + "AAAAAAAA" + text[start + 48 :], "utf-8")
    page.goto(f"{damaged.as_uri()}#test={number}")
    page.wait_for_selector("html[data-state=failed]")
    expect(page.locator("#failure")).to_contain_text("The steps cannot be shown")


BITS = """([size, seed]) => {
  %s
  let state = seed;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const flags = (share) => Array.from({ length: size }, () => random() < share);
  const packed = (list) => {
    const bytes = new Uint8Array(Math.ceil(list.length / 8));
    list.forEach((flag, index) => { if (flag) bytes[index >> 3] |= 1 << (index & 7); });
    return new Bits(bytes, list.length);
  };
  const mask = flags(0.5), low = [], high = [], states = [];
  for (const isSeen of mask) {
    const sort = Math.floor(random() * 40);
    if (isSeen) { low.push(sort < 1); high.push(sort < 2); }
    states.push(!isSeen ? ABSENT : sort < 1 ? TRUE : sort < 2 ? UNKNOWN : FALSE);
  }
  const truth = new PartTruth(packed(low), packed(high), packed(mask), size);
  const wrong = [];
  for (let step = 0; step < size; step++) {
    if (truth.state(step) !== states[step]) wrong.push(["state", step]);
    const start = Math.floor(random() * (step + 1));
    const counts = truth.counts(start, step);
    for (const name of STATES) {
      const wanted = states.slice(start, step).filter((each) => each === name).length;
      if (counts[name] !== wanted) wrong.push([name, start, step]);
    }
    for (const direction of [1, -1]) {
      let wanted = step + direction;
      while (wanted >= 0 && wanted < size && states[wanted] === states[step]) wanted += direction;
      const found = nextChange(truth, step, direction);
      if (found !== (wanted >= 0 && wanted < size ? wanted : null)) wrong.push(["change", step, direction]);
    }
  }
  return wrong;
}"""


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 64, 700])
def test_counting_by_ranks_is_counting_one_by_one(page, size):
    assert page.evaluate(BITS % (SCRIPTS / "bits.js").read_text("utf-8"), [size, size + 1]) == []


def test_a_change_far_away_is_found(page):
    source = (SCRIPTS / "bits.js").read_text("utf-8")
    found = page.evaluate(
        f"""() => {{ {source}
          const bytes = new Uint8Array(125000);
          bytes[100000] = 8;
          const truth = new AtomTruth(new Bits(bytes, 1000000), null, null, 1000000);
          return [[0, 1], [800003, 1], [999999, -1], [5, -1]].map(([at, way]) => nextChange(truth, at, way));
        }}"""
    )
    assert found == [800003, 800004, 800003, None]
