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

/** Which threads have no lane, and how their steps can be seen; empty if all have one. */
function leftOutOfLanes(run) {
  const names = threadNames(run).size - MAX_THREADS;
  const threads = run.threads.length - MAX_THREADS;
  return [
    ...(names > 0 ? [laneless(names, `--expression "${threadSample(run).expression}"' lists where threads take turns`)] : []),
    ...(threads > 0 ? [laneless(threads, "--thread N' lists the steps of one")] : []),
  ].join(" ");
}

function laneless(number, command) {
  const more = number === 1 ? "1 more thread has" : `${count(number)} more threads have`;
  return `${more} no lane: 'dexter view RECORDING ${command}, of a run that --results-directory kept.`;
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

function threadSample(run) {
  return run.values.samples.find((each) => each.names_thread);
}

/** The names of a kernel's own threads, in the order in which they come. */
function threadNames(run) {
  const values = [...(threadSample(run)?.ids ?? [])].map((id) => run.values.value(id));
  return new Set(values.filter((value) => value.kind === VALUE).map((value) => value.text));
}

function namedThreads(run) {
  const sample = threadSample(run);
  const flags = new Map([...threadNames(run)].slice(0, MAX_THREADS).map((name) => [name, new Flags(run.size)]));
  sample?.steps.forEach((start, change) => {
    const value = run.values.value(sample.ids[change]);
    const own = value.kind === VALUE ? flags.get(value.text) : undefined;
    const end = change + 1 < sample.steps.length ? sample.steps[change + 1] : run.size;
    for (let step = start; own !== undefined && step < end; step++) own.set(step);
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
