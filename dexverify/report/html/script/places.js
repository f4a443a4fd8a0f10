// Where the chosen step is, in the source and on the stack, and the values there.

const WINDOW = 1500; // lines of a long file are in the page at a time

class SourcePanel {
  constructor(sources, data) {
    this.sources = sources;
    this.root = `${data.root}/`;
    this.leftOut = data.left_out;
    this.listings = new Map();
    this.current = null;
  }

  /** Forgets how often lines were met: that is of one run. */
  reset() {
    this.listings.clear();
    this.current = null;
  }

  show(run, path, line) {
    byId("source-path").textContent =
      (path.startsWith(this.root) ? path.slice(this.root.length) : path) || "(no source file)";
    byId("source-path").title = path;
    const text = this.sources[path];
    if (text === undefined) {
      byId("source").replaceChildren(
        element(
          "p",
          { class: "aside" },
          path
            ? `This file is not in the report${Object.hasOwn(this.leftOut, path) ? `: ${this.leftOut[path]}` : ""}. The step is at line ${line}.`
            : "The step is in code without line information.",
        ),
      );
      this.current = null;
      return;
    }
    const listing = this.listing(run, path, text, line);
    if (this.current?.listing !== listing) byId("source").replaceChildren(listing.element);
    this.current?.row?.removeAttribute("aria-current");
    const row = listing.element.children[line - listing.start] ?? null;
    row?.setAttribute("aria-current", "step");
    this.current = { listing, row };
    if (row !== null) this.reveal(row);
  }

  listing(run, path, text, line) {
    const known = this.listings.get(path);
    if (known && line >= known.start && line < known.end) return known;
    const lines = text.split("\n");
    const start = lines.length <= 2 * WINDOW ? 1 : Math.max(1, line - WINDOW);
    const end = Math.min(lines.length + 1, start + 2 * WINDOW);
    const hits = run.hits(path);
    const rows = lines
      .slice(start - 1, end - 1)
      .map((content, index) => lineElement(start + index, content, hits.get(start + index)));
    const listing = { start, end, element: element("div", { class: "listing" }, ...rows) };
    this.listings.set(path, listing);
    return listing;
  }

  reveal(row) {
    const panel = byId("source");
    const top = row.offsetTop; // the panel is positioned
    const margin = row.offsetHeight * 3;
    if (top < panel.scrollTop + margin || top > panel.scrollTop + panel.clientHeight - margin - row.offsetHeight) {
      panel.scrollTop = top - panel.clientHeight / 2;
    }
  }
}

function lineElement(number, content, hits) {
  const met = hits === undefined ? "" : `×${count(hits)}`;
  return element(
    "div",
    { class: hits === undefined ? "line" : "line met" },
    element("span", { class: "number" }, String(number)),
    element("span", { class: "hits", title: hits === undefined ? null : counted(hits, "step") }, met),
    element("code", {}, content.replace(/\r$/, "")),
  );
}

function showValues(run, step) {
  if (run.values.samples.length === 0) {
    byId("values").replaceChildren(element("p", { class: "aside" }, "No expression is watched."));
    return;
  }
  const head = element(
    "tr",
    {},
    ...["Expression", "Value", "Before", "Type"].map((text) => element("th", { scope: "col" }, text)),
  );
  const rows = run.values.samples.map((sample) => {
    const value = run.values.at(sample, step);
    const text = value.kind === NO_VALUE ? "not in scope" : value.text;
    const before = value.before === null ? "" : value.before.kind === NO_VALUE ? "not in scope" : value.before.text;
    return element(
      "tr",
      { class: [value.before === null ? "" : "changed", ["", "absent", "unreadable"][value.kind]].join(" ") },
      element("th", { scope: "row" }, element("code", {}, sample.name)),
      element(
        "td",
        {},
        element("code", {}, text),
        value.before === null ? null : element("span", { class: "mark" }, " changed"),
      ),
      element("td", {}, element("code", {}, before)),
      element("td", { class: "aside" }, value.type),
    );
  });
  byId("values").replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function showStack(run, step, viewer) {
  const frames = run.stack(step);
  byId("stack").replaceChildren(
    ...frames.map((frame, depth) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", click: () => viewer.showFrame(frame) },
          element("span", { class: "name" }, frame.name),
          " ",
          element(
            "span",
            { class: "aside" },
            `${baseName(frame.path) || "??"}:${frame.line}${frame.inlined ? ", inlined" : ""}`,
          ),
        ),
      ),
    ),
  );
}
