// One bit a step, with the number of ones before any step at hand: so a pixel that stands for a thousand steps costs
// as much as one that stands for one, and nothing between is overlooked.

/** Bits by position; `bytes` has position i at bit i % 8 of byte i / 8. */
class Bits {
  constructor(bytes, length) {
    const padded = new Uint8Array((Math.floor(length / 32) + 1) * 4);
    padded.set(bytes);
    this.words = new Uint32Array(padded.buffer);
    this.length = length;
    this.ranks = null;
  }

  has(position) {
    return ((this.words[position >>> 5] >>> (position & 31)) & 1) === 1;
  }

  /** The number of ones at positions from `start` on and before `end`. */
  count(start, end) {
    return this.rank(end) - this.rank(start);
  }

  /** The number of ones before `position`, which may be the length. */
  rank(position) {
    if (this.ranks === null) this.ranks = this.sums();
    const word = position >>> 5;
    const below = this.words[word] & ((1 << (position & 31)) - 1);
    return this.ranks[word] + ones(below);
  }

  sums() {
    const sums = new Uint32Array(this.words.length);
    let sum = 0;
    for (let word = 0; word < sums.length; word++) {
      sums[word] = sum;
      sum += ones(this.words[word]);
    }
    return sums;
  }
}

/** The number of ones in a word, by adding neighbours (Hacker's Delight, section 5-1). */
function ones(word) {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  sum = (sum + (sum >>> 4)) & 0x0f0f0f0f;
  return Math.imul(sum, 0x01010101) >>> 24;
}

const TRUE = "true";
const FALSE = "false";
const UNKNOWN = "unknown";
const ABSENT = "absent"; // an atom that cannot be observed; a formula that does not look at the step
const STATES = [TRUE, FALSE, UNKNOWN, ABSENT];

/** The truth of a part of a formula: certain in `low`, possible in `high`, both over the steps in `mask`, if given. */
class PartTruth {
  constructor(low, high, mask, size) {
    Object.assign(this, { low, high, mask, size });
  }

  state(step) {
    if (this.mask !== null && !this.mask.has(step)) return ABSENT;
    const position = this.mask === null ? step : this.mask.rank(step);
    if (this.low.has(position)) return TRUE;
    return this.high.has(position) ? UNKNOWN : FALSE;
  }

  /** How many of the steps from `start` on and before `end` are in each state. */
  counts(start, end) {
    const first = this.mask === null ? start : this.mask.rank(start);
    const last = this.mask === null ? end : this.mask.rank(end);
    const certain = this.low.count(first, last);
    const possible = this.low === this.high ? certain : this.high.count(first, last);
    return {
      true: certain,
      unknown: possible - certain,
      false: last - first - possible,
      absent: end - start - (last - first),
    };
  }
}

/** The truth of an atom at every step. Each of the bits is null where there is no such step. */
class AtomTruth {
  constructor(holds, unknown, unobservable, size) {
    Object.assign(this, { holds, unknown, unobservable, size });
  }

  state(step) {
    if (this.holds?.has(step)) return TRUE;
    if (this.unknown?.has(step)) return UNKNOWN;
    return this.unobservable?.has(step) ? ABSENT : FALSE;
  }

  counts(start, end) {
    const found = {
      true: this.holds?.count(start, end) ?? 0,
      unknown: this.unknown?.count(start, end) ?? 0,
      absent: this.unobservable?.count(start, end) ?? 0,
    };
    return { ...found, false: end - start - found.true - found.unknown - found.absent };
  }
}

const STRIDE = 4096;

/** The next step after `step` (or before it, with `direction` -1) whose state differs from that of `step`; or null. */
function nextChange(truth, step, direction) {
  const state = truth.state(step);
  let at = step + direction;
  while (at >= 0 && at < truth.size) {
    const start = direction > 0 ? at : Math.max(0, at - STRIDE + 1);
    const end = direction > 0 ? Math.min(truth.size, at + STRIDE) : at + 1;
    if (truth.counts(start, end)[state] < end - start) {
      while (truth.state(at) === state) at += direction;
      return at;
    }
    at = direction > 0 ? end : start - 1;
  }
  return null;
}
