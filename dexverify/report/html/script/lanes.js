// The lanes of the timeline: something that is in one of the four states at every step.

/** The lanes of a run, the chosen proposition's own atoms first. */
function lanesOf(run, findings, chosen, instance) {
  const lanes = [];
  findings.forEach((finding, number) => {
    const instances = run.propositions[number];
    const shown = number === chosen ? instance : 0;
    if (instances.length === 0) return;
    lanes.push({
      group: "Propositions",
      label: finding.name,
      truth: instances[shown].parts[0].truth,
      proposition: number,
    });
  });
  const own = run.atoms.filter((atom) => atom.formulas.includes(chosen));
  const others = run.atoms.filter((atom) => !atom.formulas.includes(chosen));
  for (const atom of own) lanes.push({ group: "Atoms", label: atom.text, truth: atom.truth });
  for (const atom of others) lanes.push({ group: "Atoms of others", label: atom.text, truth: atom.truth });
  return [...lanes, ...threadLanes(run)];
}

const MAX_THREADS = 64;

/** A lane for each thread; of a kernel also for each of its own threads, which a value names. */
function threadLanes(run) {
  run.threadLanes ??= [...namedThreads(run), ...debuggerThreads(run)];
  return run.threadLanes;
}

function debuggerThreads(run) {
  const flags = run.threads.slice(0, MAX_THREADS).map(() => new Flags(run.size));
  for (let step = 0; step < run.size; step++) flags[run.stepThreads[step]]?.set(step);
  return flags.map((each, number) => ({
    group: "Threads",
    label: `thread ${run.threads[number]}`,
    truth: each.truth(),
  }));
}

function namedThreads(run) {
  const sample = run.values.samples.find((each) => each.names_thread);
  if (sample === undefined) return [];
  const flags = new Map();
  sample.steps.forEach((start, change) => {
    const value = run.values.value(sample.ids[change]);
    if (value.kind !== VALUE) return;
    if (!flags.has(value.text)) {
      if (flags.size === MAX_THREADS) return;
      flags.set(value.text, new Flags(run.size));
    }
    const end = change + 1 < sample.steps.length ? sample.steps[change + 1] : run.size;
    for (let step = start; step < end; step++) flags.get(value.text).set(step);
  });
  return [...flags].map(([name, each]) => ({ group: "Threads", label: name, truth: each.truth() }));
}

/** Bits that are set one by one. */
class Flags {
  constructor(size) {
    this.size = size;
    this.bytes = new Uint8Array(Math.ceil(size / 8));
  }

  set(step) {
    this.bytes[step >>> 3] |= 1 << (step & 7);
  }

  truth() {
    return new AtomTruth(new Bits(this.bytes, this.size), null, null, this.size);
  }
}
