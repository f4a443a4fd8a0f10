// The list of all tests, which the template has written, and what is said of the chosen one.

const GOOD = new Set(["PASS", "XFAIL", "UNSUPPORTED"]);

function outcomeClass(outcome) {
  return `outcome ${GOOD.has(outcome) ? "good" : "bad"}`;
}

class Outcomes {
  constructor(data) {
    this.data = data;
    this.entries = [...byId("tests").children];
    byId("filter").addEventListener("input", () => this.filter(byId("filter").value));
  }

  filter(text) {
    const wanted = text.trim().toLowerCase();
    let shown = 0;
    for (const entry of this.entries) {
      entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
      if (!entry.hidden) shown++;
    }
    byId("filter-count").textContent = `${count(shown)} of ${counted(this.entries.length, "test")} shown`;
  }

  /** The test to begin with: the first bad one whose steps are here, else the first bad one, else the first. */
  first() {
    const tests = this.data.tests;
    const isBad = (test) => !GOOD.has(test.outcome);
    const found = [tests.findIndex((test) => isBad(test) && test.has_run), tests.findIndex(isBad)];
    return found.find((number) => number >= 0) ?? 0;
  }

  show(number) {
    const test = this.data.tests[number];
    this.entries.forEach((entry, index) => {
      const link = entry.firstElementChild;
      if (index === number) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    this.entries[number].scrollIntoView({ block: "nearest" });
    byId("test").hidden = false;
    byId("test-outcome").className = outcomeClass(test.outcome);
    byId("test-outcome").textContent = test.outcome;
    byId("test-path").textContent = test.path;
    const facts = [test.reason, test.steps ? counted(test.steps, "step") : "", test.end, `${test.seconds} s`];
    byId("test-facts").textContent = facts.filter(Boolean).join(" · ");
    byId("test-notes").replaceChildren(
      ...test.notes.map((note) => element("p", { class: "note" }, note)),
      ...this.more("Details", test.detail, !test.has_run),
      ...this.more("What the program printed", test.output, false),
    );
  }

  more(title, text, isOpen) {
    if (!text) return [];
    const body = element("pre", { tabindex: "0", role: "group", "aria-label": title }, text);
    return [element("details", isOpen ? { open: "" } : {}, element("summary", {}, title), body)];
  }
}
