// What is chosen (test, proposition, instance, part of its formula, step), and what follows from each choice.

const HASH_DELAY = 300; // milliseconds: browsers allow few changes of the address in a row
const SPEECH_DELAY = 200; // a screen reader is told where one stops, not all that one passes

class Viewer {
  constructor(data, sources) {
    this.data = data;
    this.outcomes = new Outcomes(data);
    this.list = new Propositions(this);
    this.tree = new FormulaTree(this);
    this.timeline = new Timeline(this);
    this.source = new SourcePanel(sources, data);
    this.runs = new Map();
    this.timers = new Map();
    this.run = null;
    this.step = 0;
  }

  get test() {
    return this.data.tests[this.number];
  }

  get finding() {
    return this.test.findings[this.proposition];
  }

  get instances() {
    return this.run.propositions[this.proposition] ?? [];
  }

  get part() {
    return this.instances[this.instance]?.parts[this.partNumber] ?? null;
  }

  get explanation() {
    return this.instances[this.instance]?.explanation ?? this.finding.explanation;
  }

  /** Opens a test, at what `wanted` (proposition, part, step) says, else at what shows best why it is as it is. */
  async openTest(number, wanted = {}) {
    this.number = number;
    for (const timer of this.timers.values()) clearTimeout(timer); // they are about the test before
    this.outcomes.show(number);
    const hasSteps = this.test.has_run && this.test.findings.length > 0 && this.test.steps > 0;
    byId("judged").hidden = !hasSteps;
    this.run = null;
    if (!hasSteps) return;
    const run = await this.runOf(number);
    if (this.number !== number) return; // another one was chosen meanwhile
    this.run = run;
    this.source.reset();
    this.chooseProposition(wanted.proposition ?? this.firstProposition(), wanted);
  }

  async runOf(number) {
    if (!this.runs.has(number)) {
      this.runs.clear(); // one is large enough
      this.runs.set(
        number,
        Block.read(`block-${number}`).then((block) => new Run(block)),
      );
    }
    return this.runs.get(number);
  }

  firstProposition() {
    const verdicts = this.test.findings.map((finding) => finding.verdict);
    const ranked = ["fails", "presumably fails", "unknown"].map((verdict) => verdicts.indexOf(verdict));
    return ranked.find((number) => number >= 0) ?? 0;
  }

  chooseProposition(number, wanted = {}) {
    if (this.run === null) return;
    this.proposition = Math.min(Math.max(0, number), this.test.findings.length - 1);
    this.list.show(this.test.findings, this.proposition);
    this.chooseInstance(0, wanted);
  }

  chooseInstance(number, wanted = {}) {
    this.instance = number;
    const explanation = this.explanation;
    showExplanation(explanation, this.finding, this);
    this.tree.show(this.instances, number, this.finding.name);
    const lanes = lanesOf(this.run, this.test.findings, this.proposition, number);
    byId("lanes-note").textContent = leftOutOfLanes(this.run);
    const marks = explanation.rows.map((row) => row.step);
    this.timeline.show(this.run.size, lanes, marks, explanation.step, VERDICTS[this.finding.verdict] === "bad");
    const parts = this.instances[number]?.parts ?? [];
    const decided = parts.findIndex((part) => part.decided);
    this.choosePart(wanted.part < parts.length ? wanted.part : Math.max(0, decided));
    this.goTo(wanted.step ?? explanation.step ?? 0);
  }

  choosePart(number) {
    this.partNumber = number;
    this.tree.select(number);
    this.remember();
  }

  goTo(step) {
    if (this.run === null) return;
    this.step = Math.min(this.run.size - 1, Math.max(0, step));
    this.tree.light(this.step);
    this.timeline.moveToStep(this.step, this.told());
    byId("step").value = String(this.step);
    byId("step-count").textContent = `of ${count(this.run.size)}, counted from 0`;
    byId("step-place").textContent = this.run.place(this.step);
    byId("formula-step").textContent = `at step ${count(this.step)}`;
    this.showFrame(this.run.frame(this.step));
    showValues(this.run, this.step);
    showStack(this.run, this.step, this);
    for (const button of byId("explanation").querySelectorAll("[data-step]")) {
      if (Number(button.dataset.step) === this.step) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    this.later("speech", SPEECH_DELAY, () => (byId("live").textContent = this.told()));
    this.remember();
  }

  showFrame(frame) {
    this.source.show(this.run, frame.path, frame.line);
  }

  /** The step in words: where it is, whether the proposition is true there, and the values. */
  told() {
    const values = this.run.values.samples.map((sample) => [sample.name, this.run.values.at(sample, this.step)]);
    const seen = values
      .filter(([, value]) => value.kind !== NO_VALUE)
      .map(([name, value]) => `${name} is ${value.text}`);
    const state = this.instances[this.instance]?.parts[0].truth.state(this.step);
    const truth =
      state === undefined ? [] : [state === ABSENT ? "the formula does not look at it" : `the formula is ${state}`];
    return [`Step ${count(this.step)}`, this.run.place(this.step), ...truth, ...seen].join("; ");
  }

  moveBy(steps) {
    this.goTo(this.step + steps);
  }

  /** To the next step, or the one before, at which the chosen part of the formula is not what it is here. */
  moveToChange(direction) {
    const found = this.part === null ? null : nextChange(this.part.truth, this.step, direction);
    if (found !== null) this.goTo(found);
    else this.say(`The chosen part does not change ${direction > 0 ? "after" : "before"} this step`);
  }

  moveToDecided() {
    if (this.run !== null && this.explanation.step !== null) this.goTo(this.explanation.step);
  }

  moveToProposition(direction) {
    if (this.run !== null) this.chooseProposition(this.proposition + direction);
  }

  say(text) {
    this.later("speech", 0, () => (byId("live").textContent = text));
  }

  /** Keeps in the address what is chosen, so that it can be sent to someone who has the file. */
  remember() {
    this.later("hash", HASH_DELAY, () => {
      if (this.run === null) return;
      const { number, proposition, partNumber, step } = this;
      history.replaceState(null, "", `#test=${number}&proposition=${proposition}&part=${partNumber}&step=${step}`);
    });
  }

  later(name, delay, action) {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(action, delay));
  }
}

/** What an address chooses: whole numbers by name. */
function chosenBy(hash) {
  const found = {};
  for (const [name, text] of new URLSearchParams(hash.slice(1))) if (/^\d+$/.test(text)) found[name] = Number(text);
  return found;
}
