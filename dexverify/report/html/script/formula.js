// The propositions of a test, the chosen one as a tree whose parts light up, and why its verdict is what it is.

const STATE_TEXTS = { true: "✓ true", false: "✗ false", unknown: "? unknown", absent: "· not looked at" };
const VERDICTS = {
  holds: "good",
  fails: "bad",
  "presumably holds": "good",
  "presumably fails": "bad",
  unknown: "unsure",
};

class Propositions {
  constructor(viewer) {
    this.viewer = viewer;
  }

  show(findings, chosen) {
    byId("propositions").replaceChildren(
      ...findings.map((finding, number) => {
        const verdict = element("span", { class: `verdict ${VERDICTS[finding.verdict]}` }, finding.verdict);
        const [path, line] = finding.place;
        const place = element("span", { class: "aside" }, `${baseName(path)}:${line}`);
        return element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              "aria-current": number === chosen ? "true" : null,
              click: () => this.viewer.chooseProposition(number),
            },
            verdict,
            " ",
            place,
            " ",
            element("span", { class: "name", title: finding.name }, finding.name),
          ),
        );
      }),
    );
    byId("propositions").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }
}

class FormulaTree {
  constructor(viewer) {
    this.viewer = viewer;
    this.items = [];
    byId("tree").addEventListener("keydown", (event) => this.key(event));
    byId("instance").addEventListener("change", (event) => viewer.chooseInstance(Number(event.target.value)));
  }

  /** Makes the tree of an instance of the chosen proposition; null for one that only counts steps. */
  show(instances, chosen, name) {
    const instance = instances[chosen];
    byId("instance-choice").hidden = !instance?.key;
    byId("instance").replaceChildren(
      ...instances.map((each, number) =>
        element("option", { value: number, selected: number === chosen ? "" : null }, `${each.key} (${each.verdict})`),
      ),
    );
    byId("instance-count").textContent = instance
      ? `${count(instances.length)} of ${counted(instances[0].slices, "slice")}`
      : "";
    this.items = [];
    if (!instance) {
      byId("tree").replaceChildren(element("p", { class: "aside" }, "It has no formula, or no step to look at."));
      return;
    }
    const tree = element("ul", { role: "tree", "aria-label": `Parts of ${name}` });
    const lists = [tree];
    instance.parts.forEach((part, number) => {
      const item = this.item(part, number, instance.parts[number + 1]?.depth > part.depth);
      lists[part.depth].append(item);
      lists[part.depth + 1] = item.querySelector("ul");
    });
    const cut = instance.is_cut ? element("p", { class: "aside" }, "Parts further in are not shown.") : null;
    byId("tree").replaceChildren(...[tree, cut].filter(Boolean));
  }

  item(part, number, hasParts) {
    const state = element("span", { class: "state" });
    const text = part.head ? element("span", { class: "text" }, part.text) : element("code", {}, part.text);
    const head = part.head ? element("b", {}, part.head) : null;
    const mark = part.decided ? element("span", { class: "mark" }, "◆ decided") : null;
    const row = element(
      "div",
      { class: "row", title: part.text, click: () => this.choose(number) },
      state,
      head,
      text,
      mark,
    );
    const attributes = { role: "treeitem", tabindex: "-1", "aria-selected": "false" };
    if (hasParts) attributes["aria-expanded"] = "true";
    const group = hasParts ? element("ul", { role: "group" }) : null;
    const item = element("li", attributes, row, group);
    this.items.push({ item, row, state, part });
    return item;
  }

  /** Lights up what is true at a step. */
  light(step) {
    for (const { item, row, state, part } of this.items) {
      const now = part.truth.state(step);
      row.className = `row ${now}`;
      state.textContent = STATE_TEXTS[now];
      const decided = part.decided ? ", decided" : "";
      item.setAttribute("aria-label", `${part.head || part.text}: ${now === ABSENT ? "not looked at" : now}${decided}`);
    }
  }

  select(chosen) {
    this.items.forEach(({ item }, number) => {
      item.setAttribute("aria-selected", String(number === chosen));
      item.tabIndex = number === chosen ? 0 : -1;
    });
  }

  choose(number) {
    this.viewer.choosePart(number);
    this.items[number].item.focus();
  }

  /** The keys of a tree, as the ARIA Authoring Practices have them. */
  key(event) {
    const at = this.items.findIndex(({ item }) => item === document.activeElement);
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { item, part } = this.items[at];
    const isOpen = item.getAttribute("aria-expanded");
    const visible = this.items.map((_, number) => number).filter((number) => this.isVisible(number));
    const place = visible.indexOf(at);
    let target = null;
    if (event.key === "ArrowDown") target = visible[place + 1];
    else if (event.key === "ArrowUp") target = visible[place - 1];
    else if (event.key === "ArrowRight" && isOpen === "true") target = at + 1;
    else if (event.key === "ArrowRight" && isOpen === "false") item.setAttribute("aria-expanded", "true");
    else if (event.key === "ArrowLeft" && isOpen === "true") item.setAttribute("aria-expanded", "false");
    else if (event.key === "ArrowLeft")
      target = this.items.findLastIndex((each, n) => n < at && each.part.depth < part.depth);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (target !== null && target !== undefined && target >= 0) this.choose(target);
  }

  isVisible(number) {
    return this.items[number].item.parentElement.closest('[aria-expanded="false"]') === null;
  }
}

/** The sentence, the steps that matter (each a button that goes there), and the notes. */
function showExplanation(explanation, finding, viewer) {
  const notes = [...finding.warnings, ...explanation.notes].map((note) => element("p", { class: "aside" }, note));
  byId("explanation").replaceChildren(
    element("p", { class: "summary" }, explanation.summary),
    ...rowsOf(explanation, finding, viewer),
    ...notes,
  );
}

function rowsOf(explanation, finding, viewer) {
  if (explanation.rows.length === 0) return [];
  const heads = ["Step", "Place", ...explanation.columns, "What is seen"];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const rows = explanation.rows.map((row) => {
    const button = element(
      "button",
      { type: "button", class: "link", "data-step": row.step, click: () => viewer.goTo(row.step) },
      count(row.step),
    );
    const cells = [`${row.function} ${row.place}`, ...row.values, row.mark].map((text) => element("td", {}, text));
    const mark = row.step === explanation.step ? `decided ${VERDICTS[finding.verdict]}` : null;
    return element("tr", { class: mark }, element("th", { scope: "row" }, button), ...cells);
  });
  return [element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))];
}
