// The steps of one run.

class Run {
  constructor(block) {
    const header = block.header;
    this.size = header.size;
    this.paths = header.paths;
    this.frames = header.frames.map(([name, path, line, inlined]) => ({
      name,
      path: header.paths[path],
      line,
      inlined,
    }));
    this.threads = header.threads;
    this.nodes = block.numbers("step_node");
    this.callers = block.numbers("node_caller");
    this.nodeFrames = block.numbers("node_frame");
    this.stepThreads = block.numbers("step_thread");
    this.values = new Values(block, header);
    this.atoms = header.atoms.map((atom) => ({
      text: atom.text,
      formulas: atom.formulas,
      truth: new AtomTruth(block.bits(atom.true), block.bits(atom.unknown), block.bits(atom.unobservable), header.size),
    }));
    this.propositions = header.propositions.map((instances) =>
      instances.map((each) => instanceOf(each, block, header.size)),
    );
  }

  /** The innermost frame at a step. */
  frame(step) {
    return this.frames[this.nodeFrames[this.nodes[step]]];
  }

  /** The frames at a step, innermost first. */
  stack(step) {
    const found = [];
    for (let node = this.nodes[step] + 1; node > 0; node = this.callers[node - 1]) {
      found.push(this.frames[this.nodeFrames[node - 1]]);
    }
    return found;
  }

  /** `main, a.c:12`, and the thread where there are several. */
  place(step) {
    const frame = this.frame(step);
    const thread = this.threads.length > 1 ? `, thread ${this.threads[this.stepThreads[step]]}` : "";
    return `${frame.name}, ${baseName(frame.path) || "??"}:${frame.line}${thread}`;
  }

  /** How many steps were at each line of a file, by its number. */
  hits(path) {
    this.frameHits ??= this.countFrames();
    const found = new Map();
    this.frames.forEach((frame, number) => {
      const steps = this.frameHits[number];
      if (frame.path === path && steps > 0) found.set(frame.line, (found.get(frame.line) ?? 0) + steps);
    });
    return found;
  }

  countFrames() {
    const hits = new Uint32Array(this.frames.length);
    for (let step = 0; step < this.size; step++) hits[this.nodeFrames[this.nodes[step]]]++;
    return hits;
  }
}

function instanceOf(data, block, size) {
  const mask = block.bits(data.mask);
  const parts = data.nodes.map((node) => {
    const low = block.bits(node.low);
    const high = node.high === node.low ? low : block.bits(node.high);
    return { ...node, truth: new PartTruth(low, high, mask, size) };
  });
  return { ...data, parts };
}

const VALUE = 0;
const NO_VALUE = 1;
const UNREADABLE = 2;

/** The values of every expression at every step: each is looked up among its changes. */
class Values {
  constructor(block, header) {
    this.types = header.types;
    this.kinds = block.numbers("value_kind");
    this.valueTypes = block.numbers("value_type");
    this.ends = block.numbers("text_ends");
    this.texts = block.numbers("texts");
    this.decoder = new TextDecoder();
    this.samples = header.samples.map((sample, number) => ({
      ...sample,
      steps: block.numbers(`value_${number}_steps`),
      ids: block.numbers(`value_${number}_ids`),
    }));
  }

  /** The value of a sample at a step, and, if it changed there, the one before. */
  at(sample, step) {
    const change = lastAtOrBefore(sample.steps, step);
    const id = change < 0 ? 0 : sample.ids[change];
    const isChange = change >= 0 && sample.steps[change] === step && step > 0;
    return { ...this.value(id), before: isChange ? this.value(change > 0 ? sample.ids[change - 1] : 0) : null };
  }

  value(id) {
    const start = id > 0 ? this.ends[id - 1] : 0;
    const text = this.decoder.decode(this.texts.subarray(start, this.ends[id]));
    const kind = this.kinds[id];
    return { id, kind, type: this.types[this.valueTypes[id]], text: kind === UNREADABLE ? `<${text}>` : text };
  }
}

/** The index of the last number that is not above `limit`; -1 if there is none. The numbers ascend. */
function lastAtOrBefore(numbers, limit) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
