// What block.py packed, unpacked: only once its test is looked at.

/** The bytes behind the text of a `script` element that holds data. */
async function unpacked(id) {
  const text = atob(byId(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, d4: Int32Array };

class Block {
  static async read(id) {
    return new Block(await unpacked(id));
  }

  constructor(bytes) {
    const length = new DataView(bytes.buffer).getUint32(0, true);
    this.header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    this.buffer = bytes.buffer;
    this.start = Math.ceil((4 + length) / 8) * 8;
  }

  /** A column of numbers. */
  numbers(name) {
    const [kind, offset, length] = this.header.columns[name];
    const column = new ARRAYS[kind](this.buffer, this.start + offset, length);
    if (kind === "d4") for (let index = 1; index < length; index++) column[index] += column[index - 1];
    return column;
  }

  /** The bits with this number; null for null. */
  bits(number) {
    if (number === null || number === undefined) return null;
    const [, offset, length] = this.header.columns[`bits_${number}`];
    return new Bits(new Uint8Array(this.buffer, this.start + offset, Math.ceil(length / 8)), length);
  }
}
