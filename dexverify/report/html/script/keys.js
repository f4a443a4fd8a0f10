// Everything can be done from the keyboard; `?` tells how.

function keysOf(viewer, theme) {
  const page = () => Math.max(1, Math.round((viewer.timeline.view.end - viewer.timeline.view.start) / 10));
  const last = () => (viewer.run === null ? 0 : viewer.run.size - 1);
  return [
    { keys: ["j", "ArrowRight"], text: "next step", act: () => viewer.moveBy(1) },
    { keys: ["k", "ArrowLeft"], text: "previous step", act: () => viewer.moveBy(-1) },
    {
      keys: ["n"],
      text: "next step at which the chosen part of the formula changes",
      act: () => viewer.moveToChange(1),
    },
    { keys: ["p"], text: "previous step at which it changed", act: () => viewer.moveToChange(-1) },
    { keys: ["PageDown"], text: "a tenth of the view further on", act: () => viewer.moveBy(page()) },
    { keys: ["PageUp"], text: "a tenth of the view back", act: () => viewer.moveBy(-page()) },
    { keys: ["Home"], text: "first step", act: () => viewer.goTo(0) },
    { keys: ["End"], text: "last step", act: () => viewer.goTo(last()) },
    { keys: ["c"], text: "the step that decided: the counterexample", act: () => viewer.moveToDecided() },
    { keys: ["]"], text: "next proposition", act: () => viewer.moveToProposition(1) },
    { keys: ["["], text: "previous proposition", act: () => viewer.moveToProposition(-1) },
    { keys: ["+", "="], text: "zoom in", act: () => viewer.timeline.zoom(0.5) },
    { keys: ["-"], text: "zoom out", act: () => viewer.timeline.zoom(2) },
    { keys: ["0"], text: "the whole run", act: () => viewer.timeline.zoomAll() },
    { keys: ["g"], text: "go to the step with a number", act: () => byId("step").select() },
    { keys: ["/"], text: "filter the tests", act: () => byId("filter").focus() },
    { keys: ["t"], text: "light, dark, or as the system has it", act: () => theme.next() },
    { keys: ["?"], text: "these keys", act: () => byId("help").showModal() },
  ];
}

const KEY_NAMES = { ArrowRight: "→", ArrowLeft: "←", PageDown: "Page Down", PageUp: "Page Up" };

function listenToKeys(viewer, theme) {
  const keys = keysOf(viewer, theme);
  const actions = new Map(keys.flatMap((each) => each.keys.map((key) => [key, each.act])));
  byId("help-keys").replaceChildren(
    ...keys.map((each) => {
      const names = each.keys.flatMap((key) => [" ", element("kbd", {}, KEY_NAMES[key] ?? key)]).slice(1);
      return element("tr", {}, element("th", { scope: "row" }, ...names), element("td", {}, each.text));
    }),
  );
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || byId("help").open) return;
    const isTyping = event.target.matches("input, select, textarea");
    // WCAG 2.1.4: keys of one character can be turned off, for those who speak to their machine.
    const isOff = event.key.length === 1 && !byId("letters").checked && event.target.id !== "timeline";
    const action =
      actions.get(event.key) ?? (event.target.id === "timeline" ? sliderKey(event.key, viewer) : undefined);
    if (isTyping || isOff || action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** The keys that a slider has besides those of the page. */
function sliderKey(key, viewer) {
  return { ArrowUp: () => viewer.moveBy(1), ArrowDown: () => viewer.moveBy(-1) }[key];
}

function listenToButtons(viewer, theme) {
  const actions = {
    "go-first": () => viewer.goTo(0),
    "go-previous-change": () => viewer.moveToChange(-1),
    "go-previous": () => viewer.moveBy(-1),
    "go-next": () => viewer.moveBy(1),
    "go-next-change": () => viewer.moveToChange(1),
    "go-last": () => viewer.goTo(Infinity),
    "go-decided": () => viewer.moveToDecided(),
    "zoom-in": () => viewer.timeline.zoom(0.5),
    "zoom-out": () => viewer.timeline.zoom(2),
    "zoom-all": () => viewer.timeline.zoomAll(),
    "help-button": () => byId("help").showModal(),
    theme: () => theme.next(),
  };
  for (const [id, act] of Object.entries(actions)) byId(id).addEventListener("click", act);
  byId("step").addEventListener("change", (event) => {
    const step = Number(event.target.value.replaceAll(",", ""));
    if (Number.isInteger(step)) viewer.goTo(step);
    else event.target.value = String(viewer.step);
  });
}
