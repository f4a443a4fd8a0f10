// All steps at once: a lane for each proposition, atom and thread. A slider for those who do not see or point.

const MIN_SPAN = 20; // steps in view at least

const LANE_TEXTS = { true: "true", false: "false", unknown: "unknown", absent: "–" };

class Timeline {
  constructor(viewer) {
    this.viewer = viewer;
    this.box = byId("timeline");
    this.axis = element("canvas", { class: "axis" });
    this.rows = element("div");
    this.cursor = element("div", { class: "cursor" });
    this.box.append(this.axis, this.rows, this.cursor);
    this.size = 0;
    this.view = { start: 0, end: 1 };
    this.lanes = [];
    this.stale = new Set(); // lanes that are not drawn as they should be
    this.marks = [];
    this.step = 0;
    this.listen();
  }

  listen() {
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.box.parentElement.addEventListener("scroll", () => this.drawVisible());
    this.box.addEventListener("pointerdown", (event) => {
      this.box.setPointerCapture(event.pointerId);
      this.viewer.goTo(this.stepAt(event));
    });
    this.box.addEventListener("pointermove", (event) => {
      if (event.buttons === 1) this.viewer.goTo(this.stepAt(event));
    });
    this.box.addEventListener(
      "wheel",
      (event) => {
        const span = this.view.end - this.view.start;
        if (event.ctrlKey) this.zoom(event.deltaY > 0 ? 1.5 : 1 / 1.5, this.stepAt(event));
        else if (event.deltaX !== 0 && span < this.size)
          this.moveTo(this.view.start + (event.deltaX / this.box.clientWidth) * span);
        else return;
        event.preventDefault();
      },
      { passive: false },
    );
  }

  /** Shows other lanes. `marks` are the steps that an explanation names, `decided` the one that decided. */
  show(size, lanes, marks, decided, isFailure) {
    if (size !== this.size) this.view = { start: 0, end: Math.max(size, 1) };
    Object.assign(this, { size, lanes, marks, decided, isFailure });
    byId("labels").replaceChildren(...this.labels());
    this.rows.replaceChildren(...this.bodies());
    this.box.setAttribute("aria-valuemax", String(Math.max(0, size - 1)));
    this.draw();
  }

  labels() {
    let group = null;
    return this.lanes.flatMap((lane) => {
      lane.state = element("span", { class: "state" });
      const label = element(
        "div",
        { class: "lane", title: lane.label },
        element("span", { class: "name" }, lane.label),
        lane.state,
      );
      const head = lane.group === group ? [] : [element("h4", { class: "group" }, lane.group)];
      group = lane.group;
      return [...head, label];
    });
  }

  bodies() {
    let group = null;
    return this.lanes.flatMap((lane) => {
      lane.canvas = element("canvas", { class: "lane" });
      const gap = lane.group === group ? [] : [element("div", { class: "group" })];
      group = lane.group;
      return [...gap, lane.canvas];
    });
  }

  /** Moves to a step; draws again only if it is out of view. */
  moveToStep(step, text) {
    this.step = step;
    const { start, end } = this.view;
    if (step < start || step >= end) this.moveTo(step - (end - start) / 2);
    this.box.setAttribute("aria-valuenow", String(step));
    this.box.setAttribute("aria-valuetext", text);
    for (const lane of this.lanes) {
      const state = lane.truth.state(step);
      lane.state.textContent = lane.group === "Threads" ? (state === TRUE ? "here" : "") : LANE_TEXTS[state];
      lane.state.className = `state ${state}`;
    }
    this.placeCursor();
  }

  placeCursor() {
    const width = this.box.clientWidth;
    const span = this.view.end - this.view.start;
    const isInside = this.step >= this.view.start && this.step < this.view.end;
    this.cursor.hidden = !isInside || this.size === 0;
    this.cursor.style.width = `${Math.max(2, width / span)}px`;
    this.cursor.style.transform = `translateX(${((this.step - this.view.start) / span) * width}px)`;
  }

  stepAt(event) {
    const box = this.box.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const step = Math.floor(this.view.start + share * (this.view.end - this.view.start));
    return Math.min(this.size - 1, Math.max(0, step));
  }

  /** Shows `factor` times as many steps: `step` stays where it is, or else the chosen one is put in the middle. */
  zoom(factor, step = null) {
    const { start, end } = this.view;
    const span = Math.min(this.size, Math.max(Math.min(MIN_SPAN, this.size), (end - start) * factor));
    const share = step === null ? 0.5 : (step - start) / (end - start);
    this.view = { start: 0, end: span };
    this.moveTo((step ?? this.step) - share * span);
  }

  zoomAll() {
    this.view = { start: 0, end: Math.max(this.size, 1) };
    this.draw();
  }

  moveTo(start) {
    const span = this.view.end - this.view.start;
    const from = Math.max(0, Math.min(this.size - span, start));
    this.view = { start: from, end: from + span };
    this.draw();
  }

  draw() {
    if (this.box.clientWidth === 0) return;
    const palette = paletteOf(this.box);
    drawAxis(this.axis, this.view, palette);
    if (this.view.end - this.view.start < this.size) drawPlace(this.axis, this.view, this.size, palette.accent);
    const colour = (step) => (step !== this.decided ? palette.muted : this.isFailure ? palette.bad : palette.accent);
    for (const step of this.marks) drawMark(this.axis, this.view, step, step === this.decided ? 6 : 4, colour(step));
    this.palette = palette;
    this.stale = new Set(this.lanes);
    this.drawVisible();
    this.placeCursor();
  }

  /** Draws the lanes that are scrolled to, if they are not drawn yet: there may be hundreds. */
  drawVisible() {
    const { scrollTop, clientHeight } = this.box.parentElement;
    for (const lane of this.stale) {
      const top = lane.canvas.offsetTop;
      if (top + LANE_HEIGHT < scrollTop || top > scrollTop + clientHeight) continue;
      drawLane(lane, this.view, this.size, this.palette);
      this.stale.delete(lane);
    }
  }
}
